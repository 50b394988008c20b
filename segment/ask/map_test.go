package ask_test

import (
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// The map of a model of one column has one axis, of everybody and of some.
func TestMapOfOneColumn(t *testing.T) {
	x := mat.NewDense(90, 1, nil)
	words := make([]string, 90)
	for i := range words {
		x.Set(i, 0, float64(10*(i%3)+i%4))
		words[i] = []string{"yes", "no"}[i%2]
	}
	m, err := segment.Train(t.Context(), x, segment.TrainOptions{Columns: []string{"basket"}, Value: []string{"basket"}, K: 3, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	table, err := features.FromMatrix(t.Context(), x, "basket")
	if err != nil {
		t.Fatal(err)
	}
	labels := m.Clustering.Labels()
	tiers := make([]string, len(labels))
	for i, l := range labels {
		tiers[i] = m.Tier(l)
	}
	set, err := table.With(features.WordSeries(features.Column{Name: "tier"}, tiers), features.WordSeries(features.Column{Name: "club"}, words))
	if err != nil {
		t.Fatal(err)
	}
	profile, err := insight.ProfileOf(t.Context(), m.Model, table, insight.ProfileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	a := ask.NewAnswerer(set, make([]string, set.Len()), m.Model, profile, nil, ask.Subjects{Subjects: features.Subjects{Columns: []string{"basket"}, Categories: []string{"club"}}})
	for where, series := range map[string]int{"": 3, "club:is:yes": 2} {
		w, err := ask.ReadWhere(where)
		if err != nil {
			t.Fatal(err)
		}
		charts, err := a.Charts(t.Context(), []ask.ChartRequest{{Name: "map", Kind: ask.ChartMap}}, english(), ask.ChartsOptions{Where: w, Z: m.Transformed, Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		c := charts[0]
		if c.Kind != chart.Density || len(c.Series) != series || c.Check() != nil || !strings.Contains(c.Reading, "one figure alone, basket, so that the map has one axis") {
			t.Errorf("%q: %s of %d, %q", where, c.Kind, len(c.Series), c.Reading)
		}
	}
}
