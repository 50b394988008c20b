package narrate_test

import (
	"math"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// german is the voice of the package in German, with words for some columns.
func german(t *testing.T) narrate.Voice {
	t.Helper()
	all, err := narrate.Read(fstest.MapFS{"de.json": {Data: []byte(`{
		"noun.income": "Einkommen", "noun.spent": "Ausgaben", "noun.age": "Alter", "in.age": "Jahre", "more.age": "mehr", "less.age": "weniger",
		"noun.complain": "Beschwerden", "did.complain": "sich beschwert haben", "says.did.complain": "haben sich beschwert", "says.didnot.complain": "haben sich nicht beschwert",
		"noun.marital_status": "Familienstand", "label.marital_status.Married": "verheiratet", "label.marital_status.Single": "ledig", "says.level.marital_status.Married": "sind verheiratet", "level.marital_status.Married": "verheiratet sind",
		"noun.education": "Bildung"}`)}})
	if err != nil {
		t.Fatal(err)
	}
	return narrate.Voice{Language: all.For("de")}
}

// same compares sentences, whose no-break spaces are written as ~.
func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	for i, s := range got {
		runes := []rune(s)
		for j, r := range runes {
			if r == '\u00a0' {
				runes[j] = '~'
			}
		}
		got[i] = string(runes)
	}
	if !slices.Equal(got, want) {
		for i := range max(len(got), len(want)) {
			if g, w := append(got, make([]string, len(want))...)[i], append(want, make([]string, len(got))...)[i]; g != w {
				t.Errorf("%q, want %q", g, w)
			}
		}
	}
}

// Numbers, shares and days are written as in Germany.
func TestGermanNumbers(t *testing.T) {
	v := german(t)
	day := time.Date(2026, 11, 30, 14, 5, 0, 0, time.UTC)
	same(t, []string{v.N(58138), v.N(12.34), v.P(0.19), v.Percent(0.4, 0), v.Readable(1234.5), v.D(day), v.DT(day), v.And([]string{"a", "b", "c"}), v.Or([]string{"a", "b"}), v.Axis("age"), v.Lower("Ausgaben"),
		v.Compared(0.12) + " dem Mittelwert", v.Compared(-0.12) + " dem Mittelwert", v.Compared(0) + " dem Mittelwert"},
		"58.138", "12,3", "19,0~%", "40~%", "1.234", "30. November 2026", "30. November 2026, 14:05~Uhr UTC", "a, b und c", "a oder b", "Alter (Jahre)", "Ausgaben",
		"12~% über dem Mittelwert", "12~% unter dem Mittelwert", "gleich dem Mittelwert")
}

func TestGermanStatements(t *testing.T) {
	v := german(t)
	mean := func(column string, value, overall float64) insight.Statement {
		return insight.Statement{Column: column, Kind: insight.KindMean, Value: value, Overall: overall, Effect: 1.5}
	}
	share := func(column, level string, value, overall float64) insight.Statement {
		return insight.Statement{Column: column, Kind: insight.KindShare, Level: level, Value: value, Overall: overall, Categorical: level != ">0" && level != "0"}
	}
	signed := mean("income", -20, 10)
	signed.Signed = true
	var got []string
	for _, s := range []insight.Statement{
		mean("spent", 1394, 606), mean("spent", 1212, 606), mean("income", 64000, 50000), mean("income", 30000, 50000), mean("age", 61, 50.5), mean("age", 40, 50), signed,
		share("complain", ">0", 0.3, 0.1), share("complain", "0", 0.999, 0.9), share("complain", ">0", 0.002, 0.1), share("complain", ">0", 0.03, 0.1), share("complain", ">0", 0.11, 0.1),
		share("marital_status", "Married", 0.97, 0.5), share("marital_status", "Single", 0.4, 0.005), share("spent", ">0", 0.6, 0.5), share("spent", "0", 0.6, 0.5),
	} {
		got = append(got, v.Statement(s))
	}
	same(t, append(got, v.Summary(insight.Group{})),
		"Ausgaben: 2,3-mal so viel wie im Durchschnitt (1.394; insgesamt 606)",
		"Ausgaben: doppelt so viel wie im Durchschnitt (1.212; insgesamt 606)",
		"Einkommen: 28~% mehr als im Durchschnitt (64.000; insgesamt 50.000)",
		"Einkommen: 40~% weniger als im Durchschnitt (30.000; insgesamt 50.000)",
		"Alter: 10,5~Jahre mehr als im Durchschnitt (61; insgesamt 50,5~Jahre)",
		"Alter: 10~Jahre weniger als im Durchschnitt (40; insgesamt 50~Jahre)",
		"Einkommen: 1,5 Standardabweichungen weniger als im Durchschnitt (-20; insgesamt 10)",
		"3 von 10 haben sich beschwert (insgesamt 10~%)",
		"alle haben sich nicht beschwert (insgesamt 90~%)",
		"keine haben sich beschwert (insgesamt 10~%)",
		"fast keine haben sich beschwert (insgesamt 10~%)",
		"11~% haben sich beschwert (insgesamt 10~%)",
		"fast alle sind verheiratet (insgesamt 50~%)",
		"4 von 10 haben Familienstand „ledig“ (insgesamt unter 1~%)",
		"6 von 10 haben Ausgaben über 0 (insgesamt 50~%)",
		"6 von 10 haben Ausgaben gleich 0 (insgesamt 50~%)",
		"wie der Durchschnitt aller")
}

