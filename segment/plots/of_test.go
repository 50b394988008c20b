package plots_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
)

// The figures are those of pandas.DataFrame.corr, from
// testdata/golden/correlations.py; tolerance 1e-12.
func TestCorrelationsOf(t *testing.T) {
	b, err := os.ReadFile("testdata/golden/correlations.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ X, R [][]*float64 }
	if err := json.Unmarshal(b, &golden); err != nil {
		t.Fatal(err)
	}
	number := func(p *float64) float64 {
		if p == nil {
			return math.NaN()
		}
		return *p
	}
	x := mat.NewDense(len(golden.X), 5, nil)
	for i, row := range golden.X {
		for j, v := range row {
			x.Set(i, j, number(v))
		}
	}
	c, err := plots.CorrelationsOf(t.Context(), x, "a", "b", "c", "d", "constant")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range golden.R {
		for j, v := range row {
			got, want := c.R.At(i, j), number(v)
			if math.IsNaN(got) != math.IsNaN(want) || math.Abs(got-want) > 1e-12 {
				t.Errorf("correlation of %s and %s: %v, pandas has %v", c.Columns[i], c.Columns[j], got, want)
			}
		}
	}
	if _, err := c.Figure(); err != nil {
		t.Error(err)
	}
	if _, err := testenv.Must(plots.CorrelationsOf(t.Context(), nil, "a")).Figure(); !errors.Is(err, plots.ErrInput) {
		t.Errorf("correlations of nothing: %v", err)
	}
}

func profile(t *testing.T) (*insight.Profile, *features.Table) {
	t.Helper()
	nan := math.NaN()
	table, err := features.NewTable(time.Time{},
		features.NumberSeries(features.Column{Name: "spent"}, []float64{900, 700, 100, 50, 150, 100}),
		features.NumberSeries(features.Column{Name: "income"}, []float64{70, 50, nan, nan, nan, nan}),
		features.WordSeries(features.Column{Name: "home"}, []string{"Partner", "Single", "Partner", "Partner", "", "Single"}),
		features.WordSeries(features.Column{Name: "age"}, []string{"old", "young", "young", "young", "old", "young"}))
	if err != nil {
		t.Fatal(err)
	}
	p, err := insight.NewProfile(context.Background(), table, []int{0, 0, 1, 1, 1, 1}, []string{"Gold", "Bronze"}, insight.ProfileOptions{Revenue: "spent"})
	if err != nil {
		t.Fatal(err)
	}
	return p, table
}

func TestProfilePictures(t *testing.T) {
	p, table := profile(t)
	sizes := plots.SizesOf(p)
	if want := plots.Tiers("Gold", "Bronze"); !reflect.DeepEqual(sizes.Groups, want) || !reflect.DeepEqual(sizes.Values, [][]float64{{2, 4}, {1600, 400}}) {
		t.Errorf("sizes %+v", sizes)
	}
	heat := plots.HeatMapOf(p)
	if !reflect.DeepEqual(heat.Columns, []string{"spent", "income"}) || !reflect.DeepEqual(heat.Texts, [][]string{{"800", "60"}, {"100", "–"}}) {
		t.Errorf("heat map %+v; no customer of Bronze has an income", heat)
	}
	if heat.Effects[0][0] <= 0 || heat.Effects[1][0] >= 0 || heat.Effects[1][1] != 0 {
		t.Errorf("effects %v", heat.Effects)
	}
	ages := plots.StackedBarsOf(p, "age", "young", "old")
	if !reflect.DeepEqual(ages.Values, [][]float64{{1, 1}, {3, 1}}) {
		t.Errorf("ages %v", ages.Values)
	}
	spending := plots.BarTableOf(p, "spent")
	if !reflect.DeepEqual(spending.Values, [][]float64{{800}, {100}}) {
		t.Errorf("spending %v", spending.Values)
	}
	icicle, err := plots.IcicleOf(t.Context(), table, "spent", "home", "age")
	want := []plots.Node{
		{Name: "Partner", Customers: 3, Value: 350, Children: []plots.Node{{Name: "young", Customers: 2, Value: 75}, {Name: "old", Customers: 1, Value: 900}}},
		{Name: "Single", Customers: 2, Value: 400, Children: []plots.Node{{Name: "young", Customers: 2, Value: 400}}},
		{Name: "unknown", Customers: 1, Value: 150, Children: []plots.Node{{Name: "old", Customers: 1, Value: 150}}},
	}
	if err != nil || !reflect.DeepEqual(icicle.Nodes, want) {
		t.Errorf("icicle %+v (%v)", icicle.Nodes, err)
	}
	for name, picture := range map[string]picture{
		"sizes": sizes, "heat map": heat, "ages": ages, "spending": spending, "icicle": icicle, "channels": plots.BarTableOf(p, "spent"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := picture.Figure(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	for name, picture := range map[string]picture{
		"heat map of another column": plots.HeatMapOf(p, "age"),
		"spending on another column": plots.BarTableOf(p, "wine"),
		"campaigns of money":         plots.DotPlotOf(p, "spent"),
		"ages of another category":   plots.StackedBarsOf(p, "years", "young"),
		"sizes of nothing":           plots.SizesOf(nil),
		"heat map of nothing":        plots.HeatMapOf(nil),
		"report of nothing":          plots.SelectionOf(nil),
		"explanation of nothing":     plots.WaterfallOf(nil, nil),
		"comparison of nothing":      plots.TransitionMatrixOf(nil),
		"variance of nothing":        plots.ExplainedVarianceOf(nil),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := picture.Figure(); !errors.Is(err, plots.ErrInput) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	for name, levels := range map[string][]string{"another category": {"city"}, "none": nil} {
		t.Run(name, func(t *testing.T) {
			icicle, err := plots.IcicleOf(t.Context(), table, "spent", levels...)
			if err == nil {
				_, err = icicle.Figure()
			}
			if !errors.Is(err, plots.ErrInput) {
				t.Errorf("icicle of %s: %v", name, err)
			}
		})
	}
	if _, err := plots.IcicleOf(t.Context(), table, "wine", "home"); !errors.Is(err, plots.ErrInput) {
		t.Errorf("icicle by another column: %v", err)
	}
	if _, err := plots.IcicleOf(t.Context(), nil, "", "home"); !errors.Is(err, plots.ErrInput) {
		t.Errorf("icicle of nothing: %v", err)
	}
}

// TestSelectionOfInfiniteGap: where every row lies on its centroid the gap is
// infinite, which no axis has; the rest is drawn.
func TestSelectionOfInfiniteGap(t *testing.T) {
	r := &insight.Selection{MinK: 2, MaxK: 3, K: 3}
	for k := 1; k <= 3; k++ {
		gap := 0.5
		if k == 3 {
			gap = math.Inf(1)
		}
		r.Points = append(r.Points, insight.SelectionPoint{K: k, Inertia: float64(3 - k), Silhouette: 1, CalinskiHarabasz: 1, DaviesBouldin: 1, Gap: gap, LeastStability: math.NaN()})
	}
	if _, err := plots.SelectionOf(r).Figure(); err != nil {
		t.Error(err)
	}
}
