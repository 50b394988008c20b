package ask

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/segment/narrate"
)

// german returns German with the texts and words of this package.
func german(t testing.TB) *narrate.Language {
	t.Helper()
	all, err := narrate.Read(Texts)
	if err != nil {
		t.Fatal(err)
	}
	return all.For("de")
}

func TestParseGerman(t *testing.T) {
	a, l := sample(t), german(t)
	for question, want := range map[string]string{
		// verbs at the end of clauses, and those of two words
		"Kunden, die mehr als 500 für Wein ausgeben":                                            "how=count&kind=figure&where=mnt_wines:over:500",
		"Wie viele Kunden, die verheiratet sind und Kinder haben, geben mehr als 1000 aus?":     "how=count&kind=figure&where=marital_status:is:Married;children:over:0;spent:over:1000",
		"Wie viele Kunden die verheiratet sind haben Kinder?":                                   "how=count&kind=figure&where=marital_status:is:Married;children:over:0",
		"Wie viel Prozent der Kunden mit Kindern, die über 50 sind, sind Gold?":                 "in=children:over:0;age:over:50&kind=share&where=children:over:0;age:over:50;tier:is:Gold",
		"Durchschnittliches Einkommen der Kunden, deren Alter über 60 liegt":                    "how=mean&kind=figure&of=income&where=age:over:60",
		"Anzahl der Kunden, die verheiratet sind, keine Kinder haben und über 70.000 verdienen": "how=count&kind=figure&where=marital_status:is:Married;children:is:0;income:over:70000",
		"Haben mehr Gold- oder Silver-Kunden die letzte Kampagne angenommen?":                   "how=count&kind=compare&versus=tier:is:Silver;response:over:0&where=tier:is:Gold;response:over:0",
		"Haben Gold-Kunden die letzte Kampagne öfter angenommen als Silver-Kunden?":             "how=mean&kind=compare&of=response&versus=tier:is:Silver&where=tier:is:Gold",
		"Wie viele Kunden nahmen an keiner Kampagne teil?":                                      "how=count&kind=figure&where=campaigns_accepted:is:0",
		"Wie hängen die Ausgaben vom Einkommen ab?":                                             "kind=relation&of=spent&of=income",
		"Geben Verheiratete mehr für Wein aus als Singles?":                                     "how=mean&kind=compare&of=mnt_wines&versus=marital_status:is:Single&where=marital_status:is:Married",
		// denials where they stand
		"Wie viele Kunden haben Kampagne 5 angenommen und Kampagne 3 nicht?":                    "how=count&kind=figure&where=accepted_cmp5:over:0;accepted_cmp3:is:0",
		"Wie viele Kunden haben weder die letzte Kampagne angenommen noch Kinder?":              "how=count&kind=figure&where=response:is:0;children:is:0",
		"Wie viele Verheiratete haben die letzte Kampagne nicht angenommen, sind aber in Gold?": "how=count&kind=figure&where=marital_status:is:Married;response:is:0;tier:is:Gold",
		"Wie viele Kunden ohne Kinder und Partner haben wir?":                                   "how=count&kind=figure&where=children:is:0;living_with:not:Partner",
		"Kunden ohne Kinder und verheiratet":                                                    "how=count&kind=figure&where=children:is:0;marital_status:is:Married",
		"Wie viele Kunden sind keine Gold-Kunden?":                                              "how=count&kind=figure&where=tier:not:Gold",
		// endings, compounds, letters written as two
		"Durchschnittseinkommen verheirateter Kunden":              "how=mean&kind=figure&of=income&where=marital_status:is:Married",
		"Goldkunden ueber 60":                                      "how=count&kind=figure&where=tier:is:Gold;age:over:60",
		"Gesamtumsatz je Altersgruppe":                             "by=age_group&how=sum&kind=figure&of=spent",
		"Umsatzanteil von Gold":                                    "kind=share&of=spent&part=spent&where=tier:is:Gold",
		"Höchsteinkommen in Gold":                                  "how=max&kind=figure&of=income&where=tier:is:Gold",
		"Wie viel Prozent der Weinkäufer sind Gold?":               "in=mnt_wines:over:0&kind=share&where=mnt_wines:over:0;tier:is:Gold",
		"Wie viele Platin-Kunden haben keinen Hochschulabschluss?": "how=count&kind=figure&where=tier:is:Platinum;education_level:is:Undergraduate",
		// the tier and the product
		"Wie viel geben Kunden für Gold aus?":                    "how=sum&kind=figure&of=mnt_gold_prods",
		"Wie viele Gold-Kunden geben mehr als 100 für Gold aus?": "how=count&kind=figure&where=tier:is:Gold;mnt_gold_prods:over:100",
		"Wie viel geben Gold-Kunden aus?":                        "how=mean&kind=figure&of=spent&where=tier:is:Gold",
		// numbers
		"Wie viele Kunden verdienen mehr als 1.000,50?":           "how=count&kind=figure&where=income:over:1000.5",
		"Wie viele Kunden verdienen mehr als 0,05 Mio. Euro?":     "how=count&kind=figure&where=income:over:50000",
		"Wie viele Kunden verdienen zwischen 40 und 60 Tausend?":  "how=count&kind=figure&where=income:between:40000:60000",
		"Anzahl der 40–50-Jährigen":                               "how=count&kind=figure&where=age:between:40:50",
		"Wie viele Kunden haben mehr als 5-mal online gekauft?":   "how=count&kind=figure&where=num_web_purchases:over:5",
		"Wie viele Kunden haben vor mehr als 80 Tagen gekauft?":   "how=count&kind=figure&where=recency:over:80",
		"Wie viele Kunden wurden zwischen 1960 und 1970 geboren?": "how=count&kind=figure&where=year_birth:between:1960:1970",
		"Wie viele Kunden haben mindestens ein Kind?":             "how=count&kind=figure&where=children:at+least:1",
		// on a customer
		"Was wäre, wenn das Einkommen um 10.000 stiege?":         "kind=what if&set=income+10000",
		"Was wäre, wenn das Einkommen auf 80.000 steigen würde?": "kind=what if&set=income=80000",
		"Was passiert, wenn die Ausgaben um 500 sinken?":         "kind=what if&set=spent+-500",
		"Was wäre, wenn das Einkommen um 10.000 höher wäre?":     "kind=what if&set=income+10000",
		"Was wäre, wenn sie keine Kinder hätten?":                "kind=what if&set=children=0",
		"Wie könnte dieser Kunde Platinum werden?":               "kind=change&to=Platinum",
		"Warum ist dieser Kunde Gold?":                           "kind=why&to=Gold",
		"Wer ist sonst noch so?":                                 "kind=alike",
	} {
		q, err := a.Parse(question, l, Query{})
		if want = strings.ReplaceAll(want, "at+least", "at least"); err != nil || strings.ReplaceAll(text(q), "+least", " least") != want {
			t.Errorf("%s\n\tis %s, want %s: %v", question, text(q), want, err)
		}
	}
}

