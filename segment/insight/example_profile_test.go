package insight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

var customerColumns = []string{"age", "spent", "tenure", "children", "income"}

// household returns the category of the 400 customers.
func household() []string {
	out := make([]string, 400)
	for i := range out {
		out[i] = []string{"Partner", "Partner", "Single"}[i%3]
		if i%4 == 3 {
			out[i] = "Single"
		}
	}
	return out
}

// numbers returns a table of one column.
func numbers(name string, values ...float64) *features.Table {
	table, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: name}, values))
	if err != nil {
		log.Fatal(err)
	}
	return table
}

func ExampleProfile() {
	ctx, x := context.Background(), customers()
	model, err := segment.Train(ctx, x, segment.TrainOptions{Columns: customerColumns, Value: []string{"income", "spent"}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	table, err := features.FromMatrix(ctx, x, customerColumns...)
	if err != nil {
		log.Fatal(err)
	}
	if table, err = table.With(features.WordSeries(features.Column{Name: "living_with"}, household())); err != nil {
		log.Fatal(err)
	}
	profile, err := insight.ProfileOf(ctx, model.Model, table, insight.ProfileOptions{Revenue: "spent", Counted: []string{"children"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, tier := range profile.Tiers {
		fmt.Printf("%s: %d customers, %.0f%% of the revenue\n", tier.Name, tier.Count, 100*tier.RevenueShare)
		for _, s := range voice.Statements(tier) {
			fmt.Println("  -", s)
		}
	}
	// Output:
	// Platinum: 100 customers, 56% of the revenue
	//   - none have children at home (75% of everybody)
	//   - earns 1.6 times the average (89,225 against 55,954)
	//   - is 13 years older than the average (64.9 against 51.9 years)
	//   - 7 of 10 live with a partner (50% of everybody)
	// Gold: 100 customers, 30% of the revenue
	//   - all have children at home (75% of everybody)
	//   - has been a customer 2.4 months longer than the average (21 against 18.6 months)
	//   - 7 of 10 live with a partner (50% of everybody)
	// Silver: 100 customers, 11% of the revenue
	//   - has twice the average number of children (2 against 1)
	//   - spends 55% less than the average (316 against 704)
	//   - is 5.9 years older than the average (57.8 against 51.9 years)
	//   - 7 of 10 live with a partner (50% of everybody)
	// Bronze: 100 customers, 3% of the revenue
	//   - none live with a partner (50% of everybody)
	//   - is 17.5 years younger than the average (34.3 against 51.9 years)
	//   - earns 55% less than the average (25,229 against 55,954)
	//   - all have children at home (75% of everybody)
}

func ExampleNewProfile() {
	// Labels and names from anywhere.
	table, err := features.NewTable(time.Time{},
		features.NumberSeries(features.Column{Name: "basket"}, []float64{80, 95, 90, 85, 92, 10, 12, 8, 9, 14}),
		features.NumberSeries(features.Column{Name: "visits"}, []int{1, 2, 1, 2, 3, 9, 8, 10, 7, 9}))
	if err != nil {
		log.Fatal(err)
	}
	profile, err := insight.NewProfile(context.Background(), table, []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, []string{"savers", "browsers"}, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	voice := narrate.English(map[string]features.ColumnWords{"basket": {Verb: "buys", After: "at once", Unit: "euros"}})
	for _, tier := range profile.Tiers {
		fmt.Println(tier.Name+":", voice.Summary(tier))
	}
	// Output:
	// savers: buys 1.8 times the average at once (88.4 against 49.5 euros)
	// browsers: buys 79% less than the average at once (10.6 against 49.5 euros)
}

func ExampleGroup() {
	profile, err := insight.NewProfile(context.Background(), numbers("basket", 80, 100, 10, 10), []int{0, 0, 1, 1}, []string{"savers", "browsers"},
		insight.ProfileOptions{Revenue: "basket"})
	if err != nil {
		log.Fatal(err)
	}
	savers, _ := profile.Group("savers")
	basket, _ := savers.Column("basket")
	fmt.Println(savers.Count, savers.RevenueShare, basket.Mean, basket.Percent)
	// Output: 2 0.9 90 80
}

func ExampleNumericSummary() {
	profile, err := insight.NewProfile(context.Background(), numbers("basket", 10, 20, 30, 40, 100), []int{0, 0, 0, 0, 0}, nil, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	data, err := json.Marshal(profile.Overall.Numeric[0])
	fmt.Println(string(data), err)
	// Output: {"column":"basket","count":5,"missing":0,"mean":40,"sd":35.35533905932738,"min":10,"q1":20,"median":30,"q3":40,"max":100,"difference":0,"percent":0} <nil>
}

// Columns of words have shares.
func ExampleNewProfile_words() {
	home := features.WordSeries(features.Column{Name: "home"}, []string{"flat", "house", "flat", ""})
	table, err := numbers("basket", 1, 2, 3, 4).With(home)
	if err != nil {
		log.Fatal(err)
	}
	profile, err := insight.NewProfile(context.Background(), table, []int{0, 0, 1, 1}, nil, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, l := range profile.Clusters[0].Categories[0].Levels {
		fmt.Printf("%s: %d, share %.2f, lift %.2f\n", l.Value, l.Count, l.Share, l.Lift)
	}
	// Output:
	// flat: 1, share 0.50, lift 0.75
	// house: 1, share 0.50, lift 1.50
}

func ExampleCategorySummary() {
	summary := insight.CategorySummary{Column: "home", Count: 3, Missing: 1, Levels: []insight.Level{{Value: "flat", Count: 2, Share: 2.0 / 3, Lift: 1}}}
	data, err := json.Marshal(summary)
	fmt.Println(string(data), err)
	// Output: {"column":"home","count":3,"missing":1,"levels":[{"value":"flat","count":2,"share":0.6666666666666666,"lift":1}]} <nil>
}

func ExampleLevel() {
	l := insight.Level{Value: "Partner", Count: 30, Share: 0.6, Lift: 1.2}
	fmt.Printf("%.0f%% live with a %s, %.1f times as many as among everybody\n", 100*l.Share, l.Value, l.Lift)
	// Output: 60% live with a Partner, 1.2 times as many as among everybody
}

func ExampleProfileOptions() {
	table := numbers("basket", 31, 30, 32, 33, 29, 10, 11, 12, 9, 13)
	for _, o := range []insight.ProfileOptions{{}, {MinEffect: 2}} {
		profile, err := insight.NewProfile(context.Background(), table, []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, nil, o)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(voice.Summary(profile.Clusters[0]))
	}
	// Output:
	// basket 48% above the average (31 against 21)
	// much like everybody
}

func ExampleStatement() {
	profile, err := insight.NewProfile(context.Background(), numbers("response", 1, 1, 1, 1, 0, 0, 0, 0, 0, 0), []int{0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, nil, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	s := profile.Clusters[0].Statements[0]
	fmt.Printf("%s %s of %s: %.1f against %.1f, effect %.2f, %s\n", s.Column, s.Kind, s.Level, s.Value, s.Overall, s.Effect, s.Direction)
	fmt.Println(voice.Statement(s))
	// Output:
	// response share of >0: 1.0 against 0.4, effect 1.77, above
	// all accepted the last campaign (40% of everybody)
}

func ExampleStatementKind() {
	statements := []insight.Statement{{Column: "spent", Kind: insight.KindMean}, {Column: "home", Kind: insight.KindShare, Level: "flat"}}
	for _, s := range statements {
		if s.Kind == insight.KindShare {
			fmt.Println(s.Column, s.Level)
		}
	}
	// Output: home flat
}

// What sets neighbouring tiers apart, and in what they are alike.
func ExampleTierContrasts() {
	ctx, x := context.Background(), customers()
	model, err := segment.Train(ctx, x, segment.TrainOptions{Columns: customerColumns, Value: []string{"income", "spent"}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	table, err := features.FromMatrix(ctx, x, customerColumns...)
	if err != nil {
		log.Fatal(err)
	}
	profile, err := insight.ProfileOf(ctx, model.Model, table, insight.ProfileOptions{})
	if err != nil {
		log.Fatal(err)
	}
	contrasts, err := insight.TierContrasts(profile, model.Model, "", insight.ContrastOptions{})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range contrasts {
		fmt.Println(voice.Contrast(c))
	}
	// Output:
	// Beside Platinum, Gold has more children (1 against 0), spends 47% less (841 against 1,576) and earns 27% less (65,112 against 89,225).
	// Beside Gold, Silver has more children (2 against 1), spends 62% less (316 against 841) and earns 32% less (44,252 against 65,112).
	// Beside Silver, Bronze has fewer children (1 against 2), spends 73% less (84.2 against 316) and earns 43% less (25,229 against 44,252).
}

// The plane of the two main components, and what these are made of.
func ExamplePlaneOf() {
	ctx, x := context.Background(), customers()
	model, err := segment.Train(ctx, x, segment.TrainOptions{Columns: customerColumns, Value: []string{"income", "spent"}, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	plane, err := insight.PlaneOf(ctx, model.Model, model.Transformed)
	if err != nil {
		log.Fatal(err)
	}
	for _, axis := range plane.Axes {
		fmt.Printf("%s: %.0f%% of the variance\n", axis.Columns, 100*axis.Share)
	}
	// Output:
	// [spent income tenure]: 82% of the variance
	// [children age]: 16% of the variance
}
