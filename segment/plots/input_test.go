package plots_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/plots"
)

// picture is what every picture of this package is.
type picture interface {
	Figure() (*plots.Figure, error)
}

func TestInputErrors(t *testing.T) {
	for _, pictures := range []map[string]picture{unusableFindings(), unusableFigures()} {
		for name, p := range pictures {
			t.Run(name, func(t *testing.T) {
				f, err := p.Figure()
				if !errors.Is(err, plots.ErrInput) || f != nil {
					t.Errorf("%s: %v", name, err)
				} else if s := err.Error(); len(s) < len("plots: cannot draw: ")+8 {
					t.Errorf("%s: the error says too little: %s", name, s)
				}
			})
		}
	}
}

// unusableFindings are pictures of what a training found that cannot be drawn.
func unusableFindings() map[string]picture {
	nan, inf := math.NaN(), math.Inf(1)
	two := plots.Tiers("Gold", "Silver")
	xy := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	return map[string]picture{
		"elbow of nothing":                   plots.Elbow{},
		"elbow from nil":                     plots.ElbowOf(nil),
		"elbow with an inertia too many":     plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, 2, 1}},
		"elbow with NaN":                     plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, nan}},
		"elbow below zero":                   plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, -1}},
		"elbow whose k fall":                 plots.Elbow{K: []int{3, 2}, Inertia: []float64{3, 2}},
		"elbow with a short difference":      plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, 2}, Difference: []float64{1}},
		"elbow with an infinite difference":  plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, 2}, Difference: []float64{1, inf}},
		"elbow with a knee elsewhere":        plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, 2}, Knee: 7},
		"elbow with a choice elsewhere":      plots.Elbow{K: []int{2, 3}, Inertia: []float64{3, 2}, Chosen: 1},
		"report of one k":                    plots.Selection{K: []int{2}, Criteria: []plots.Criterion{{Values: []float64{1}}}},
		"report whose k repeat":              plots.Selection{K: []int{2, 2}, Criteria: []plots.Criterion{{Values: []float64{1, 2}}}},
		"report of no index":                 plots.Selection{K: []int{2, 3}},
		"report with a short index":          plots.Selection{K: []int{2, 3}, Criteria: []plots.Criterion{{Values: []float64{1}}}},
		"report with an infinite index":      plots.Selection{K: []int{2, 3}, Criteria: []plots.Criterion{{Values: []float64{1, inf}}}},
		"report with an index of NaN alone":  plots.Selection{K: []int{2, 3}, Criteria: []plots.Criterion{{Values: []float64{nan, nan}}}},
		"report with a vote elsewhere":       plots.Selection{K: []int{2, 3}, Criteria: []plots.Criterion{{Values: []float64{1, 2}, Choice: 9}}},
		"report with a choice elsewhere":     plots.Selection{K: []int{2, 3}, Chosen: 9, Criteria: []plots.Criterion{{Values: []float64{1, 2}}}},
		"silhouettes of nobody":              plots.Silhouette{Groups: two},
		"silhouettes beyond 1":               plots.Silhouette{Groups: two, Labels: []int{0}, Scores: []float64{1.1}},
		"silhouettes with NaN":               plots.Silhouette{Groups: two, Labels: []int{0}, Scores: []float64{nan}},
		"silhouettes without groups":         plots.Silhouette{Labels: []int{0}, Scores: []float64{0}},
		"silhouettes with a label too high":  plots.Silhouette{Groups: two, Labels: []int{2}, Scores: []float64{0}},
		"silhouettes with a label below 0":   plots.Silhouette{Groups: two, Labels: []int{-1}, Scores: []float64{0}},
		"scatter of nil":                     plots.ScatterMatrix{Groups: two},
		"scatter of an empty matrix":         plots.ScatterMatrix{X: &mat.Dense{}, Groups: two},
		"scatter of a nil matrix":            plots.ScatterMatrix{X: (*mat.Dense)(nil), Groups: two},
		"scatter of one column":              plots.ScatterMatrix{X: mat.NewDense(1, 1, nil), Columns: []string{"a"}, Groups: two, Labels: []int{0}},
		"scatter with NaN":                   plots.ScatterMatrix{X: mat.NewDense(1, 2, []float64{1, nan}), Columns: []string{"a", "b"}, Groups: two, Labels: []int{0}},
		"scatter with few names":             plots.ScatterMatrix{X: xy, Columns: []string{"a"}, Groups: two, Labels: []int{0, 1}},
		"scatter with few labels":            plots.ScatterMatrix{X: xy, Columns: []string{"a", "b"}, Groups: two, Labels: []int{0}},
		"scatter with few centroids":         plots.ScatterMatrix{X: xy, Columns: []string{"a", "b"}, Groups: two, Labels: []int{0, 1}, Centroids: mat.NewDense(1, 2, nil)},
		"scatter with infinite centroids":    plots.ScatterMatrix{X: xy, Columns: []string{"a", "b"}, Groups: two, Labels: []int{0, 1}, Centroids: mat.NewDense(2, 2, []float64{1, 2, 3, inf})},
		"biplot of three components":         plots.Biplot{X: mat.NewDense(1, 3, nil), Groups: two, Labels: []int{0}, Columns: []string{"a"}, Loadings: mat.NewDense(1, 2, nil)},
		"biplot without loadings":            plots.Biplot{X: xy, Groups: two, Labels: []int{0, 1}},
		"biplot with wide loadings":          plots.Biplot{X: xy, Groups: two, Labels: []int{0, 1}, Columns: []string{"a"}, Loadings: mat.NewDense(1, 3, nil)},
		"biplot with few names":              plots.Biplot{X: xy, Groups: two, Labels: []int{0, 1}, Loadings: mat.NewDense(1, 2, nil)},
		"biplot with infinite loadings":      plots.Biplot{X: xy, Groups: two, Labels: []int{0, 1}, Columns: []string{"a"}, Loadings: mat.NewDense(1, 2, []float64{inf, 0})},
		"variance of nothing":                plots.ExplainedVariance{},
		"variance above 1":                   plots.ExplainedVariance{Ratios: []float64{0.8, 0.3}},
		"variance below 0":                   plots.ExplainedVariance{Ratios: []float64{0.8, -0.3}},
		"variance that keeps too many":       plots.ExplainedVariance{Ratios: []float64{1}, Kept: 2},
		"heat map of nothing":                plots.HeatMap{},
		"heat map with a short row":          plots.HeatMap{Groups: two, Columns: []string{"a", "b"}, Effects: [][]float64{{1, 2}, {1}}},
		"heat map with a row too many":       plots.HeatMap{Groups: two, Columns: []string{"a"}, Effects: [][]float64{{1}, {1}, {1}}},
		"heat map with NaN":                  plots.HeatMap{Groups: two, Columns: []string{"a"}, Effects: [][]float64{{1}, {nan}}},
		"heat map with few texts":            plots.HeatMap{Groups: two, Columns: []string{"a"}, Effects: [][]float64{{1}, {2}}, Texts: [][]string{{"x"}}},
		"heat map with a short row of texts": plots.HeatMap{Groups: two, Columns: []string{"a"}, Effects: [][]float64{{1}, {2}}, Texts: [][]string{{"x"}, {}}},
		"correlations of one column":         plots.Correlations{Columns: []string{"a"}, R: mat.NewDense(1, 1, []float64{1})},
		"correlations of no square":          plots.Correlations{Columns: []string{"a", "b"}, R: mat.NewDense(3, 2, nil)},
		"correlations with few names":        plots.Correlations{Columns: []string{"a"}, R: mat.NewDense(2, 2, nil)},
		"correlations beyond 1":              plots.Correlations{Columns: []string{"a", "b"}, R: mat.NewDense(2, 2, []float64{1, 2, 2, 1})},
		"distributions of nothing":           plots.Distributions{Groups: two},
		"distributions with infinity":        plots.Distributions{X: mat.NewDense(1, 1, []float64{inf}), Columns: []string{"a"}, Groups: two, Labels: []int{0}},
		"distributions of NaN alone":         plots.Distributions{X: mat.NewDense(1, 1, []float64{nan}), Columns: []string{"a"}, Groups: two, Labels: []int{0}},
		"distributions with few units":       plots.Distributions{X: xy, Columns: []string{"a", "b"}, Units: []string{"x"}, Groups: two, Labels: []int{0, 1}},
		"distributions with few names":       plots.Distributions{X: xy, Columns: []string{"a"}, Groups: two, Labels: []int{0, 1}},
	}
}