// A German question is refused with the word as it was written, for its own reason.
func TestRefuseGerman(t *testing.T) {
	a, l := sample(t), german(t)
	for question, want := range map[string]string{
		"Wie viele Flaschen Wein kaufen verheiratete Kunden?": "Ich weiß nicht, was „flaschen“ hier bedeutet.",
		"Wie teuer ist der Wein?":                             "Ich weiß nicht, was „teuer“ hier bedeutet.",
		"Wie viele Kunden verdienen ungefähr 50.000?":         "Ich weiß nicht, was „ungefähr“ hier bedeutet.",
		"Wie viele Kunden haben nur Kampagne 5 angenommen?":   "Ich weiß nicht, wie „kampagne 5“ hier gemeint ist.",
		"Wie viel geben Kunden pro Monat aus?":                "Die Kundendaten enthalten einen Wert für die ganze Zeit und keinen nach Datum; daher lässt sich „pro monat“ nicht beantworten.",
		"Wie hoch ist der Umsatz nächstes Jahr?":              "Die Kundendaten sind aus der Vergangenheit und sagen nicht, was sein wird („nächstes jahr“).",
		"Wie viele Kunden haben alle Produkte gekauft?":       "Ich weiß nicht, wie „alle“ hier gemeint ist.",
		"Wie oft kaufen Gold-Kunden Wein?":                    "Die Stückzahl ist nicht bekannt: Von Ausgaben für Wein enthalten die Daten den Betrag. Fragen Sie, wie viel.",
		// English where German cannot read it
		"How many customers accepted only campaign 5?": "Ich weiß nicht, wie „campaign 5“ hier gemeint ist.",
		"What will revenue be next year?":              "Die Kundendaten sind aus der Vergangenheit und sagen nicht, was sein wird („will“).",
	} {
		q, err := a.Parse(question, l, Query{})
		var unclear *Unclear
		if !errors.As(err, &unclear) || unclear.Text(l) != want {
			t.Errorf("%s\n\tis %s, %v; want %s", question, text(q), err, want)
		}
		out := a.Ask(t.Context(), question, l, Options{})
		if out.Understood || len(out.Suggestions) == 0 {
			t.Errorf("%s: understood is %v, suggestions are %q", question, out.Understood, out.Suggestions)
		}
		for _, s := range out.Suggestions {
			if _, err := a.grammar(l).Parse(s, Query{}); err != nil {
				t.Errorf("%s: the suggestion %q is not read in German: %v", question, s, err)
			}
		}
	}
}