func TestGermanExplanations(t *testing.T) {
	v := german(t)
	e := &insight.Explanation{
		Prediction: segment.Prediction{Cluster: 1, Tier: "Gold"}, Next: 2, NextTier: "Silver", Confidence: 0.05, Borderline: true, NextBetter: "Platinum",
		Contributions: []insight.Contribution{
			{Column: "income", At: 70000, Halfway: 60000, Value: 5}, {Column: "marital_status", Word: "Married", Categorical: true, Value: 2}, {Column: "age", At: 40, Halfway: 45, Value: -3},
			{Column: "spent", At: 600, Halfway: 500, Imputed: true, Value: 1},
		},
		Counterfactuals: []insight.Counterfactual{
			{Column: "income", From: 70000, To: 79900, Rounded: 80000, Tier: "Platinum", Seen: true}, {Column: "age", From: 40, To: 20, Rounded: 20, Tier: "Platinum"},
			{Column: "marital_status", FromWord: "Married", ToWord: "Single", Categorical: true, Tier: "Platinum"},
		},
	}
	same(t, slices.Concat(v.Explanation(e), v.Counterfactuals(e, 3)[1:]),
		"Gold (Cluster 1); am zweitnächsten liegt Cluster 2, Silver.",
		"Für Gold statt Silver spricht, das Stärkste zuerst: Einkommen 70.000 (auf halbem Weg: 60.000); Familienstand: verheiratet; Ausgaben fehlt und wird mit 600 angesetzt (auf halbem Weg: 500).",
		"Dagegen spricht: Alter 40~Jahre (auf halbem Weg: 45).",
		"Das ist ein Grenzfall: Silver liegt nur 5~% weiter entfernt.",
		"Die kleinste Änderung, die zu Platinum führt: Einkommen 80.000, also 10.000 mehr; das liegt in dem Bereich, der im Training vorkam.",
		"Die kleinste Änderung, die zu Platinum führt: Alter 20~Jahre, also 20 weniger; das liegt jenseits von allem, was im Training vorkam.",
		"Die kleinste Änderung, die zu Platinum führt: Familienstand: ledig statt verheiratet.")
	e.NextTier, e.Counterfactuals = "Gold", nil
	same(t, []string{v.Rival(e), v.Counterfactuals(e, 1)[0], v.Explanation(&insight.Explanation{Prediction: segment.Prediction{Tier: "Platinum"}, Next: -1})[0],
		v.Dominance(insight.Dominance{Dominant: "income", Columns: []insight.ColumnShare{{Column: "income", Between: 0.98}}})},
		"Gold (anderer Cluster)", "Keine Änderung einer einzelnen Spalte führt zu Platinum.", "Platinum, das einzige Segment.",
		"income macht 98,0~% des Unterschieds zwischen den Clustern aus: Sie sind Abschnitte von income, und die übrigen Spalten zählen kaum; skalieren Sie zuerst die Spalten, oder verwenden Sie income allein")
}

