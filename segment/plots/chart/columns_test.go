package chart

import (
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/segment/plots"
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
	l := narrate.English(nil).Language
	c, err := Histogram(l, columns(t), "visits", []Group{{Name: "all", Rows: []int{0, 1, 2, 3}}, {Name: "none"}})
	if err != nil || c.Check() != nil {
		t.Fatal(err, c.Check())
	}
	if want := []string{"0", "1", "2"}; !slices.Equal(c.Categories, want) || !slices.Equal(c.Series[0].Values, []Number{0.25, 0.5, 0.25}) || !slices.Equal(c.Series[1].Values, make([]Number, 3)) {
		t.Errorf("the bars are %q with %v", c.Categories, c.Series)
	}
	if _, err := Histogram(l, columns(t), "tier", nil); err == nil {
		t.Error("words have a histogram")
	}
}

func TestAgainst(t *testing.T) {
	color := func(string) plots.Color { return Palette(0) }
	c, r, n := Against(narrate.English(nil).Language, columns(t), color, "visits", "spent", []int{0, 1, 3, 9})
	if n != 3 || r < 0.999 || len(c.Series) != 2 || !slices.Equal(c.Series[1].Points, [][2]Number{{1, 20}, {2, 30}}) {
		t.Errorf("%d points of correlation %v: %+v", n, r, c.Series)
	}
}