// Follow-ups keep what was asked before.
func TestFollowGerman(t *testing.T) {
	a, l := sample(t), german(t)
	var last Query
	for _, step := range [][2]string{
		{"Durchschnittliches Einkommen von Gold", "how=mean&kind=figure&of=income&where=tier:is:Gold"},
		{"und bei Silver?", "how=mean&kind=figure&of=income&where=tier:is:Silver"},
		{"und ihr Alter?", "how=mean&kind=figure&of=age&where=tier:is:Silver"},
		{"und nach Bildung?", "by=education&how=mean&kind=figure&of=age&where=tier:is:Silver"},
		{"Wie viele Kunden sind in Gold?", "how=count&kind=figure&where=tier:is:Gold"},
		{"davon verheiratet?", "how=count&kind=figure&where=tier:is:Gold;marital_status:is:Married"},
		{"Wie alt sind sie?", "how=mean&kind=figure&of=age&where=tier:is:Gold;marital_status:is:Married"},
		{"Wie viele sind das?", "how=count&kind=figure&where=tier:is:Gold;marital_status:is:Married"},
		{"Vergleiche das mit Platinum", "kind=compare&versus=tier:is:Platinum;marital_status:is:Married&where=tier:is:Gold;marital_status:is:Married"},
		{"warum?", "kind=compare&note=ask.note.why&versus=tier:is:Platinum;marital_status:is:Married&where=tier:is:Gold;marital_status:is:Married"},
	} {
		q, err := a.Parse(step[0], l, last)
		if err != nil || text(q) != step[1] {
			t.Errorf("%s\n\tis %s, want %s: %v", step[0], text(q), step[1], err)
		}
		last = q
	}
	for _, question := range []string{"Wie alt sind sie?", "Wie viele sind das?", "Wie viele davon sind Gold?"} {
		if q, err := a.Parse(question, l, Query{}); err == nil {
			t.Errorf("%s, of nobody, is %s", question, text(q))
		}
	}
}