func TestGermanComparisons(t *testing.T) {
	v := german(t)
	same(t, append(v.Comparison(&insight.Comparison{
		Verdict: insight.VerdictMoved, AdjustedRand: 0.85, Stay: 0.9, Up: 0.06, Down: 0.04,
		Matches: []insight.ClusterMatch{{Old: 0, New: 1, OldTier: "Gold", NewTier: "Silver"}},
		Drift:   []insight.Drift{{Column: "income", PSI: 0.4, KS: math.NaN()}, {Column: "age", PSI: 0.15}, {Column: "spent", PSI: 0.01, KS: 0.2, KSCritical: 0.1}},
	}), v.Comparison(&insight.Comparison{Verdict: insight.VerdictSame, AdjustedRand: 0.99, Stay: 1, Drift: []insight.Drift{{Column: "age"}}})...),
		"Das neue Modell ordnet einige Kunden anders ein: Prüfen Sie es, bevor Sie es übernehmen.",
		"Die Cluster stimmen teilweise überein: bereinigter Rand-Index 0,850, zwischen 0,65 und 0,90.",
		"10,0~% der Kunden wechseln die Stufe (6,0~% steigen auf, 4,0~% steigen ab): mehr als 5~%.",
		"Cluster 0 war Gold; sein Nachfolger, Cluster 1, ist Silver.",
		"Einkommen: eine andere Grundgesamtheit, PSI 0,40, über 0,25.",
		"Alter: verschoben, PSI 0,15, mindestens 0,10.",
		"Ausgaben: mehr Unterschied, als der Zufall erklärt, aber kaum von Bedeutung; Kolmogorow-Smirnow 0,200, über 0,100; PSI 0,010, unter 0,10.",
		"Das neue Modell segmentiert wie das alte.",
		"Die Cluster stimmen überein: bereinigter Rand-Index 0,990, mindestens 0,90.",
		"0,0~% der Kunden wechseln die Stufe (0,0~% steigen auf, 0,0~% steigen ab): höchstens 5~%.",
		"Keine Spalte hat sich verschoben: PSI unter 0,10.")
	same(t, []string{v.KeptAbove(insight.KeptAbove{Cluster: 3, Tier: "Silver", Below: 1, BelowTier: "Gold"})},
		"Cluster 3 behält den Namen Silver, obwohl er jetzt mehr wert ist als Cluster 1, Gold")
}

func TestGermanSelections(t *testing.T) {
	v := german(t)
	s := &insight.Selection{
		MinK: 2, MaxK: 10, K: 4, By: segment.ByKnee, KneeFromOne: 3,
		Points: []insight.SelectionPoint{{K: 1}, {K: 2}, {K: 3}, {K: 4, Silhouette: 0.421, CalinskiHarabasz: 1234, Stability: []insight.ClusterStability{{Jaccard: 0.9}, {Jaccard: 0.2}}}, {K: 5, DaviesBouldin: 0.9, Gap: math.NaN()}},
		Choices: []insight.CriterionChoice{{Index: insight.CriterionKnee, K: 4}, {Index: insight.CriterionSilhouette, K: 4}, {Index: insight.CriterionDaviesBouldin, K: 5},
			{Index: insight.CriterionGap, K: 1}, {Index: insight.CriterionStability}},
		Notes: []insight.SelectionNote{{Kind: insight.FewDistinct, Distinct: 1, Wanted: 10}, {Kind: insight.FewDistinctSample, Rows: 50, Distinct: 8}, {Kind: insight.FewInResamples, Rows: 50, Wanted: 7}},
	}
	same(t, v.Selection(s),
		"Alle Zeilen sind gleich, daher endet k bei 1 und nicht bei 10.",
		"Die Stichprobe von 50 Zeilen hat 8 verschiedene: Silhouetten, Gap-Statistik und Stabilität enden bei k = 8.",
		"Ziehungen aus den 50 Zeilen haben zu wenige verschiedene für 7 und mehr Cluster; deren Stabilität fehlt daher.",
		"Der Knick der Trägheit liegt bei 4, für k = 2…10. Für 1…10 liegt er bei 3: Der Knick hängt vom Bereich ab.",
		"Die mittlere Silhouette ist bei 4 am höchsten (0,421).",
		"Davies–Bouldin ist bei 5 am niedrigsten (0,900).",
		"Die Gap-Statistik wählt 1: Sie sieht keine Cluster, die sich nicht auch in gleichverteilten Daten fänden.",
		"Für kein k kehren in Ziehungen alle Cluster wieder (mittlerer Jaccard-Index von mindestens 0,75).",
		"Sie sind sich nicht einig: 1 (Gap-Statistik), 4 (Knick, Silhouette), 5 (Davies–Bouldin). Es gibt hier nicht die eine richtige Zahl; zu wählen ist, wie fein die Segmente sein sollen.",
		"Gewählt: 4, nach dem Knick; 1 von 2 Clustern ist stabil.")
}

