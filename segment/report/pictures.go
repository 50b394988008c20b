package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/plots"
)

// silhouetteRows bounds the rows of the silhouette picture, which has a line
// for each and takes time with the square of their number.
const silhouetteRows = 4000

// groups returns the tiers with their colours.
func (r *Report) groups() []plots.Group {
	var names []string
	for _, t := range r.Profile.Tiers {
		names = append(names, t.Name)
	}
	return plots.Tiers(names...)
}

// tierLabels returns the places of the customers' tiers.
func (r *Report) tierLabels() []int {
	at := r.order()
	out := make([]int, len(r.Predictions))
	for i, p := range r.Predictions {
		out[i] = at[p.Tier]
	}
	return out
}

// means returns for each tier the means of columns, of those that differ at all.
func (r *Report) means(of []features.Named) (names []string, values [][]float64) {
	values = make([][]float64, len(r.Profile.Tiers))
	for _, c := range of {
		if s, _ := r.Profile.Overall.Column(c.Column); !(s.Max > s.Min) {
			continue
		}
		names = append(names, upper(c.Name))
		for i, t := range r.Profile.Tiers {
			s, _ := t.Column(c.Column)
			values[i] = append(values[i], s.Mean)
		}
	}
	return names, values
}

func (r *Report) sizes() (*plots.Figure, error) { return plots.SizesOf(r.Profile).Figure() }

func (r *Report) heatMap() (*plots.Figure, error) {
	h := plots.HeatMap{Groups: r.groups(), Effects: make([][]float64, len(r.Profile.Tiers)), Texts: make([][]string, len(r.Profile.Tiers))}
	for _, name := range r.strongest(r.rest()) {
		all, _ := r.Profile.Overall.Column(name)
		if !(all.Max > all.Min) {
			continue
		}
		h.Columns = append(h.Columns, upper(noun(name)))
		for i, t := range r.Profile.Tiers {
			s, _ := t.Column(name)
			e := s.Difference
			if math.IsNaN(e) {
				e = 0
			}
			h.Effects[i] = append(h.Effects[i], e)
			h.Texts[i] = append(h.Texts[i], number(s.Mean, all.Max-all.Min))
		}
	}
	return h.Figure()
}

func (r *Report) distributions() (*plots.Figure, error) {
	d := plots.Distributions{X: r.X, Groups: r.groups(), Labels: r.tierLabels()}
	for _, name := range r.Model.Columns() {
		d.Columns = append(d.Columns, upper(noun(name)))
		d.Units = append(d.Units, r.Model.Unit(name))
	}
	return d.Figure()
}

func (r *Report) spending() (*plots.Figure, error) {
	b := plots.BarTable{
		Title: fmt.Sprintf("Mean spending per customer by product (in %s)", r.Subjects.Period), Subtitle: "All bars have one scale; products in the order of what they bring.",
		Groups: r.groups(), Total: "all together",
	}
	b.Rows, b.Values = r.means(r.Subjects.Products)
	return b.Figure()
}

func (r *Report) channelsUsed() (*plots.Figure, error) {
	b := plots.BarTable{
		Title: fmt.Sprintf("Mean number of purchases per customer by channel (in %s)", r.Subjects.Period), Subtitle: "All bars have one scale; in brackets, the share of the channel in the segment's purchases.",
		Groups: r.groups(), Total: "all together", Share: plots.Percent,
	}
	b.Rows, b.Values = r.means(r.Subjects.Channels)
	return b.Figure()
}

func (r *Report) acceptance() (*plots.Figure, error) {
	d := plots.DotPlot{Title: "Acceptance of campaigns by segment", Groups: r.groups(), Shares: true}
	d.Rows, d.Values = r.means(r.Subjects.Offers)
	return d.Figure()
}

func (r *Report) ages() (*plots.Figure, error) {
	if r.Subjects.Ages == "" {
		return nil, nil
	}
	ages, err := r.Table.Column(r.Subjects.Ages)
	if err != nil {
		return nil, err
	}
	b := plots.StackedBarsOf(r.Profile, r.Subjects.Ages, ages.Levels()...)
	b.Title = "Age groups and their segments"
	return b.Figure()
}

// household draws the kinds of households and their revenue.
func (r *Report) household() (*plots.Figure, error) {
	if len(r.Subjects.Household) == 0 {
		return nil, nil
	}
	var all []features.Series
	if r.Subjects.Revenue != "" {
		value, err := r.Table.Column(r.Subjects.Revenue)
		if err != nil {
			return nil, err
		}
		all = append(all, value)
	}
	var columns, levels []string
	for _, h := range r.Subjects.Household {
		column, err := r.Table.Column(h.Column)
		if err != nil {
			return nil, err
		}
		words := make([]string, column.Len())
		for i := range words {
			switch {
			case column.Column().Kind == features.Category:
				words[i] = column.Word(i)
			case column.Number(i) == 1:
				words[i] = h.Name
			default:
				words[i] = "no " + h.Name
			}
		}
		all = append(all, features.WordSeries(features.Column{Name: h.Column}, words))
		columns, levels = append(columns, h.Column), append(levels, h.Name)
	}
	t, err := features.NewTable(r.Table.AsOf(), all...)
	if err != nil {
		return nil, err
	}
	icicle, err := plots.IcicleOf(t, r.Subjects.Revenue, columns...)
	if err != nil {
		return nil, err
	}
	icicle.Levels, icicle.Value = levels, "mean "+noun(r.Subjects.Revenue)
	return icicle.Figure()
}

