package narrate_test

import (
	"context"
	"fmt"
	"log"
	"testing/fstest"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

func ExampleVoice() {
	table, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "spent"}, []float64{900, 950, 910, 930, 880, 100, 120, 80, 110, 90}))
	if err != nil {
		log.Fatal(err)
	}
	profile, err := insight.NewProfile(context.Background(), table, []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, nil, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	words := features.CampaignWords()
	words["spent"] = features.ColumnWords{Noun: "turnover", Verb: "brings in", Unit: "euros"}
	fmt.Println(narrate.English(words).Summary(profile.Clusters[0]))
	// Output: brings in 1.8 times the average (914 against 507 euros)
}

func ExampleEnglish() {
	voice := narrate.English(features.CampaignWords())
	fmt.Println(voice.Readable(1234.5), voice.Percent(0.123, 1), voice.Ratio(2.31), "the average")
	// Output: 1,234 12.3% 2.3 times the average
}

// What a reader may want to know of a file: its guesses, and what it lacks.
func ExampleLanguage_Report() {
	l := narrate.English(nil).Language
	for _, sentence := range l.Report(features.Report{
		IDColumn: "Client No.", QuotedLines: true, NumberGuessed: true, Decimal: features.DecimalPoint,
	}) {
		fmt.Println(sentence)
	}
	// Output:
	// The column “Client No.” is taken for the id.
	// Each line is one quoted field, which was read as the row.
	// That 58,138 means 58138 is a guess: no number decides it.
}

func ExampleLanguage_Word() {
	all, err := narrate.Read(fstest.MapFS{"de.json": {Data: []byte(`{"noun.marital_status": "Familienstand", "label.marital_status.Married": "verheiratet"}`)}})
	if err != nil {
		log.Fatal(err)
	}
	l := all.For("de")
	fmt.Println(l.Noun("marital_status"), l.Word("marital_status", "Married"), l.Word("marital_status", "Absurd"))
	// Output: Familienstand verheiratet Absurd
}

func ExampleLanguage_WithUnit() {
	l := narrate.English(nil).WithUnit("EUR", "income")
	fmt.Println(l.Axis("income"))
	fmt.Println(narrate.Voice{Language: l}.Statement(insight.Statement{Kind: insight.KindMean, Column: "income", Value: 75000, Overall: 50000, Effect: 1.2, Direction: "above"}))
	// Output:
	// income (EUR)
	// income 1.5 times the average (75,000 against 50,000 EUR)
}

func ExampleLanguage_About() {
	l := narrate.English(nil).About([]features.Column{{Name: "Annual Income (k$)", Kind: features.Amount}})
	fmt.Println(l.Noun("Annual Income (k$)"), "in", l.Unit("Annual Income (k$)"))
	// Output: Annual Income in k$
}

func ExampleVoice_Verdict() {
	voice := narrate.English(nil)
	fmt.Println(voice.Verdict(&insight.Comparison{Verdict: insight.VerdictMoved, AdjustedRand: 0.8, Stay: 0.9}))
	fmt.Println(voice.Verdict(&insight.Comparison{
		Verdict: insight.VerdictChanged, AdjustedRand: 0.95, Stay: 0.98, Drift: []insight.Drift{{Column: "income", PSI: 0.4}},
	}))
	// Output:
	// The new model moves some customers: look before taking it.
	// The customers are another population than that of the old training; the new model segments them much as the old one does.
}

// A profile for programs, with the sentence of each statement beside its figures.
func ExampleVoice_WithSentences() {
	table, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "spent"}, []float64{900, 950, 910, 930, 880, 100, 120, 80, 110, 90}))
	if err != nil {
		log.Fatal(err)
	}
	profile, err := insight.NewProfile(context.Background(), table, []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, nil, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	with, err := narrate.English(features.CampaignWords()).WithSentences(profile.Clusters[0])
	if err != nil {
		log.Fatal(err)
	}
	first := with.(map[string]any)["statements"].([]any)[0].(map[string]any)
	fmt.Println(first["column"], first["sentence"])
	// Output: spent spends 1.8 times the average (914 against 507)
}
