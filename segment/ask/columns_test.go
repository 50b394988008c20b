package ask

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
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
	c, err := Histogram(english, columns(t), "visits", []Group{{Name: "all", Rows: []int{0, 1, 2, 3}}, {Name: "none"}})
	if err != nil || c.Check() != nil {
		t.Fatal(err, c.Check())
	}
	if want := []string{"0", "1", "2"}; !slices.Equal(c.Categories, want) || !slices.Equal(c.Series[0].Values, []chart.Number{0.25, 0.5, 0.25}) || !slices.Equal(c.Series[1].Values, make([]chart.Number, 3)) {
		t.Errorf("the bars are %q with %v", c.Categories, c.Series)
	}
	written(t, c)
	if _, err := Histogram(english, columns(t), "tier", nil); err == nil {
		t.Error("words have a histogram")
	}
}

func TestAgainst(t *testing.T) {
	color := func(string) plots.Color { return chart.Palette(0) }
	c, r, n := Against(english, columns(t), color, "visits", "spent", []int{0, 1, 3, 9})
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
