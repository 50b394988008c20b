package ask_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// sampled answers about the bundled sample.
func sampled() (*ask.Answerer, *segmentation.Result) {
	ctx := context.Background()
	result, err := segmentation.TrainReader(ctx, bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Model: segment.TrainOptions{AsOf: testdata.AsOf, Seed: 1}})
	if err != nil {
		log.Fatal(err)
	}
	customers, err := result.Merged(ctx)
	if err != nil {
		log.Fatal(err)
	}
	set, err := ask.Select(customers)
	if err != nil {
		log.Fatal(err)
	}
	profile, err := insight.ProfileOf(ctx, result.Model, result.Table, insight.ProfileOptions{Revenue: "spent"})
	if err != nil {
		log.Fatal(err)
	}
	explainer, err := insight.NewExplainer(context.Background(), result.Model, insight.ExplainOptions{Rows: result.X})
	if err != nil {
		log.Fatal(err)
	}
	return ask.NewAnswerer(set, customers.Series("id").Words(), result.Model, profile, explainer, ask.Subjects{
		Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue,
	}), result
}

// english returns the texts of answers.
func english() *narrate.Language {
	languages, err := narrate.Read(ask.Texts)
	if err != nil {
		log.Fatal(err)
	}
	return languages.For("en")
}

// Questions about the bundled sample, in English.
func ExampleAnswerer() {
	a, _ := sampled()
	for _, question := range []string{"How many customers have children?", "avrage age of Gold customers", "Who will win?"} {
		for _, sentence := range a.Ask(context.Background(), question, nil, english()).Text {
			fmt.Println(sentence)
		}
	}
	// Output:
	// There are 1,241 customers with children at home, which is 62% of all.
	// I read “avrage” as “average”.
	// The average age of Gold customers is 68.3 years.
	// Of all customers it is 61.4 years; the answer is from 392 customers.
	// I did not understand that. I do not know what “win” means here.
	// The nearest questions that I can answer are below.
}

// What is not understood is told to programs and to readers.
func ExampleUnclear() {
	unclear := &ask.Unclear{Words: []string{"shoe", "hat"}}
	fmt.Println(unclear)
	fmt.Println(unclear.Text(english()))
	// Output:
	// the question has unknown words: shoe, hat
	// I do not know what “shoe” and “hat” mean here.
}

func ExampleAnswerer_Charts() {
	a, result := sampled()
	charts, err := a.Charts(context.Background(), []ask.ChartRequest{
		{Name: "sizes", Kind: ask.ChartSizes}, {Name: "age", Kind: ask.ChartSpread, Columns: []string{"age"}}, {Name: "how well", Kind: ask.ChartSilhouette},
	}, english(), ask.ChartsOptions{Z: result.Z, Labels: result.Labels()})
	if err != nil {
		log.Fatal(err)
	}
	for _, c := range charts {
		fmt.Printf("%s, %s: %s\n", c.Name, c.Kind, c.Reading)
	}
	// Output:
	// sizes, shares: Platinum has 20% of the customers and brings 53% of what is spent.
	// age, density: The median of all customers is 63 years; half of them lie between 52 years and 70 years.
	// how well, silhouette: 1 would be far from every other cluster, 0 on the border between two; the mean of all is 0.42.
}

func ExampleChartRequest() {
	a, _ := sampled()
	_, err := a.Charts(context.Background(), []ask.ChartRequest{{Name: "shoes", Kind: ask.ChartSpread, Columns: []string{"shoe_size"}}}, english(), ask.ChartsOptions{})
	fmt.Println(err)
	// Output: the chart shoes: segment: invalid option: shoe_size is no column of numbers
}

// The charts of one tier set it beside everybody.
func ExampleChartsOptions() {
	a, _ := sampled()
	charts, err := a.Charts(context.Background(), []ask.ChartRequest{{Kind: ask.ChartMeans, Columns: []string{"products"}}}, english(), ask.ChartsOptions{Tier: "Gold"})
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range charts[0].Series {
		fmt.Println(s.Name, s.Values[0])
	}
	// Output:
	// Gold 464.747
	// everybody 261.728
}

func ExampleChartKind() {
	a, _ := sampled()
	_, err := a.Charts(context.Background(), []ask.ChartRequest{{Name: "pie", Kind: "pie"}}, english(), ask.ChartsOptions{})
	fmt.Println(err)
	// Output: the chart pie: segment: invalid option: there is no kind of charts "pie" of 0 columns
}

func ExampleQuery() {
	a, _ := sampled()
	q, err := a.Parse("average income of Gold customers by education", english())
	fmt.Println(q.Intent, q.Aggregate, q.Measures, q.Tiers, q.By, err)
	// Output: figure mean [income] [Gold] [education] <nil>
}

func ExampleIntent() {
	a, _ := sampled()
	for _, question := range []string{"distribution of income", "describe Bronze", "Silver vs Gold"} {
		q, err := a.Parse(question, english())
		fmt.Println(q.Intent, err)
	}
	// Output:
	// distribution <nil>
	// describe <nil>
	// compare <nil>
}

func ExampleAssignment() {
	a, _ := sampled()
	q, err := a.Parse("what if income were 70,000 with no children", english())
	fmt.Println(q.Changes, err)
	// Output: [{income 70000} {children 0}] <nil>
}

func ExampleAnswer() {
	a, _ := sampled()
	answer := a.Ask(context.Background(), "describe the moon", nil, english())
	fmt.Println(answer.Understood, len(answer.Suggestions))
	// Output: false 4
}

func ExampleQuestions() {
	q, err := ask.ReadQuestions(english())
	fmt.Println(q.Aggregates["median"], err)
	// Output: median|typical|middle <nil>
}

// Where a column cannot have a value, what if it had is refused.
func ExampleSubjects() {
	a, _ := sampled()
	_, err := a.Parse("what if age were 400", english())
	fmt.Println(err)
	// Output: the question is unclear: ask.unclear.value
}

func ExampleGroup() {
	a, _ := sampled()
	c, err := ask.Histogram(context.Background(), english(), a.Set, "children", []ask.Group{{Name: "the first ten", Rows: []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Categories, c.Series[0].Values)
	// Output: [0 1 2 3 4] [0.5 0.3 0.2 0 0]
}
