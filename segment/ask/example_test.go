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

// Questions about the bundled sample, in English.
func ExampleAnswerer() {
	ctx := context.Background()
	result, err := segmentation.TrainReader(ctx, bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Model: segment.TrainOptions{AsOf: testdata.AsOf, Seed: 1}})
	if err != nil {
		log.Fatal(err)
	}
	customers, err := result.Merged()
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
	explainer, err := insight.NewExplainer(result.Model, insight.ExplainOptions{Rows: result.X})
	if err != nil {
		log.Fatal(err)
	}
	a := ask.NewAnswerer(set, customers.Series("id").Words(), result.Model, profile, explainer, ask.Subjects{
		Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue,
	})
	languages, err := narrate.Read(ask.Texts)
	if err != nil {
		log.Fatal(err)
	}
	english := languages.For("en")
	for _, question := range []string{"How many customers have children?", "avrage age of Gold customers", "Who will win?"} {
		for _, sentence := range a.Ask(ctx, question, nil, english).Text {
			fmt.Println(sentence)
		}
	}
	// Output:
	// There are 1,241 customers with children at home, which is 62 % of all.
	// I read “avrage” as “average”.
	// The average age of Gold customers is 68.3 years.
	// Of all customers it is 61.4 years; the answer is from 392 customers.
	// I did not understand that. I do not know what “win” means here.
	// The nearest questions that I can answer are below.
}

// What is not understood is told to programs and to readers.
func ExampleUnclear() {
	languages, err := narrate.Read(ask.Texts)
	if err != nil {
		log.Fatal(err)
	}
	unclear := &ask.Unclear{Words: []string{"shoe", "hat"}}
	fmt.Println(unclear)
	fmt.Println(unclear.Text(languages.For("en")))
	// Output:
	// the question has unknown words: shoe, hat
	// I do not know what “shoe” and “hat” mean here.
}