func TestAnswerGerman(t *testing.T) {
	a, l := sample(t), german(t)
	for question, want := range map[string]string{
		"Durchschnittliches Einkommen der Gold-Kunden":                                   "Durchschnittliches Einkommen, Kunden in Gold: 62.304.",
		"Wie viel Umsatz bringt Gold?":                                                   "Gesamte Ausgaben, Kunden in Gold: 307.740.",
		"Wie viele Kunden haben mehr als 2 Kinder?":                                      "Es gibt 46 Kunden mit mehr als 2 Kindern; das sind 2,3% aller Kunden.",
		"Wie viel Prozent der verheirateten Kunden sind Gold?":                           "19,0%: 151 Kunden in Gold von 796 Kunden mit Familienstand „verheiratet“.",
		"Wie viele verheiratete Kunden ohne Kinder haben die letzte Kampagne abgelehnt?": "Es gibt 214 Kunden mit Familienstand „verheiratet“ ohne Kinder, die die letzte Kampagne nicht angenommen haben; das sind 10,8% aller Kunden.",
		"Annahmequote der letzten Kampagne in Gold":                                      "Kunden in Gold, die die letzte Kampagne angenommen haben: 21,4%.",
		"Average income of Gold customers":                                               "Durchschnittliches Einkommen, Kunden in Gold: 62.304.",
	} {
		out := a.Ask(t.Context(), question, l, Options{})
		got := strings.ReplaceAll(out.Text[0], "\u00a0", " ")
		if got = strings.ReplaceAll(got, " %", "%"); !out.Understood || got != want {
			t.Errorf("%s\n\t%s, want %s", question, got, want)
		}
	}
	out := a.Ask(t.Context(), "How many customers are married?", l, Options{})
	if last := out.Text[len(out.Text)-1]; last != l.T("ask.note.english") {
		t.Errorf("a question in English ends with %q", last)
	}
	if n := len(a.Examples(true, l)); n != len(a.Examples(true, english)) {
		t.Errorf("%d examples can be read in German, and %d in English", n, len(a.Examples(true, english)))
	}
}

// Endings that are cut never join two words of the lexicon that mean different things:
// each form means what another with its stem means, or a part of it.
func TestStemsDoNotCollide(t *testing.T) {
	l := german(t)
	q, err := ReadQuestions(l)
	if err != nil {
		t.Fatal(err)
	}
	a := sample(t)
	stemmed := newGrammar(a, l, q)
	exact := *q
	exact.Whole = strings.Join(slices.Collect(func(yield func(string) bool) {
		for w := range stemmed.forms {
			if !yield(stemmed.inflection.folds.Replace(w)) {
				return
			}
		}
	}), "|")
	g := newGrammar(a, l, &exact)
	says := func(w string) (out []string) {
		for _, m := range g.lexicon[g.inflection.stem(w)] {
			out = append(out, fmt.Sprint(m.kind, m.name, m.condition, m.aggregate, m.op, m.sign, m.value))
		}
		return out
	}
	families := map[string][]string{}
	for _, w := range slices.Sorted(maps.Keys(stemmed.forms)) {
		if len(says(w)) > 0 {
			families[stemmed.inflection.stem(w)] = append(families[stemmed.inflection.stem(w)], w)
		}
	}
	for stem, forms := range families {
		for _, one := range forms {
			for _, other := range forms {
				x, y := says(one), says(other)
				if !slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) }) {
					t.Errorf("%s and %s are both %s, and mean %q and %q", one, other, stem, x, y)
				}
			}
		}
	}
}

// Words of German questions in any order are read or refused, and no further.
func TestGermanInAnyOrder(t *testing.T) {
	a, l := sample(t), german(t)
	data, err := os.ReadFile(filepath.Join("testdata", "oracle_de.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	source := rand.New(rand.NewPCG(1, 2))
	var last Query
	read := 0
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(line, "\t")
		if len(fields) < 2 {
			continue
		}
		words := strings.Fields(fields[1])
		source.Shuffle(len(words), func(i, j int) { words[i], words[j] = words[j], words[i] })
		if q, err := a.grammar(l).Parse(strings.Join(words, " "), last); err == nil {
			last = q
			read++
		}
	}
	if read == 0 {
		t.Error("no question is read")
	}
}