func (r *Report) elbow() (*plots.Figure, error) {
	e := plots.Elbow{}
	var k []float64
	for _, p := range r.Model.Sweep() {
		e.K, e.Inertia = append(e.K, p.K), append(e.Inertia, p.Inertia)
		k = append(k, float64(p.K))
	}
	if len(k) < 2 {
		return nil, nil
	}
	found, err := segment.KneeLocator{Curve: segment.Convex, Direction: segment.Decreasing}.Find(k, e.Inertia)
	if err != nil {
		return nil, err
	}
	if e.Knee = r.Model.Knee(); e.Knee != r.Model.K() {
		e.Chosen = r.Model.K()
	}
	e.Difference = found.YDifference
	return e.Figure()
}

// choice draws the indices side by side.
func (r *Report) choice() (*plots.Figure, error) {
	if r.Choice == nil {
		return nil, nil
	}
	picture := plots.SelectionOf(r.Choice)
	if picture.Chosen = r.Model.K(); !slices.Contains(picture.K, picture.Chosen) {
		picture.Chosen = 0
	}
	return picture.Figure()
}

func (r *Report) scatter(ctx context.Context) (*plots.Figure, error) {
	s, err := plots.ScatterMatrixOf(ctx, r.Model, r.first())
	if err != nil {
		return nil, err
	}
	s.X, s.Labels, s.MaxPoints = r.components(len(s.Columns)), r.Labels(), 1200
	return s.Figure()
}

func (r *Report) biplot(ctx context.Context) (*plots.Figure, error) {
	b, err := plots.BiplotOf(ctx, r.Model, r.first())
	if err != nil {
		return nil, err
	}
	b.X, b.Labels, b.MaxPoints = r.components(2), r.Labels(), 1200
	return b.Figure()
}

// first returns the first row: what a picture needs of a model it takes with
// one row, and the others are placed already.
func (r *Report) first() mat.Matrix {
	_, d := r.X.Dims()
	return r.X.Slice(0, 1, 0, d)
}

// components returns the first columns behind the pipeline.
func (r *Report) components(d int) mat.Matrix {
	n, _ := r.Z.Dims()
	return r.Z.Slice(0, n, 0, d)
}

func (r *Report) silhouette(ctx context.Context) (*plots.Figure, error) {
	n, d := r.Z.Dims()
	if r.Model.K() < 2 || n <= r.Model.K() {
		return nil, nil
	}
	var tiers []string
	for _, t := range r.Model.Tiers() {
		tiers = append(tiers, t.Name)
	}
	m := min(n, silhouetteRows)
	z, labels := mat.NewDense(m, d, nil), make([]int, m)
	for i := range m {
		row := i * n / m
		z.SetRow(i, r.Z.RawRowView(row))
		labels[i] = r.Predictions[row].Cluster
	}
	scores, err := segment.Silhouette(ctx, z, labels, segment.SilhouetteOptions{})
	if err != nil {
		return nil, err
	}
	return plots.SilhouetteOf(scores, labels, plots.Clusters(tiers...)).Figure()
}

func (r *Report) variance() (*plots.Figure, error) {
	return plots.ExplainedVarianceOf(r.Model).Figure()
}

func (r *Report) correlations() (*plots.Figure, error) {
	var columns, names []string
	for _, name := range slices.Concat(r.Model.Columns(), r.rest()) {
		if s, ok := r.Profile.Overall.Column(name); ok && s.Max > s.Min && !slices.Contains(columns, name) {
			columns, names = append(columns, name), append(names, upper(noun(name)))
		}
	}
	if len(columns) < 2 {
		return nil, nil
	}
	x, err := r.Table.Matrix(columns...)
	if err != nil {
		return nil, err
	}
	return plots.CorrelationsOf(x, names...).Figure()
}

// pictures collects figures. What cannot be drawn of this data (all of one
// value, say) is left out, and no error.
type pictures struct {
	figures []*plots.Figure
	err     error
}

func (p *pictures) add(f *plots.Figure, err error) {
	switch {
	case errors.Is(err, plots.ErrInput):
	case err != nil && p.err == nil:
		p.err = fmt.Errorf("a picture of the report: %w", err)
	case err == nil && f != nil:
		p.figures = append(p.figures, f)
	}
}
