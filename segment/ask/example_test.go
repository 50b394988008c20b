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
	for _, question := range []string{"How many customers have children?", "avrage age of Gold customers", "Who wins?"} {
		for _, sentence := range a.Ask(context.Background(), question, english(), ask.Options{}).Text {
			fmt.Println(sentence)
		}
	}
	// Output:
	// There are 1,241 customers with children at home, which is 62.4% of all.
	// I read “avrage” as “average”.
	// The average age of Gold customers is 57.3 years.
	// Of all customers it is 50.4 years; the answer is from 392 customers.
	// I did not understand that. I do not know what “wins” means here.
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
	// age, density: The median of all customers is 52 years; half of them lie between 41 years and 59 years.
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
	q, err := a.Parse("average income of Gold customers by education", english(), ask.Query{})
	fmt.Println(q.Intent, q.Aggregate, q.Measures, q.Where, q.By, err)
	// Output: figure mean [income] tier:is:Gold [education] <nil>
}

func ExampleIntent() {
	a, _ := sampled()
	for _, question := range []string{"distribution of income", "describe Bronze", "Silver vs Gold"} {
		q, err := a.Parse(question, english(), ask.Query{})
		fmt.Println(q.Intent, err)
	}
	// Output:
	// distribution <nil>
	// describe <nil>
	// compare <nil>
}

func ExampleAssignment() {
	a, _ := sampled()
	q, err := a.Parse("what if income were 70,000 with no children", english(), ask.Query{})
	fmt.Println(q.Changes, err)
	// Output: [{income 70000 false false} {children 0 false false}] <nil>
}

func ExampleAnswer() {
	a, _ := sampled()
	answer := a.Ask(context.Background(), "describe the moon", english(), ask.Options{})
	fmt.Println(answer.Understood, len(answer.Suggestions))
	// Output: false 4
}

func ExampleQuestions() {
	q, err := ask.ReadQuestions(english())
	fmt.Println(q.Aggregates["median"], err)
	// Output: median|middle|in the middle <nil>
}