// unusableFigures are pictures of figures of groups that cannot be drawn.
func unusableFigures() map[string]picture {
	nan, inf := math.NaN(), math.Inf(1)
	two := plots.Tiers("Gold", "Silver")
	return map[string]picture{
		"sizes of nobody":                plots.Sizes(two, []float64{0, 0}, []float64{1, 2}, ""),
		"sizes of no groups":             plots.Sizes(nil, nil, nil, ""),
		"sizes without revenue":          plots.Sizes(two, []float64{1, 2}, []float64{0, 0}, ""),
		"sizes below 0":                  plots.Sizes(two, []float64{1, -2}, []float64{1, 2}, ""),
		"sizes with few revenues":        plots.Sizes(two, []float64{1, 2}, []float64{1}, ""),
		"bar table of nothing":           plots.BarTable{Groups: two},
		"bar table below 0":              plots.BarTable{Groups: two, Rows: []string{"a"}, Values: [][]float64{{1}, {-1}}},
		"bar table of NaN":               plots.BarTable{Groups: two, Rows: []string{"a"}, Values: [][]float64{{nan}, {nan}}},
		"shares above 1":                 plots.DotPlot{Groups: two, Rows: []string{"a"}, Values: [][]float64{{1}, {1.5}}, Shares: true},
		"dots of nobody":                 plots.DotPlot{Rows: []string{"a"}},
		"stacked bars of nobody":         plots.StackedBars{Rows: []string{"a"}, Groups: two, Values: [][]float64{{0}, {0}}},
		"stacked bars with a short row":  plots.StackedBars{Rows: []string{"a"}, Groups: two, Values: [][]float64{{1}}},
		"bars of nothing":                plots.Bars{Groups: two},
		"bars with infinity":             plots.Bars{Groups: two, Categories: []string{"a"}, Values: [][]float64{{1}, {inf}}},
		"bars with few colours":          plots.Bars{Groups: two[:1], Categories: []string{"a", "b"}, Values: [][]float64{{1, 2}}, Colors: []plots.Color{{}}},
		"lines of few values":            plots.Lines{Groups: two, Categories: []string{"a"}, Values: [][]float64{{1}}},
		"lines too large":                plots.Lines{Groups: two[:1], Categories: []string{"a"}, Values: [][]float64{{1e301}}},
		"scatter of nobody":              plots.Scatter{},
		"scatter of other areas":         plots.Scatter{Groups: two, Points: [][][2]float64{{{1, 2}}, nil}, Areas: [][][2]float64{nil}},
		"scatter of an infinite area":    plots.Scatter{Groups: two[:1], Points: [][][2]float64{{{1, 2}}}, Areas: [][][2]float64{{{1, inf}}}},
		"scatter with infinity":          plots.Scatter{Groups: two[:1], Points: [][][2]float64{{{1, inf}}}},
		"boxes of nobody":                plots.Boxes{},
		"boxes with infinity":            plots.Boxes{Groups: two[:1], Five: [][5]float64{{0, 1, 2, 3, inf}}},
		"densities of nothing":           plots.DensitiesOf(two, [][]float64{{nan}, nil}),
		"densities below 0":              plots.Densities{Groups: two[:1], Heights: [][]float64{{-1}}, Medians: []float64{0}, Hi: 1},
		"densities of endless numbers":   plots.Densities{Groups: two[:1], Heights: [][]float64{nil}, Medians: []float64{nan}, Hi: 1e300, Whole: true},
		"densities of numbers too large": plots.Densities{Groups: two[:1], Heights: [][]float64{{1}}, Medians: []float64{1e17}, Lo: 1e17, Hi: 1e17, Whole: true},
		"densities with few shares":      plots.Densities{Groups: two[:1], Heights: [][]float64{{1}}, Medians: []float64{0}, Hi: 1, Whole: true},
		"steps of nothing":               plots.Steps{},
		"steps with NaN":                 plots.Steps{Steps: []plots.Step{{Value: nan}}},
		"shares of one":                  plots.Shares{Groups: two, Rows: []string{"a"}, Values: [][]float64{{1, 2}}},
		"shares of nobody":               plots.Shares{Groups: two, Rows: []string{"a", "b"}, Values: [][]float64{{1, 2}, {0, 0}}},
		"shares with few cells":          plots.Shares{Groups: two, Rows: []string{"a", "b"}, Values: [][]float64{{1, 2}, {1, 2}}, Heads: []string{"a"}, Cells: [][]string{{"1"}, {}}},
		"icicle of no levels":            plots.Icicle{Nodes: []plots.Node{{Customers: 1}}},
		"icicle of no nodes":             plots.Icicle{Levels: []string{"a"}},
		"icicle of nobody":               plots.Icicle{Levels: []string{"a"}, Nodes: []plots.Node{{}}},
		"icicle deeper than its levels":  plots.Icicle{Levels: []string{"a"}, Nodes: []plots.Node{{Children: []plots.Node{{Customers: 1}}}}},
		"icicle below 0":                 plots.Icicle{Levels: []string{"a"}, Nodes: []plots.Node{{Customers: -1}}},
		"icicle with NaN":                plots.Icicle{Levels: []string{"a"}, Nodes: []plots.Node{{Customers: 1, Value: nan}}},
		"waterfall of nothing":           plots.Waterfall(two[0], two[1], nil),
		"waterfall with infinity":        plots.Waterfall(two[0], two[1], []plots.Step{{Value: inf}}),
		"waterfall too large":            plots.Waterfall(two[0], two[1], []plots.Step{{Value: 1e301}}),
		"transition of nothing":          plots.TransitionMatrix{},
		"transition of nobody":           plots.TransitionMatrix{From: two, To: two, Customers: [][]float64{{0, 0}, {0, 0}}},
		"transition with a short row":    plots.TransitionMatrix{From: two, To: two, Customers: [][]float64{{1}, {0, 0}}},
	}
}