func TestGermanPreparation(t *testing.T) {
	same(t, german(t).Preparation([]preprocess.Choice{
		{Kind: preprocess.ImputeMedian, Column: "income", Missing: 24}, {Kind: preprocess.ImputeMedian, Column: "age", Missing: 1}, {Kind: preprocess.ImputeMostFrequent, Column: "education", Missing: 1200},
		{Kind: preprocess.TakeLog, Column: "spent", Skewness: 1.8, LogSkew: 0.2}, {Kind: preprocess.KeepSkewed, Column: "spent", Skewness: 2.5, Least: -3}, {Kind: preprocess.KeepSkewed, Column: "spent", Skewness: 2},
		{Kind: preprocess.EncodeWords, Column: "education", Categories: 5}, {Kind: preprocess.Standardise},
		{Kind: preprocess.TakeComponents, Columns: 7, Limit: 5, Variance: 0.9}, {Kind: preprocess.KeepColumns, Columns: 4, Limit: 5}, {Kind: preprocess.KeepColumns, Columns: 7, Limit: -1},
	}),
		"Einkommen: Für 24 fehlende Werte steht der Median",
		"Alter: Für den fehlenden Wert steht der Median",
		"Bildung: Für 1.200 fehlende Wörter steht das häufigste",
		"Ausgaben: schief verteilt (Schiefe 1,8), daher wird der Logarithmus ln(1+x) genommen (0,2)",
		"Ausgaben: schief verteilt (Schiefe 2,5) und unverändert, denn es gibt negative Werte",
		"Ausgaben: schief verteilt (Schiefe 2,0) und unverändert, denn der Logarithmus ist ebenso schief",
		"Bildung: wird zu 5 Spalten, einer für jedes Wort",
		"jede Spalte wird auf Mittelwert 0 und Standardabweichung 1 gebracht",
		"aus 7 Spalten, mehr als 5, werden die Hauptkomponenten genommen, die 90~% der Varianz erhalten",
		"aus 4 Spalten, höchstens 5, werden keine Hauptkomponenten genommen",
		"es werden keine Hauptkomponenten genommen")
}