// Where a column cannot have a value, what if it had is refused.
func ExampleSubjects() {
	a, _ := sampled()
	_, err := a.Parse("what if age were 400", english(), ask.Query{})
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

// A question that goes on from another keeps whom it was about.
func ExampleOptions() {
	a, _ := sampled()
	var last ask.Query
	for _, question := range []string{"How many customers are in Gold?", "And in Silver?", "What is their average income?"} {
		answer := a.Ask(context.Background(), question, english(), ask.Options{Last: last})
		fmt.Println(answer.Text[0])
		last = answer.Query
	}
	// Output:
	// There are 392 Gold customers, which is 19.7% of all.
	// There are 760 Silver customers, which is 38.2% of all.
	// The average income of Silver customers is 42,158.
}

// A query need not come from a question.
func ExampleAnswerer_Answer() {
	a, _ := sampled()
	gold := ask.Where{{{Column: "tier", Op: features.Is, Words: []string{"Gold"}}}}
	answer, err := a.Answer(context.Background(), ask.Query{Intent: ask.Figure, Aggregate: features.Median, Measures: []string{"income"}, Where: gold}, english(), ask.Options{})
	fmt.Println(answer.Text[0], err)
	_, err = a.Answer(context.Background(), ask.Query{Intent: ask.Figure, Aggregate: features.Mean, Measures: []string{"shoes"}}, english(), ask.Options{})
	fmt.Println(err)
	// Output:
	// The median income of Gold customers is 61,871. <nil>
	// segment: invalid option: "shoes" is no column of numbers
}

// A query is written as the values of an address and read back.
func ExampleAnswerer_Rows() {
	a, _ := sampled()
	rows, err := a.Rows(context.Background(), ask.Where{
		{{Column: "tier", Op: features.Is, Words: []string{"Gold"}}},
		{{Column: "children", Op: features.AtLeast, A: 2}},
	})
	fmt.Println(len(rows), err)
	// Output: 35 <nil>
}

func ExampleReadQuery() {
	a, _ := sampled()
	q, err := a.Parse("what percentage of married customers are Gold?", english(), ask.Query{})
	fmt.Println(q.Values().Encode(), err)
	again, err := ask.ReadQuery(q.Values())
	fmt.Println(again.Intent, again.Where, "in", again.Whole, err)
	// Output:
	// in=marital_status%3Ais%3AMarried&kind=share&where=marital_status%3Ais%3AMarried%3Btier%3Ais%3AGold <nil>
	// share marital_status:is:Married;tier:is:Gold in marital_status:is:Married <nil>
}

func ExampleWhere() {
	fmt.Println(ask.Where{
		{{Column: "income", Op: features.Over, A: 50000}},
		{{Column: "response", Op: features.Over}, {Column: "age", Op: features.Between, A: 30, B: 40}},
	})
	// Output: income:over:50000;response:over:0|age:between:30:40
}

func ExampleClause() {
	a, _ := sampled()
	q, err := a.Parse("how many customers accepted campaign 1 or campaign 5", english(), ask.Query{})
	for _, condition := range q.Where[0] {
		fmt.Println(condition.Column, condition.Op, condition.A)
	}
	fmt.Println(err)
	// Output:
	// accepted_cmp1 over 0
	// accepted_cmp5 over 0
	// <nil>
}

// A query as a page shows it: what may be chosen, and conditions to be taken away.
func ExampleChips() {
	a, _ := sampled()
	q, err := a.Parse("average income of married Gold customers", english(), ask.Query{})
	chips := a.Chips(q, english())
	for _, field := range chips.Fields {
		for _, choice := range field.Choices {
			if choice.Chosen {
				fmt.Printf("%s: %s, of %d\n", field.Label, choice.Label, len(field.Choices))
			}
		}
	}
	for _, chip := range chips.Among {
		fmt.Println(chip.Label, "- without:", chip.Without.Where)
	}
	fmt.Println(err)
	// Output:
	// figure: average, of 6
	// of: income, of 32
	// by: all together, of 7
	// among: Gold, of 5
	// customers with marital status Married - without: tier:is:Gold
	// <nil>
}

func ExampleField() {
	a, _ := sampled()
	fmt.Println(a.Chips(ask.Query{Intent: ask.ColumnGroup, ColumnGroup: "products"}, english()).Fields[0].Name)
	// Output: group
}

func ExampleChoice() {
	a, _ := sampled()
	fmt.Println(a.Chips(ask.Query{Intent: ask.ColumnGroup, ColumnGroup: "products"}, english()).Fields[0].Choices[0])
	// Output: {products spending by product true}
}

func ExampleChip() {
	a, _ := sampled()
	married := ask.Where{{{Column: "marital_status", Op: features.Is, Words: []string{"Married"}}}}
	chip := a.Chips(ask.Query{Intent: ask.Figure, Aggregate: features.Count, Where: married}, english()).Among[0]
	fmt.Println(chip.Label, chip.Without.Values().Encode())
	// Output: customers with marital status Married how=count&kind=figure
}

// Customers are filtered by the words of their columns, as a form offers them.
func ExampleAnswerer_Filters() {
	ctx := context.Background()
	a, _ := sampled()
	married, err := ask.ReadWhere("marital_status:is:Married")
	if err != nil {
		log.Fatal(err)
	}
	filters, err := a.Filters(ctx, married, english())
	if err != nil {
		log.Fatal(err)
	}
	for _, f := range filters.Fields[:3] {
		fmt.Printf("%s: %d choices, such as %s\n", f.Label, len(f.Choices), f.Choices[1].Label)
	}
	fmt.Println(filters.Chips[0].Label)
	rows, err := a.Rows(ctx, married)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(rows), a.Population(married, english()))
	// Output:
	// Education: 6 choices, such as Basic
	// Marital status: 9 choices, such as Single
	// Age group: 4 choices, such as Adult (20–39 years)
	// Marital status: Married
	// 796 customers with marital status Married
}

func ExampleAggregateName() {
	fmt.Println(ask.AggregateName(english(), features.Mean, "income"))
	// Output: average income
}

// Conditions as addresses have them.
func ExampleReadWhere() {
	where, err := ask.ReadWhere("education:is:PhD", "income:over:50000")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(where), where)
	// Output: 2 education:is:PhD;income:over:50000
}
