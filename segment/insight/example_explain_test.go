package insight_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
)

func trained() *segment.Model {
	model, err := segment.Train(context.Background(), customers(), segment.TrainOptions{
		Columns: customerColumns, Value: []string{"income", "spent"}, Units: map[string]string{"age": "years", "tenure": "months"}, Seed: 1, K: 4,
	})
	if err != nil {
		log.Fatal(err)
	}
	return model.Model
}

func ExampleExplanation() {
	why, err := insight.Explain(context.Background(), trained(), []float64{50, 900, 20, 1, 60000}, insight.ExplainOptions{Integer: []string{"children"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range voice.Explanation(why) {
		fmt.Println(s)
	}
	// Output:
	// Gold (cluster 1); the next nearest is cluster 2, Silver.
	// For Gold rather than Silver, the strongest first: children of 1 (halfway is 1.5); spending of 900 (halfway is 579); time as a customer of 20 months (halfway is 18.3); age of 50 years (halfway is 54.1); income of 60,000 (halfway is 54,682).
	// No change of one column alone leads to Platinum.
}

func ExampleExplain() {
	why, err := insight.Explain(context.Background(), trained(), []float64{45, 500, 18, 1, math.NaN()}, insight.ExplainOptions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s rather than %s, confidence %.2f\n", why.Tier, why.NextTier, why.Confidence)
	income := why.Contributions[4]
	fmt.Println("imputed:", income.Imputed, income.At)
	// Output:
	// Gold rather than Silver, confidence 0.45
	// imputed: true 54115.5
}

func ExampleContribution() {
	why, err := insight.Explain(context.Background(), trained(), []float64{50, 900, 20, 1, 60000}, insight.ExplainOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sum := 0.0
	for _, c := range why.Contributions {
		fmt.Printf("%-8s at %6.0f, halfway %8.1f: %+.3f\n", c.Column, c.At, c.Halfway, c.Value)
		sum += c.Value
	}
	fmt.Printf("together %.3f, the difference of the squared distances %.3f\n", sum, why.Gap)
	// Output:
	// age      at     50, halfway     54.1: +0.463
	// spent    at    900, halfway    578.8: +1.023
	// tenure   at     20, halfway     18.3: +0.755
	// children at      1, halfway      1.5: +2.003
	// income   at  60000, halfway  54681.9: +0.382
	// together 4.625, the difference of the squared distances 4.625
}

func ExampleCounterfactual() {
	model := trained()
	row := []float64{50, 900, 20, 1, 60000}
	why, err := insight.Explain(context.Background(), model, row, insight.ExplainOptions{Columns: []string{"spent", "children"}, Integer: []string{"children"}, Unseen: true})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range why.Counterfactuals {
		fmt.Printf("%s from %.0f to %.0f leads to %s, seen in training: %v\n", c.Column, c.From, c.Rounded, c.Tier, c.Seen)
	}
	row[1] = why.Counterfactuals[0].To
	p, err := model.Predict(row)
	fmt.Println("predicted:", p.Tier, err)
	// Output:
	// spent from 900 to 2600 leads to Platinum, seen in training: false
	// predicted: Platinum <nil>
}

// What leads to a tier that is asked for, within what training saw.
func ExampleExplainer_Toward() {
	explainer, err := insight.NewExplainer(context.Background(), trained(), insight.ExplainOptions{Columns: []string{"spent", "income"}})
	if err != nil {
		log.Fatal(err)
	}
	changes, err := explainer.Toward([]float64{50, 480, 20, 2, 52000}, "Gold")
	for _, c := range changes {
		fmt.Printf("%s from %.0f to %.0f leads to %s\n", c.Column, c.From, c.Rounded, c.Tier)
	}
	fmt.Println(err)
	// Output:
	// spent from 480 to 886 leads to Gold
	// income from 52000 to 69996 leads to Gold
	// <nil>
}

func ExampleExplainer() {
	// For many rows, prepare once.
	explainer, err := insight.NewExplainer(context.Background(), trained(), insight.ExplainOptions{Rows: customers(), Neighbours: 3})
	if err != nil {
		log.Fatal(err)
	}
	for _, row := range [][]float64{{64, 1600, 25, 0, 88000}, {34, 85, 12, 1, 25000}} {
		why, err := explainer.Explain(context.Background(), row)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(why.Tier, why.Neighbours.Rows)
	}
	// Output:
	// Platinum [140 176 356]
	// Bronze [23 335 347]
}

func ExampleExplainOptions() {
	why, err := insight.Explain(context.Background(), trained(), []float64{50, 900, 20, 1, 60000}, insight.ExplainOptions{
		Unseen:  true,
		Columns: []string{"spent"}, // nobody can change the age
	})
	if err != nil {
		log.Fatal(err)
	}
	voice := narrate.English(map[string]features.ColumnWords{"spent": {Noun: "turnover", Unit: "euros"}})
	sentences := voice.Explanation(why)
	fmt.Println(sentences[len(sentences)-1])
	// Output: The least change that leads to Platinum is turnover of 2,600 euros, which is 1,700 more, and beyond all that was seen in training.
}

func ExampleNeighbours() {
	why, err := insight.Explain(context.Background(), trained(), []float64{64, 1600, 25, 0, 88000}, insight.ExplainOptions{Rows: customers(), Neighbours: 5})
	if err != nil {
		log.Fatal(err)
	}
	for j, median := range why.Neighbours.Medians {
		fmt.Println(customerColumns[j], median)
	}
	fmt.Println(why.Neighbours.Tiers)
	// Output:
	// age 64
	// spent 1609
	// tenure 25
	// children 0
	// income 89618
	// [{Platinum 1} {Gold 0} {Silver 0} {Bronze 0}]
}

func ExampleTierShare() {
	data, err := json.Marshal(insight.TierShare{Tier: "Gold", Share: 0.8})
	fmt.Println(string(data), err)
	// Output: {"tier":"Gold","share":0.8} <nil>
}

func ExampleDominance() {
	d, err := insight.DominanceOf(trained())
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range d.Columns {
		fmt.Printf("%-8s %4.1f%%\n", c.Column, 100*c.Between)
	}
	fmt.Printf("dominant: %q\n", d.Dominant)
	// Output:
	// age      19.8%
	// spent    20.1%
	// tenure   19.9%
	// children 20.2%
	// income   20.0%
	// dominant: ""
}

func ExampleColumnShare() {
	data, err := json.Marshal(insight.ColumnShare{Column: "spent", Between: 0.31, Distance: 0.14})
	fmt.Println(string(data), err)
	// Output: {"column":"spent","between":0.31,"distance":0.14} <nil>
}