func TestGermanReports(t *testing.T) {
	day := func(y, m, d int) time.Time { return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC) }
	same(t, german(t).Report(features.Report{
		IDColumn: "Kd.-Nr.", QuotedLines: true, Preamble: []string{"Export"}, NumberGuessed: true, Decimal: features.DecimalComma,
		RepeatedIDs: features.RepeatedIDs{Rows: 2, First: []features.RepeatedID{{ID: "17", Line: 1204}, {ID: "18", Line: 7}}, Unchecked: 1500},
		Missing:     []features.MissingValues{{Column: "dt_customer", Count: 2, Required: true}, {Column: "complain", Count: 1}},
		Unknown:     []features.UnknownValues{{Column: "education", Value: "Abitur", Count: 1}, {Column: "marital_status", Value: "LAT", Count: 1200}},
		Dates: []features.DateWriting{
			{Example: "04-10-2013", Open: 3, Basis: features.BySpan, Order: features.DayFirst, Outside: 0, From: day(2012, 7, 30), To: day(2014, 6, 29), Rival: features.MonthFirst, RivalOutside: 2},
			{Example: "04/10/2013", Open: 1, Basis: features.ByGuess, Order: features.DayFirst, Guess: true},
		},
	}),
		"Die Spalte „Kd.-Nr.“ gilt als Kundennummer.",
		"2 Zeilen haben die Kundennummer einer früheren Zeile, zum Beispiel: 17 (Zeile 1.204), 18 (Zeile 7).",
		"Ob sich die Kundennummern der letzten 1.500 Kunden wiederholen, wurde nicht geprüft, weil der Speicher nicht reichte.",
		"Jede Zeile ist ein einziges Feld in Anführungszeichen; es wurde als die Zeile gelesen.",
		"1 Zeile über der Kopfzeile wurde weggelassen: „Export“.",
		"3 Datumsangaben wie 04-10-2013 lassen sich auf mehr als eine Weise lesen und wurden mit dem Tag zuerst gelesen. So liegen 0 davon außerhalb der Spanne der eindeutigen Datumsangaben, 30. Juli 2012 bis 29. Juni 2014; mit dem Monat zuerst gelesen wären es 2.",
		"1 Datumsangabe, 04/10/2013, lässt sich auf mehr als eine Weise lesen und wurde mit dem Tag zuerst gelesen. Das ist eine Annahme: Zu wenige Datumsangaben entscheiden es.",
		"2 Zeilen wurden weggelassen, weil ihnen ein Wert fehlt: Tag der Anmeldung.",
		"Bei 1 Kunden fehlt ein Wert, der als 0 zählt: Beschwerden.",
		"Dass 58.138 für 58138 steht, ist eine Annahme: Keine Zahl entscheidet es.",
		"Bei 1 Kunden steht ein unbekanntes Wort: Bildung „Abitur“. Der Bildungsabschluss gilt dann als unbekannt; die Stufen ändern sich dadurch nicht.",
		"Bei 1.200 Kunden steht ein unbekanntes Wort: Familienstand „LAT“. Es zählt dann ein Haushalt mit einem Erwachsenen; die Stufen ändern sich dadurch nicht.")
}

func TestGermanContrasts(t *testing.T) {
	v := german(t)
	mean := func(column string, value, from float64) insight.Difference {
		return insight.Difference{Kind: insight.KindMean, Column: column, Value: value, From: from}
	}
	share := func(column, level string, value, from float64) insight.Difference {
		return insight.Difference{Kind: insight.KindShare, Column: column, Level: level, Categorical: level == "Married", Value: value, From: from}
	}
	same(t, []string{
		v.Contrast(insight.Contrast{Name: "Gold", From: "Platinum", Alike: []insight.Difference{mean("income", 1, 1)}, Differences: []insight.Difference{mean("spent", 785, 1394), mean("age", 61, 57)}}),
		v.Contrast(insight.Contrast{Name: "Gold", From: "Platinum", Differences: []insight.Difference{share("complain", ">0", 0.4, 0.1), share("marital_status", "Married", 0.3, 0.6)}}),
		v.Contrast(insight.Contrast{Name: "Gold", From: "Platinum"}), v.Clusters(insight.Group{Name: "Silver", Tier: "Silver", Clusters: []int{1, 2}}),
	},
		"Gold: Einkommen ähnlich wie bei Platinum, Ausgaben niedriger (785 statt 1.394) und Alter höher (61 statt 57~Jahre).",
		"Gold im Vergleich mit Platinum: mehr Kunden, die sich beschwert haben (40~% statt 10~%) und weniger Kunden, die verheiratet sind (30~% statt 60~%).",
		"Gold: kein deutlicher Unterschied zu Platinum.", "Silver besteht aus 2 Clustern.")
}
