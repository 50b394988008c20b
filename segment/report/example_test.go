package report_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
	"github.com/customer-personality/segmentation/testdata"
)

// trained returns a report on the bundled sample, without the slow indices for k.
func trained(subjects *features.Subjects) *report.Report {
	ctx := context.Background()
	result, err := segmentation.TrainReader(ctx, bytes.NewReader(testdata.Customers), segmentation.TrainOptions{Model: segment.TrainOptions{AsOf: testdata.AsOf, K: 4, Seed: 1}})
	if err != nil {
		log.Fatal(err)
	}
	r, err := report.New(ctx, result, report.Options{
		Source: "sample.csv", Subjects: subjects, Choice: insight.SelectionOptions{References: -1, Resamples: -1},
	})
	if err != nil {
		log.Fatal(err)
	}
	return r
}

func ExampleReport() {
	page, err := trained(nil).Page(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	var html bytes.Buffer
	if err := page.Write(&html); err != nil {
		log.Fatal(err)
	}
	fmt.Println(page.Title)
	for _, section := range page.Sections {
		fmt.Println(section.Title)
	}
	fmt.Println(strings.Count(html.String(), "<script"), "scripts")
	// Output:
	// 23% of the customers bring 60% of the revenue
	// Worth and character
	// What they buy, and where
	// The groups behind the tiers
	// How many groups?
	// What the groups are made of
	// What is doubtful
	// 0 scripts
}

// Subjects without products and channels: what is not known is no reason for advice.
func ExampleOptions() {
	subjects := features.CampaignSubjects()
	subjects.Products, subjects.Channels, subjects.Offers = nil, nil, nil
	for _, card := range trained(&subjects).Front().Cards {
		fmt.Println(card.Name, len(card.Advice))
	}
	// Output:
	// Platinum 2
	// Gold 2
	// Silver 3
	// Bronze 1
}

func ExampleAdvice() {
	for _, advice := range trained(nil).Advice["Platinum"] {
		fmt.Printf("%.1f %s\n", advice.Weight, advice.Do)
	}
	// Output:
	// 1.4 Keep them. Losing one costs 2.6 times as much as losing an average customer: give them care before discounts.
	// 1.3 Reach them by catalogue.
	// 0.5 Save the discounts: they buy without them.
	// 0.5 Repeat offers such as the last campaign.
}

func ExampleCard() {
	for _, card := range trained(nil).Front().Cards {
		fmt.Printf("%s: %s customers, %.0f%% of all\n", card.Name, card.Customers, 100*card.Share)
	}
	// Output:
	// Platinum: 457 customers, 23% of all
	// Gold: 625 customers, 31% of all
	// Silver: 400 customers, 20% of all
	// Bronze: 506 customers, 25% of all
}

func ExamplePage() {
	page := report.Page{Title: "A page", Sections: []report.Section{{ID: "one", Title: "One", Blocks: []report.Block{{Text: []string{"a < b"}}}}}}
	var html bytes.Buffer
	if err := page.Write(&html); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(html.String(), "<p>a &lt; b</p>"))
	// Output: true
}

func ExampleSection() {
	section := report.Section{ID: "groups", Title: "The groups", Blocks: []report.Block{{Head: []string{"Group", "Customers"}, Rows: [][]string{{"0", "440"}}}}}
	var html bytes.Buffer
	if err := (&report.Page{Sections: []report.Section{section}}).Write(&html); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(html.String(), `<section id="groups">`))
	// Output: true
}

func ExampleBlock() {
	block := report.Block{Code: "x := 1 // one"}
	var html bytes.Buffer
	if err := (&report.Page{Sections: []report.Section{{Blocks: []report.Block{block}}}}).Write(&html); err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(html.String(), `<span class="c">// one</span>`))
	// Output: true
}

func ExamplePage_WritePDF() {
	page := trained(nil).Front() // the answer alone
	page.Facts = append(page.Facts, "model version 3")
	var document bytes.Buffer
	if err := page.WritePDF(context.Background(), &document); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s: %s\n", document.Bytes()[:5], page.Title)
	// Output: %PDF-: 23% of the customers bring 60% of the revenue
}