// What is drawn of a model has to be its own.
func TestInputErrorsOfModels(t *testing.T) {
	xy := mat.NewDense(2, 2, []float64{1, 2, 3, 4})
	m, err := model(customers(60))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]picture{
		"scatter of no model":       plots.ScatterMatrixOf(nil, xy, []int{0, 0}),
		"scatter of two of three":   plots.ScatterMatrixOf(m.Model, xy, []int{0, 0}),
		"scatter without labels":    plots.ScatterMatrixOf(m.Model, m.Transformed, nil),
		"biplot of no model":        plots.BiplotOf(nil, xy, []int{0, 0}),
		"biplot of no rows":         plots.BiplotOf(m.Model, nil, nil),
		"elbow of a model of one k": plots.ElbowOfModel(m.Model),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := p.Figure(); !errors.Is(err, plots.ErrInput) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	if _, err := plots.SilhouetteOfModel(context.Background(), nil, nil, nil); !errors.Is(err, plots.ErrInput) {
		t.Errorf("silhouettes of no rows: %v", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := plots.SilhouetteOfModel(ended, m.Model, m.Transformed, m.Clustering.Labels()); !errors.Is(err, context.Canceled) {
		t.Errorf("an ended context: %v", err)
	}
}

// drawable makes every picture of random values: also none, equal, huge and tiny
// ones, and names that are long, empty, not Western or not text at all.
func drawable(random *rand.Rand) map[string]picture {
	g := generator{random}
	k, d, n := 1+g.IntN(12), 1+g.IntN(9), 1+g.IntN(60)
	groups := make([]plots.Group, k)
	for i, name := range g.names(k) {
		groups[i].Name = name
		if g.IntN(4) == 0 {
			groups[i].Color = plots.Color{Light: "nonsense", Dark: "#12"}
		}
	}
	all := g.general(groups, d)
	maps.Copy(all, g.found(groups, d, n))
	return all
}

// A generator makes values that pictures are drawn of.
type generator struct{ *rand.Rand }

func (g generator) names(n int) []string {
	pool := []string{"", "a", "Platinum", "Средний доход", "所得", "\xff\x00", strings.Repeat("very long ", 40), "−½ → €", "two\nlines"}
	out := make([]string, n)
	for i := range out {
		out[i] = pool[g.IntN(len(pool))]
	}
	return out
}

func (g generator) values(n int) []float64 {
	pool := []float64{0, 0, 1, 1e-300, 1e150, 3.5, 12345.678, 1e-9, 70, 1e12}
	out := make([]float64, n)
	one := pool[g.IntN(len(pool))]
	for i := range out {
		switch g.IntN(3) {
		case 0:
			out[i] = one
		case 1:
			out[i] = pool[g.IntN(len(pool))]
		default:
			out[i] = 100 * g.Float64()
		}
	}
	return out
}

// signs makes some of the values negative.
func (g generator) signs(v []float64) []float64 {
	for i := range v {
		if g.IntN(2) == 0 {
			v[i] = -v[i]
		}
	}
	return v
}

func (g generator) rows(n, d int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = g.values(d)
	}
	return out
}

// general makes the pictures that are of anything, of d values for each group.
func (g generator) general(groups []plots.Group, d int) map[string]picture {
	k := len(groups)
	five := make([][5]float64, k)
	points := make([][][2]float64, k)
	for i := range five {
		five[i] = [5]float64(g.signs(g.values(5)))
		slices.Sort(five[i][:])
		for range g.IntN(5) {
			points[i] = append(points[i], [2]float64(g.signs(g.values(2))))
		}
	}
	some := g.rows(k, d)
	some[0][0] = math.NaN()
	drawn := plots.DensitiesOf(groups, some)
	return map[string]picture{
		"bars":      plots.Bars{Groups: groups, Categories: g.names(d), Values: some, X: plots.Axis{Label: g.names(1)[0]}, Y: plots.Axis{Label: g.names(1)[0]}, Lying: g.IntN(2) == 0},
		"lines":     plots.Lines{Groups: groups, Categories: g.names(d), Values: some, Mark: "a", Panels: g.IntN(2) == 0},
		"points":    plots.Scatter{Groups: groups, Points: points, X: plots.Axis{Label: g.names(1)[0]}},
		"boxes":     plots.Boxes{Groups: groups, Five: five, Mark: &five[0][2]},
		"densities": drawn,
		"steps":     plots.Steps{Steps: []plots.Step{{g.names(1)[0], g.names(1)[0], g.values(1)[0], plots.Color{}}, {g.names(1)[0], "", -g.values(1)[0], plots.RankColor(1)}}, X: plots.Axis{Label: g.names(1)[0]}},
		"shares":    plots.Shares{Groups: groups, Rows: g.names(3), Values: g.rows(3, k), Heads: g.names(2), Cells: cells(k, 2, g.names)},
	}
}

// found makes the pictures of what is found in n rows of d columns.
func (g generator) found(groups []plots.Group, d, n int) map[string]picture {
	k := len(groups)
	labels := make([]int, n)
	for i := range labels {
		labels[i] = g.IntN(k)
	}
	ks := make([]int, 2+g.IntN(20))
	for i := range ks {
		ks[i] = 1 + 2*i
	}
	indices := make([]plots.Criterion, 1+g.IntN(7))
	for i := range indices {
		indices[i] = plots.Criterion{Name: g.names(1)[0], Hint: g.names(1)[0], Values: g.signs(g.values(len(ks))), Choice: ks[g.IntN(len(ks))]}
		indices[i].Values[g.IntN(len(ks)-1)] = math.NaN()
	}
	scores := make([]float64, n)
	ratios := make([]float64, d)
	for i := range scores {
		scores[i] = 2*g.Float64() - 1
	}
	for i := range ratios {
		ratios[i] = g.Float64() / float64(d)
	}
	r := mat.NewDense(d+1, d+1, nil)
	for i := range d + 1 {
		for j := range i {
			r.Set(i, j, 2*g.Float64()-1)
		}
	}
	r.Set(d, 0, math.NaN())
	rates := g.rows(k, d)
	for _, row := range rates {
		for j := range row {
			row[j] = g.Float64() * math.Pow(10, -float64(g.IntN(5)))
		}
	}
	steps := make([]plots.Step, d)
	for i, v := range g.signs(g.values(d)) {
		steps[i] = plots.Step{Name: g.names(1)[0], Text: g.names(1)[0], Value: v}
	}
	wide := 2 + g.IntN(5)
	x := mat.NewDense(n, d, g.signs(g.values(n*d)))
	if n > 1 {
		x.Set(n-1, d-1, math.NaN())
	}
	return map[string]picture{
		"elbow":         plots.Elbow{K: ks, Inertia: g.values(len(ks)), Difference: g.signs(g.values(len(ks))), Knee: ks[g.IntN(len(ks))], Chosen: ks[0]},
		"selection":     plots.Selection{K: ks, Criteria: indices, Chosen: ks[g.IntN(len(ks))]},
		"silhouette":    plots.Silhouette{Groups: groups, Labels: labels, Scores: scores},
		"scatter":       plots.ScatterMatrix{X: mat.NewDense(n, wide, g.signs(g.values(n*wide))), Columns: g.names(wide), Groups: groups, Labels: labels, Centroids: mat.NewDense(k, wide, g.values(k*wide)), MaxPoints: 10},
		"biplot":        plots.Biplot{X: mat.NewDense(n, 2, g.signs(g.values(n*2))), Axes: [2]string(g.names(2)), Groups: groups, Labels: labels, Columns: g.names(d), Loadings: mat.NewDense(d, 2, g.signs(g.values(2*d)))},
		"variance":      plots.ExplainedVariance{Ratios: ratios, Kept: g.IntN(d + 1)},
		"heatmap":       plots.HeatMap{Groups: groups, Columns: g.names(d), Effects: g.rows(k, d)},
		"correlations":  plots.Correlations{Columns: g.names(d + 1), R: r},
		"distributions": plots.Distributions{X: x, Columns: g.names(d), Units: g.names(d), Groups: groups, Labels: labels},
		"sizes":         plots.Sizes(groups, g.values(k), g.values(k), g.names(1)[0]),
		"spending":      plots.BarTable{Groups: groups, Rows: g.names(d), Values: g.rows(k, d), Total: g.names(1)[0]},
		"channels":      plots.BarTable{Groups: groups, Rows: g.names(d), Values: g.rows(k, d), Share: plots.Percent},
		"campaigns":     plots.DotPlot{Groups: groups, Rows: g.names(d), Values: rates, Shares: true},
		"ages":          plots.StackedBars{Rows: g.names(d), Groups: groups, Values: g.rows(k, d)},
		"icicle": plots.Icicle{Levels: g.names(3), Value: g.names(1)[0], Nodes: []plots.Node{
			{Name: g.names(1)[0], Customers: g.values(1)[0], Value: g.values(1)[0]},
			{Name: g.names(1)[0], Children: []plots.Node{{Name: g.names(1)[0], Customers: g.values(1)[0], Value: g.signs(g.values(1))[0]}, {Customers: 1}}},
		}},
		"waterfall":  plots.Waterfall(groups[0], groups[k-1], steps),
		"transition": plots.TransitionMatrix{From: groups, To: groups, Before: g.names(1)[0], Customers: g.rows(k, k)},
	}
}

func cells(n, d int, names func(int) []string) (out [][]string) {
	for range n {
		out = append(out, names(d))
	}
	return out
}

// Nothing that a picture takes may end in a panic, a file that cannot be read,
// or a coordinate that is no number.
func TestAnyInput(t *testing.T) {
	widths := []float64{0, 4, 7, 9.2, 30}
	drawn := map[string]int{}
	const rounds = 12
	for seed := range uint64(rounds) {
		random := rand.New(rand.NewPCG(seed, 7))
		for name, p := range drawable(random) {
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Errorf("seed %d, %s: panic: %v\n%#v", seed, name, r, p)
					}
				}()
				f, err := p.Figure()
				if err != nil {
					if !errors.Is(err, plots.ErrInput) {
						t.Errorf("seed %d, %s: %v", seed, name, err)
					}
					return
				}
				drawn[name]++
				s := plots.Style{Width: widths[random.IntN(len(widths))], Theme: plots.Auto}
				if random.IntN(3) == 0 {
					s.Height = 4
				}
				svg, err := f.SVG(s)
				if err != nil {
					t.Errorf("seed %d, %s: %v", seed, name, err)
					return
				}
				wellFormed(t, []byte(svg))
				for _, bad := range []string{"NaN", "Inf"} {
					for _, place := range []string{"=\"%s", " %s", "M%s", "L%s", "C%s"} {
						if s := fmt.Sprintf(place, bad); strings.Contains(strings.ReplaceAll(svg, ">"+bad, ""), s) {
							t.Errorf("seed %d, %s: the picture has a coordinate %s", seed, name, s)
							return
						}
					}
				}
				if seed == 1 {
					for _, format := range []plots.Format{plots.PNG, plots.PDF} {
						s.Theme, s.DPI = plots.Dark, 36
						if err := f.Write(io.Discard, format, s); err != nil {
							t.Errorf("seed %d, %s, %s: %v", seed, name, format, err)
						}
					}
				}
			}()
		}
	}
	for name, p := range drawable(rand.New(rand.NewPCG(1, 7))) {
		if drawn[name] < rounds/4 {
			t.Errorf("only %d of %d random inputs of %s (%T) were drawn", drawn[name], rounds, name, p)
		}
	}
}
