package ask

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

func columns(t *testing.T) *features.Table {
	t.Helper()
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "tier", Levels: []string{"Gold", "Silver"}}, []string{"Gold", "Silver", "Gold", "Silver"}),
		features.NumberSeries(features.Column{Name: "visits", Kind: features.Integer}, []int{0, 1, 1, 2}),
		features.NumberSeries(features.Column{Name: "spent", Kind: features.Amount}, []float64{10, 20, 21, 30}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestHistogram(t *testing.T) {
	c, err := Histogram(t.Context(), english, columns(t), "visits", []Group{{Name: "all", Rows: []int{0, 1, 2, 3}}, {Name: "none"}})
	if err != nil || c.Check() != nil {
		t.Fatal(err, c.Check())
	}
	if want := []string{"0", "1", "2"}; !slices.Equal(c.Categories, want) || !slices.Equal(c.Series[0].Values, []chart.Number{0.25, 0.5, 0.25}) || !slices.Equal(c.Series[1].Values, make([]chart.Number, 3)) {
		t.Errorf("the bars are %q with %v", c.Categories, c.Series)
	}
	written(t, c)
	if _, err := Histogram(t.Context(), english, columns(t), "tier", nil); err == nil {
		t.Error("words have a histogram")
	}
}

func TestAgainst(t *testing.T) {
	color := func(string) plots.Color { return chart.Palette(0) }
	c, r, n, err := Against(t.Context(), english, columns(t), color, "visits", "spent", []int{0, 1, 3, 9})
	if err != nil {
		t.Fatal(err)
	}
	if n != 3 || r < 0.999 || len(c.Series) != 2 || !slices.Equal(c.Series[1].Points, [][2]chart.Number{{1, 20}, {2, 30}}) {
		t.Errorf("%d points of correlation %v: %+v", n, r, c.Series)
	}
	written(t, c)
}

// written checks that the language has the texts of a chart.
func written(t *testing.T, c *chart.Chart) {
	t.Helper()
	for _, text := range slices.Concat([]string{c.Title, c.X.Label, c.Y.Label, c.Reading}, c.Words, c.Categories) {
		if strings.HasPrefix(text, "[") {
			t.Errorf("%s is no text", text)
		}
	}
}

func TestShort(t *testing.T) {
	if got := short(english, []string{"mnt_wines", "shoe_size"}); !slices.Equal(got, []string{"wine", "shoe size"}) {
		t.Errorf("they are called %q", got)
	}
}

// Thousands are set apart in ranges as in every number, but not those of years.
func TestLabels(t *testing.T) {
	c := sample(t).Set.Series("spent")
	for _, test := range [][2][]string{
		{{"800–1000", "1000–1200", "9.5–20k"}, {"800–1,000", "1,000–1,200", "9.5–20k"}},
		{{"1940–1950", "1950–1960"}, {"1940–1950", "1950–1960"}},
	} {
		if got := Labels(english, c, test[0]); !slices.Equal(got, test[1]) {
			t.Errorf("%q are written %q, want %q", test[0], got, test[1])
		}
	}
}

func TestChartsRefuse(t *testing.T) {
	w := sample(t)
	for name, test := range map[string]struct {
		of   *Answerer
		r    ChartRequest
		tier string
		want error
	}{
		"nobody":           {new(Answerer), ChartRequest{Kind: ChartSizes}, "", segment.ErrEmpty},
		"no such tier":     {w, ChartRequest{Kind: ChartSizes}, "Tin", segment.ErrOption},
		"no such kind":     {w, ChartRequest{Kind: "pie"}, "", segment.ErrOption},
		"no column":        {w, ChartRequest{Kind: ChartSpread}, "", segment.ErrOption},
		"words":            {w, ChartRequest{Kind: ChartSpread, Columns: []string{"age_group"}}, "", segment.ErrOption},
		"no such group":    {w, ChartRequest{Kind: ChartMeans, Columns: []string{"shoes"}}, "", segment.ErrOption},
		"one column":       {w, ChartRequest{Kind: ChartHousehold, Columns: []string{"children"}}, "", segment.ErrOption},
		"no such column":   {w, ChartRequest{Kind: ChartHousehold, Columns: []string{"shoes", "children"}}, "", segment.ErrOption},
		"no revenue":       {NewAnswerer(w.Set, w.IDs, w.Model, w.Profile, w.Explainer, Subjects{}), ChartRequest{Kind: ChartHousehold, Columns: []string{"education", "children"}}, "", segment.ErrOption},
		"by what is not":   {w, ChartRequest{Kind: ChartBy, Columns: []string{"shoes"}}, "", features.ErrUnknownColumn},
		"an ended context": {w, ChartRequest{Kind: ChartSilhouette}, "", context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ended, end := context.WithCancel(t.Context())
			defer end()
			if name == "an ended context" {
				end()
			}
			if _, err := test.of.Charts(ended, []ChartRequest{test.r}, english, ChartsOptions{Tier: test.tier}); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

// A missing revenue counts as none, and who has no count is in no box.
func TestHousehold(t *testing.T) {
	w, nan := sample(t), math.NaN()
	set, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "tier", Levels: w.Tiers}, slices.Repeat(w.Tiers[:1], 5)),
		features.WordSeries(features.Column{Name: "city"}, []string{"Basel", "Basel", "Basel", "Bern", "Bern"}),
		features.NumberSeries(features.Column{Name: "children", Kind: features.Amount}, []float64{0, 1, nan, 1e19, 0}),
		features.NumberSeries(features.Column{Name: "spent", Kind: features.Amount}, []float64{10, nan, 7, 3, 4}),
	)
	if err != nil {
		t.Fatal(err)
	}
	about := Subjects{}
	about.Revenue = "spent"
	a := NewAnswerer(set, []string{"1", "2", "3", "4", "5"}, w.Model, w.Profile, w.Explainer, about)
	got, err := a.Charts(t.Context(), []ChartRequest{{Kind: ChartHousehold, Columns: []string{"city", "children"}}}, english, ChartsOptions{})
	if err != nil {
		t.Fatal(err)
	}
	want := []chart.Node{
		{Name: "Basel", Value: 10, Count: 2, Children: []chart.Node{{Name: "no children at home", Value: 10, Count: 1}, {Name: "1 child at home", Count: 1}}},
		{Name: "Bern", Value: 7, Count: 2, Children: []chart.Node{{Name: "no children at home", Value: 4, Count: 1}, {Name: "3 or more children at home", Value: 3, Count: 1}}},
	}
	if !reflect.DeepEqual(got[0].Root, want) {
		t.Errorf("the boxes are %+v, want %+v", got[0].Root, want)
	}
}

// A word that the model does not know is told with those that it does.
func TestUnknownWord(t *testing.T) {
	f := mall.Customers(300)
	x, words, err := preprocess.Encode(ctx, f, mall.Columns, mall.Words...)
	if err != nil {
		t.Fatal(err)
	}
	pipeline, _, err := preprocess.Preparation{Words: words, Unknown: preprocess.Accept}.Choose(ctx, x, mall.Columns...)
	if err != nil {
		t.Fatal(err)
	}
	trained, err := segment.Train(ctx, x, segment.TrainOptions{Columns: mall.Columns, Value: []string{"score"}, Pipeline: &pipeline, K: 3})
	if err != nil {
		t.Fatal(err)
	}
	explainer, err := insight.NewExplainer(ctx, trained.Model, insight.ExplainOptions{})
	if err != nil {
		t.Fatal(err)
	}
	set, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "tier", Levels: trained.Model.TierNames()}, slices.Repeat(trained.Model.TierNames()[:1], 300)),
		features.WordSeries(features.Column{Name: "city"}, f.Texts["city"]),
		features.WordSeries(features.Column{Name: "gender"}, f.Texts["gender"]),
	)
	if err != nil {
		t.Fatal(err)
	}
	a := NewAnswerer(set, nil, trained.Model, new(insight.Profile), explainer, Subjects{})
	values := f.Row(0)
	values["city"] = "Genf"
	row, err := trained.Model.Row(values)
	if err != nil {
		t.Fatal(err)
	}
	named, err := explainer.ExplainValues(ctx, values)
	if err != nil {
		t.Fatal(err)
	}
	coded, err := explainer.Explain(ctx, row)
	if err != nil {
		t.Fatal(err)
	}
	for e, word := range map[*insight.Explanation]string{named: "Genf", coded: "a word that is not known"} {
		want := "Note: city is " + word + ", which the model was not trained on; it saw Basel, Bern, Zürich."
		if text := a.Result(e, row, english).Text; !slices.Contains(text, want) {
			t.Errorf("the answer is %q; it must contain %q", text, want)
		}
	}
	for i := range coded.Warnings { // as of a model of codes alone
		coded.Warnings[i].Known = ""
	}
	want := "Note: city is a word that is not known, which the model was not trained on."
	if text := a.Result(coded, row, english).Text; !slices.Contains(text, want) {
		t.Errorf("the answer is %q; it must contain %q", text, want)
	}
}
