package snapshot

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site/texts"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// sample is the snapshot of the bundled sample.
var sample = sync.OnceValues(func() (*Snapshot, error) {
	customers, _, err := features.ReadAll(bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		return nil, err
	}
	clean, _ := features.Clean(features.Engineer(customers, features.AsOf(testdata.AsOf)), features.CleanOptions{})
	x, err := clean.Matrix(features.TrainingColumns...)
	if err != nil {
		return nil, err
	}
	model, err := segment.Train(ctx, x, segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, Units: features.Units(), AsOf: testdata.AsOf, Seed: 1})
	if err != nil {
		return nil, err
	}
	return New(ctx, model.Model, 1, customers)
})

func snapshotOf(t testing.TB) *Snapshot {
	t.Helper()
	w, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var (
	english = func() *narrate.Language {
		all, err := texts.Read()
		if err != nil {
			panic(err)
		}
		return all.For("en")
	}()
	ctx      = context.Background()
	customer = []float64{57, 1617, 28, 0, 58138}
)

func TestQuestions(t *testing.T) {
	w := snapshotOf(t)
	for _, test := range []struct {
		question string
		chart    bool
		text     string // that the answer contains
	}{
		{"what if income were 70000?", true, "income of 70,000"},
		{"What if they had no children and earned 30k", true, "no children at home"},
		{"who else is like this?", true, "most like this one"},
		{"Why?", true, "rather than"},
		{"what would have to change?", false, ""},
		{"What do Platinum customers buy?", true, "wine"},
		{"average wine spending by education for Gold", true, "average wine spending"},
		{"compare Silver and Gold", true, "greatest difference"},
		{"Silver vs Gold", true, "greatest difference"},
		{"describe Bronze", true, "Bronze has"},
		{"How many customers are in each tier?", true, ""},
		{"how big are the tiers", true, "There are"},
		{"average income by tier", true, "highest for Platinum"},
		{"median age", true, "median age"},
		{"which tier spends most on meat?", true, "Platinum"},
		{"which tier spends least on wine", true, "lowest"},
		{"how many customers have children?", false, "with children"},
		{"how many customers older than 60 are Platinum?", false, "age over 60"},
		{"total spending by age group", true, "total spending"},
		{"share of customers who accepted the last campaign by tier", true, ""},
		{"average spending of married customers with income over 50,000", true, "income over 50,000"},
		{"distribution of income", true, "median"},
		{"income against spending", true, "correlation"},
		{"average spending by marital status and tier", true, "marital"},
		{"purchases by channel for Silver", true, "shops"},
		{"which campaigns did Platinum accept?", true, "campaign"},
		{"averge incme of Gold", true, "I read"},
		{"what can I ask?", false, "You can ask"},
		{"average age of customers with 2 children", true, "with 2 children"},
		{"average income of customers with age between 30 and 40", true, "age between 30 years and 40"},
		{"spending without children", true, "without children"},
		{"share of revenue by tier", true, "Platinum 5"},
		{"what share of the revenue is from Gold", true, "of the spending of all customers is that of Gold customers"},
		{"products by education", true, "PhD: wine"},
		{"which campaigns did customers over 60 accept", true, "age over 60 years accepted"},
		{"distribution of income by tier", true, "median"},
		{"compare Gold and Silver with income over 50000", true, "average income by tier is highest for Gold"},
		{"how many customers accepted campaign 1 by tier", true, "fewest in Silver (0)"},
		{"average spending by complaints", true, "those who did not complain"},
		{"customers with more than 2 children", false, "more than 2 children at home"},
		{"what is the share of parents in Gold", true, "of Gold customers have children at home"},
	} {
		t.Run(test.question, func(t *testing.T) {
			a := w.Ask(ctx, test.question, customer, english)
			text := strings.Join(a.Text, " ")
			if !a.Understood {
				t.Fatalf("not understood: %s", text)
			}
			if !strings.Contains(text, test.text) {
				t.Errorf("the answer is %q; it must contain %q", text, test.text)
			}
			if strings.Contains(text, "NaN") || strings.Contains(text, "%!") {
				t.Errorf("the answer is %q", text)
			}
			if test.chart != (a.Chart != nil) {
				t.Errorf("chart is %v, want %v", a.Chart != nil, test.chart)
			}
			if a.Chart != nil {
				if err := a.Chart.Check(); err != nil {
					t.Error(err)
				}
				if !strings.HasPrefix(a.Chart.SVG(), "<svg") {
					t.Error("the chart cannot be drawn")
				}
			}
			if len(a.Suggestions) == 0 {
				t.Error("no suggestion")
			}
			t.Log(text)
		})
	}
}

func TestNotUnderstood(t *testing.T) {
	w := snapshotOf(t)
	for _, question := range []string{"", "weather in Paris", "what is the shoe size of Gold", "average", "income over", "'; drop table customers; --", "<script>alert(1)</script>", "what if income were -5", "what if shoe size were 40", strings.Repeat("a", 500)} {
		a := w.Ask(ctx, question, customer, english)
		if a.Understood {
			t.Errorf("%q is understood as %q", question, a.Text)
		}
		if len(a.Suggestions) == 0 || len(a.Text) == 0 {
			t.Errorf("%q: there must be a text and suggestions", question)
		}
		t.Log(question, "→", a.Text, a.Suggestions)
	}
}

// Whatever is suggested must be understood.
func TestExamplesAndSuggestions(t *testing.T) {
	w := snapshotOf(t)
	seen := map[string]bool{}
	queue := w.Examples(true, english)
	for len(queue) > 0 && len(seen) < 200 {
		question := queue[0]
		queue = queue[1:]
		if seen[question] {
			continue
		}
		seen[question] = true
		a := w.Ask(ctx, question, customer, english)
		if !a.Understood {
			t.Errorf("%q is not understood: %q", question, a.Text)
		}
		queue = append(queue, a.Suggestions...)
	}
}

func TestWithoutCustomer(t *testing.T) {
	a := snapshotOf(t).Ask(ctx, "who else is like this?", nil, english)
	if !strings.Contains(a.Text[0], "no customer") {
		t.Errorf("the answer is %q", a.Text)
	}
}

// The grammar must take every text without a panic, and an answer must be one.
func FuzzAsk(f *testing.F) {
	w := snapshotOf(f)
	for _, e := range w.Examples(true, english) {
		f.Add(e)
	}
	f.Add("average income between 5 and")
	f.Add("what if -1k children")
	f.Fuzz(func(t *testing.T, question string) {
		a := w.Ask(ctx, question, customer, english)
		if len(a.Text) == 0 || len(a.Suggestions) == 0 {
			t.Fatalf("%q has no answer", question)
		}
		if a.Chart != nil {
			if err := a.Chart.Check(); err == nil {
				a.Chart.SVG()
			}
			a.Chart.Table(nil)
		}
	})
}
