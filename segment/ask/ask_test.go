package ask

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/testdata"
)

// campaign answers about the bundled sample.
var campaign = sync.OnceValues(func() (*Answerer, error) {
	o := segmentation.TrainOptions{Model: segment.TrainOptions{Columns: features.TrainingColumns, Value: features.ValueColumns, Units: features.Units(), AsOf: testdata.AsOf, Seed: 1}}
	result, err := segmentation.TrainReader(ctx, bytes.NewReader(testdata.Customers), o)
	if err != nil {
		return nil, err
	}
	merged, err := result.Merged(context.Background())
	if err != nil {
		return nil, err
	}
	set, err := Select(merged)
	if err != nil {
		return nil, err
	}
	subjects := Subjects{Subjects: features.CampaignSubjects(), Words: features.CampaignWords(), Check: features.CheckValue}
	var names []string
	for _, c := range set.Columns() {
		if c.Kind.Numeric() || slices.Contains(subjects.Categories, c.Name) {
			names = append(names, c.Name)
		}
	}
	told, err := set.Select(names...)
	if err != nil {
		return nil, err
	}
	tiers := make([]string, result.Model.K())
	for i := range tiers {
		tiers[i] = result.Model.Tier(i)
	}
	profile, err := insight.NewProfile(ctx, told, result.Labels(), tiers, insight.ProfileOptions{Revenue: subjects.Revenue, Counted: features.Counted(subjects.Words)})
	if err != nil {
		return nil, err
	}
	explainer, err := insight.NewExplainer(ctx, result.Model, insight.ExplainOptions{Columns: []string{"spent", "children", "income"}, Integer: []string{"children"}, Rows: result.X, Transformed: result.Z})
	if err != nil {
		return nil, err
	}
	return NewAnswerer(set, merged.Series("id").Words(), result.Model, profile, explainer, subjects), nil
})

func sample(t testing.TB) *Answerer {
	t.Helper()
	a, err := campaign()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

var (
	english = func() *narrate.Language {
		all, err := narrate.Read(Texts)
		if err != nil {
			panic(err)
		}
		return all.For("en")
	}()
	ctx      = context.Background()
	customer = []float64{57, 1617, 28, 0, 58138}
)

func TestQuestions(t *testing.T) {
	w := sample(t)
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
		{"what share of the revenue is from Gold", true, "29.3% of the total spending of all customers is the total spending of Gold customers (307,740 of 1,049,722)"},
		{"products by education", true, "PhD: wine"},
		{"which campaigns did customers over 60 accept", true, "age over 60 years accepted"},
		{"distribution of income by tier", true, "median"},
		{"compare Gold and Silver with income over 50000", true, "Average income: Gold customers with income over 50,000 62,610 and Silver customers with income over 50,000 53,895"},
		{"how many customers accepted campaign 1 by tier", true, "fewest in Silver (0)"},
		{"average spending by complaints", true, "those who did not complain"},
		{"customers with more than 2 children", false, "more than 2 children at home"},
		{"what is the share of parents in Gold", false, "among 392 Gold customers: 97.4%"},
	} {
		t.Run(test.question, func(t *testing.T) {
			a := w.Ask(ctx, test.question, english, Options{Customer: customer})
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

// What is halfway between two tiers is a figure of three digits or so, with its unit.
func TestReasonsHalfway(t *testing.T) {
	a := sample(t)
	e, err := a.Explainer.Explain(ctx, customer)
	if err != nil {
		t.Fatal(err)
	}
	text, again := a.Result(e, customer, english).Text, a.Ask(ctx, "Why?", english, Options{Customer: customer}).Text
	for _, want := range []string{"time as a customer of 28 months (halfway is 19 months)", "spending of 1,617 (halfway is 1,100)"} {
		for _, text := range []string{strings.Join(text, " "), strings.Join(again, " ")} {
			if !strings.Contains(text, want) {
				t.Errorf("%q has no %q", text, want)
			}
		}
	}
}

func TestNotUnderstood(t *testing.T) {
	w := sample(t)
	for _, question := range []string{"", "weather in Paris", "what is the shoe size of Gold", "average", "income over", "'; drop table customers; --", "<script>alert(1)</script>", "what if income were -5", "what if shoe size were 40", strings.Repeat("a", 500)} {
		a := w.Ask(ctx, question, english, Options{Customer: customer})
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
	w := sample(t)
	seen := map[string]bool{}
	queue := w.Examples(true, english)
	for len(queue) > 0 && len(seen) < 200 {
		question := queue[0]
		queue = queue[1:]
		if seen[question] {
			continue
		}
		seen[question] = true
		a := w.Ask(ctx, question, english, Options{Customer: customer})
		if !a.Understood {
			t.Errorf("%q is not understood: %q", question, a.Text)
		}
		queue = append(queue, a.Suggestions...)
		q, err := w.Parse(question, english, Query{})
		if err != nil {
			t.Fatal(err)
		}
		queue = append(queue, session{w, english, customer}.suggest(q)...)
	}
	// No example is left out of those that there are.
	if n := len(w.Examples(true, english)); n != 28 {
		t.Errorf("%d examples, want 28", n)
	}
}

// Of a table of other columns nothing is suggested that it does not have.
func TestOtherSubjects(t *testing.T) {
	w := sample(t)
	set, err := w.Set.Select("tier", "age", "recency", "education")
	if err != nil {
		t.Fatal(err)
	}
	other := NewAnswerer(set, w.IDs, w.Model, w.Profile, w.Explainer, Subjects{})
	for _, question := range append(other.Examples(true, english), "average recency by education", "weather") {
		a := other.Ask(ctx, question, english, Options{Customer: customer})
		if want := question != "weather"; a.Understood != want {
			t.Errorf("%s is answered by %q", question, a.Text)
		}
		for _, next := range a.Suggestions {
			if _, err := other.Parse(next, english, Query{}); err != nil || strings.Contains(next, "  ") {
				t.Errorf("after %q %q is suggested: %v", question, next, err)
			}
		}
	}
}

func TestWithoutCustomer(t *testing.T) {
	a := sample(t).Ask(ctx, "who else is like this?", english, Options{})
	if !strings.Contains(a.Text[0], "no customer") {
		t.Errorf("the answer is %q", a.Text)
	}
}

// The grammar must take every text without a panic, and an answer must be one.
func FuzzAsk(f *testing.F) {
	w := sample(f)
	for _, e := range w.Examples(true, english) {
		f.Add(e)
	}
	f.Add("average income between 5 and")
	f.Add("what if -1k children")
	f.Fuzz(func(t *testing.T, question string) {
		a := w.Ask(ctx, question, english, Options{Customer: customer})
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
