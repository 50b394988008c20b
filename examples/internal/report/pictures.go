package report

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
)

// silhouetteRows bounds the rows of the silhouette picture, which has a line
// for each and takes time with the square of their number.
const silhouetteRows = 4000

// groups are the tiers with their colours.
func (r *Report) groups() []plots.Group {
	var names []string
	for _, t := range r.Profile.Tiers {
		names = append(names, t.Name)
	}
	return plots.Tiers(names...)
}

// labels are the places of the customers' tiers.
func (r *Report) labels() []int {
	at := r.order()
	out := make([]int, len(r.predictions))
	for i, p := range r.predictions {
		out[i] = at[p.Tier]
	}
	return out
}

// means gives for each tier the means of columns, of those that differ at all.
func (r *Report) means(of []struct{ column, name string }) (names []string, values [][]float64) {
	values = make([][]float64, len(r.Profile.Tiers))
	for _, c := range of {
		if s, _ := r.Profile.Overall.Column(c.column); !(s.Max > s.Min) {
			continue
		}
		names = append(names, upper(c.name))
		for i, t := range r.Profile.Tiers {
			s, _ := t.Column(c.column)
			values[i] = append(values[i], s.Mean)
		}
	}
	return names, values
}

func (r *Report) sizes() (*plots.Figure, error) { return plots.SizesOf(r.Profile).Figure() }

func (r *Report) heatMap() (*plots.Figure, error) {
	columns := []string{"income", "spent", "age", "tenure", "children", "recency", "num_store_purchases", "num_catalog_purchases", "num_web_purchases", "num_deals_purchases", "num_web_visits_month"}
	h := plots.HeatMap{Groups: r.groups(), Effects: make([][]float64, len(r.Profile.Tiers)), Texts: make([][]string, len(r.Profile.Tiers))}
	for _, name := range r.strongest(columns) {
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
	d := plots.Distributions{X: r.x, Groups: r.groups(), Labels: r.labels()}
	for _, name := range r.Model.Columns() {
		d.Columns = append(d.Columns, upper(noun(name)))
		d.Units = append(d.Units, r.Model.Unit(name))
	}
	return d.Figure()
}

func (r *Report) spending() (*plots.Figure, error) {
	b := plots.BarTable{
		Title: "Mean spending per customer by product (in two years)", Subtitle: "All bars have one scale; products in the order of what they bring.",
		Groups: r.groups(), Total: "all together",
	}
	b.Rows, b.Values = r.means(products)
	return b.Figure()
}

func (r *Report) channelsUsed() (*plots.Figure, error) {
	var of []struct{ column, name string }
	for _, c := range channels {
		of = append(of, struct{ column, name string }{c.column, c.name})
	}
	b := plots.BarTable{
		Title: "Mean number of purchases per customer by channel (in two years)", Subtitle: "All bars have one scale; in brackets, the share of the channel in the segment's purchases.",
		Groups: r.groups(), Total: "all together", Share: plots.Percent,
	}
	b.Rows, b.Values = r.means(of)
	return b.Figure()
}

func (r *Report) acceptance() (*plots.Figure, error) {
	d := plots.DotPlot{Title: "Acceptance of campaigns by segment", Groups: r.groups(), Shares: true}
	d.Rows, d.Values = r.means(offers)
	return d.Figure()
}

func (r *Report) ages() (*plots.Figure, error) {
	ages, err := r.Table.Column("age_group")
	if err != nil {
		return nil, err
	}
	b := plots.StackedBarsOf(r.Profile, "age_group", ages.Levels()...)
	b.Title = "Age groups and their segments"
	return b.Figure()
}

func (r *Report) family() (*plots.Figure, error) {
	t := r.table
	parent, err := r.Table.Column("is_parent")
	if err != nil {
		return nil, err
	}
	children := make([]string, parent.Len())
	for i := range children {
		if children[i] = "no children"; parent.Number(i) == 1 {
			children[i] = "children"
		}
	}
	t.Categories = append(slices.Clone(t.Categories), insight.Category{Name: "children", Values: children})
	icicle, err := plots.IcicleOf(t, "spent", "living_with", "education_level", "children")
	if err != nil {
		return nil, err
	}
	icicle.Levels, icicle.Value = []string{"family", "education", "children"}, "mean spending"
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
	s, err := plots.ScatterMatrixOf(ctx, r.Model, r.x)
	if err != nil {
		return nil, err
	}
	s.MaxPoints = 1200
	return s.Figure()
}

func (r *Report) biplot(ctx context.Context) (*plots.Figure, error) {
	b, err := plots.BiplotOf(ctx, r.Model, r.x)
	if err != nil {
		return nil, err
	}
	b.MaxPoints = 1200
	return b.Figure()
}

func (r *Report) silhouette(ctx context.Context) (*plots.Figure, error) {
	n, d := r.z.Dims()
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
		z.SetRow(i, r.z.RawRowView(row))
		labels[i] = r.predictions[row].Cluster
	}
	scores, err := segment.Silhouette(ctx, z, labels)
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
	for _, name := range slices.Concat(r.Model.Columns(), []string{"recency", "num_web_purchases", "num_catalog_purchases", "num_store_purchases", "num_deals_purchases", "num_web_visits_month"}) {
		if s, ok := r.Profile.Overall.Column(name); ok && s.Max > s.Min {
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
