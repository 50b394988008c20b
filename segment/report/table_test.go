package report_test

import (
	"bytes"
	"context"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
)

// page returns the text of the page on a file.
func page(t *testing.T, path string, o segmentation.TrainOptions) (*report.Report, string) {
	t.Helper()
	o.Model = segment.TrainOptions{K: 4}
	result, err := segmentation.TrainFile(t.Context(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.New(t.Context(), result, report.Options{Source: path, Choice: insight.SelectionOptions{References: -1, Resamples: -1}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Page(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?s)<style.*?</style>|<[^>]+>`).ReplaceAllString(b.String(), " ")
	return r, strings.Join(strings.Fields(html.UnescapeString(text)), " ")
}

// The page on any table speaks of its columns, words as words, and of nothing that it
// does not have.
func TestAnyTable(t *testing.T) {
	r, text := page(t, "../../testdata/any/mall.csv", segmentation.TrainOptions{})
	for _, want := range []string{"Who the customers are", "ranked by Annual Income, Spending Score (1-100) and Purchases together", "Features: Gender, Age", "it was taken as the median", "Annual Income (k$)"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, not := range []string{"spent per customer", "of the revenue", "wine", "NaN", "two years", "as of 1 January 0001", "There is room to grow", "What they buy", "%!"} {
		if strings.Contains(text, not) {
			t.Errorf("it says %q", not)
		}
	}
	if !regexp.MustCompile(`(Male|Female) \d+%`).MatchString(text) {
		t.Error("the groups in figures have no words")
	}
	if r.Subjects.Income != "Annual Income (k$)" || r.Subjects.Revenue != "" {
		t.Errorf("%+v", r.Subjects)
	}
}

// Of orders, the revenue is what was bought.
func TestOrders(t *testing.T) {
	r, text := page(t, "../../testdata/any/orders.csv", segmentation.TrainOptions{})
	for _, want := range []string{"of the revenue", "days since the last purchase (less is better), orders and spending together", "53 lines have no customer", "as of 19 January 2024"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if r.Subjects.Revenue != "monetary" || r.Subjects.Recency != "recency" {
		t.Errorf("%+v", r.Subjects)
	}
	if strings.Contains(text, "an unknown part") {
		t.Error("it advises by figures that are not there")
	}
}

// A result that was scored has the roles that its model remembers.
func TestScoredTable(t *testing.T) {
	result, err := segmentation.TrainFile(t.Context(), "../../testdata/any/orders.csv", segmentation.TrainOptions{Model: segment.TrainOptions{K: 3}})
	if err != nil {
		t.Fatal(err)
	}
	scored, err := segmentation.Score(t.Context(), result.Model, result.Table, segmentation.ScoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.New(t.Context(), scored, report.Options{Choice: insight.SelectionOptions{MinK: 3, MaxK: 3}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Subjects.Revenue != "monetary" || len(r.Subjects.Categories) != 1 {
		t.Errorf("%+v", r.Subjects)
	}
}
