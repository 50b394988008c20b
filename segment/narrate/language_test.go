package narrate

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// read returns the languages of the files and one of a few texts in Polish,
// which has four forms of plural.
func read(t testing.TB) *Languages {
	t.Helper()
	files := fstest.MapFS{
		"pl.json":           {Data: []byte(`{"x":"%s klienta","x.one":"%s klient","x.few":"%s klienci","x.many":"%s klientów"}`)},
		"pl.questions.json": {Data: []byte(`{"decimal":","}`)},
		"en.json": {Data: []byte(`{"noun.children":"children at home","noun.children.one":"child at home","noun.tenure":"time as a customer",
			"noun.age":"age","noun.income":"income","in.age":"years","noun.unit":"%s (%s)","compare.below":"%s below",
			"date.day":"%[1]s %[2]s %[3]s","date.day.US":"%[2]s %[1]s, %[3]s","date.time":"%s, %s UTC","date.month.6":"June"}`)},
	}
	all, err := Read(files)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestFor(t *testing.T) {
	all := read(t)
	for header, want := range map[string]string{"": "en", "fr, de;q=0.5": "en", "pl-PL,pl;q=0.9,en;q=0.8": "pl", "en-GB": "en", ";;;": "en", strings.Repeat("pl,", 200): "en"} {
		t.Run(header, func(t *testing.T) {
			if got := all.For(header).Lang; got != want {
				t.Errorf("%.30q gives %s, want %s", header, got, want)
			}
		})
	}
}

func TestCount(t *testing.T) {
	l := read(t).For("pl")
	for n, want := range map[int]string{1: "1 klient", 2: "2 klienci", 5: "5 klientów", 22: "22 klienci"} {
		if got := l.Count("x", n, fmt.Sprint(n)); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	en := read(t).For("en")
	if one, two := en.Count("noun.children", 1), en.Count("noun.children", 2); one != "child at home" || two != "children at home" {
		t.Errorf("they are %q and %q", one, two)
	}
}

// Numbers and days are written as where the reader lives.
func TestRegions(t *testing.T) {
	all := read(t)
	day := time.Date(2014, 6, 29, 13, 5, 0, 0, time.UTC)
	for header, want := range map[string]string{
		"en-US": "58,138 / 12.5 / June 29, 2014, 13:05 UTC / 12.3%",
		"en-GB": "58,138 / 12.5 / 29 June 2014, 13:05 UTC / 12.3%",
		"en-ZA": "58 138 / 12,5 / 29 June 2014, 13:05 UTC / 12,3%",
	} {
		t.Run(header, func(t *testing.T) {
			l := all.For(header)
			got := strings.Join([]string{l.N(58138), l.N(12.5), l.DT(day), l.P(0.123)}, " / ")
			if strings.ReplaceAll(got, "\u00a0", " ") != want {
				t.Errorf("%s writes %q, want %q", header, got, want)
			}
		})
	}
}

// The sign before decimals is that of the reader at any magnitude.
func TestReadable(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.042: "0,042", -4.2e-7: "-4,2e-07", 0.5: "0,5", 12.34: "12,3", 1234567: "1 234 567", 1.25e15: "1,25e+15"} {
		got := strings.ReplaceAll(read(t).For("en-ZA").Readable(v), "\u00a0", " ")
		if got != want || English(nil).Readable(v) == got && strings.Contains(got, ",") {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	l := read(t).For("en")
	for want, got := range map[string]string{
		"":                     l.And(nil),
		"a":                    l.And([]string{"a"}),
		"a, b and c":           l.And([]string{"a", "b", "c"}),
		"a or b":               l.Or([]string{"a", "b"}),
		"time as a customer":   l.Noun("tenure"),
		"shoe size":            l.Noun("shoe_size"),
		"age (years)":          l.Axis("age"),
		"income":               l.Axis("income"),
		"Über":                 l.Capital("über"),
		"[no.such]":            l.T("no.such"),
		"12% below":            l.Compared(-0.12),
		"–":                    l.N("x"),
		"child at home":        l.Count("noun.children", 1),
		"11 purchases online?": l.Number(11, 0) + " purchases online?",
	} {
		t.Run(want, func(t *testing.T) {
			if got != want {
				t.Errorf("it is %q, want %q", got, want)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"no JSON":     {"en.json": {Data: []byte(`{`)}, "en.questions.json": {Data: []byte(`{}`)}},
		"no language": {"a b.json": {Data: []byte(`{}`)}, "a b.questions.json": {Data: []byte(`{}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(files); err == nil {
				t.Errorf("%s is read", name)
			}
		})
	}
}

func TestPart(t *testing.T) {
	var q struct{ Decimal string }
	if err := read(t).For("pl").Part("questions", &q); err != nil || q.Decimal != "," {
		t.Errorf("%+v (%v)", q, err)
	}
	if err := read(t).For("en").Part("questions", &q); err == nil {
		t.Error("a part that is not there is read")
	}
}

// Of several folders the last says how; a text that a language lacks is English,
// but for the forms of a plural, which are its own.
func TestReadFolders(t *testing.T) {
	all, err := Read(
		fstest.MapFS{"en.json": {Data: []byte(`{"x":"below","y":"%s rows","y.one":"%s row","z":"kept"}`)}, "en.part.json": {Data: []byte(`{"a":"1","b":"1"}`)}},
		fstest.MapFS{"en.json": {Data: []byte(`{"x":"above"}`)}, "de.json": {Data: []byte(`{"y":"%s Zeilen"}`)}, "en.part.json": {Data: []byte(`{"b":"2"}`)}},
	)
	if err != nil {
		t.Fatal(err)
	}
	en, de, part := all.For("en"), all.For("de"), map[string]string{}
	if err := en.Part("part", &part); err != nil || part["a"]+part["b"] != "12" {
		t.Errorf("the parts are %v (%v)", part, err)
	}
	for want, got := range map[string]string{"above": en.T("x"), "kept": de.T("z"), "1 row": en.Count("y", 1, "1"), "1 Zeilen": de.Count("y", 1, "1"), "en": all.All()[0].Lang} {
		t.Run(want, func(t *testing.T) {
			if got != want {
				t.Errorf("it is %q, want %q", got, want)
			}
		})
	}
}

// TestAbout: a table's own names come before the texts on columns called the same.
func TestAbout(t *testing.T) {
	all, err := Read(fstest.MapFS{"en.json": {Data: []byte(`{"noun.income": "yearly income", "noun.income.one": "yearly income", "in.income": "euros", "noun.age": "age in years", "level.gender.f": "are women"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	l := all.All()[0]
	own := l.About([]features.Column{{Name: "income", Unit: "Rp"}, {Name: "gender"}, {Name: "Price ($)", Kind: features.Amount}, {Name: "Price (€)", Kind: features.Amount}, {Name: "Annual Income (k$)", Kind: features.Amount}})
	for _, c := range []struct{ got, want string }{
		{own.Noun("income"), "income"}, {own.Unit("income"), "Rp"}, {own.Count("noun.income", 1), "income"}, {own.Noun("age"), "age in years"},
		{own.Noun("Price ($)"), "Price ($)"}, {own.Noun("Annual Income (k$)"), "Annual Income"}, {own.Unit("Annual Income (k$)"), "k$"}, {l.Noun("income"), "yearly income"}, {l.Unit("income"), "euros"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	if own.Has("level.gender.f") || !l.Has("level.gender.f") {
		t.Error("a level keeps the text of another table, or lost it in that one")
	}
}
