package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment/plots"
)

// groups returns the tiers with their colours.
func (r *Report) groups() []plots.Group {
	return plots.Tiers(r.Model.TierNames()...)
}

// tierLabels returns the places of the customers' tiers.
func (r *Report) tierLabels() []int {
	out, names := make([]int, len(r.Predictions)), r.Model.TierNames()
	for i, p := range r.Predictions {
		out[i] = slices.Index(names, p.Tier)
	}
	return out
}

// varies reports whether a column differs at all.
func (r *Report) varies(column string) bool {
	s, _ := r.Profile.Overall.Column(column)
	return s.Max > s.Min
}

// named returns the columns of a list that differ at all, and their names.
func (r *Report) named(of []features.Named) (columns, names []string) {
	for _, c := range of {
		if r.varies(c.Column) {
			columns, names = append(columns, c.Column), append(names, upper(c.Name))
		}
	}
	return columns, names
}

func (r *Report) heatMap() (*plots.Figure, error) {
	columns := slices.DeleteFunc(r.strongest(r.rest()), func(name string) bool { return !r.varies(name) })
	if len(columns) == 0 {
		return nil, nil
	}
	h := plots.HeatMapOf(r.Profile, columns...)
	for j, name := range columns {
		h.Columns[j] = upper(r.voice.Noun(name))
		all, _ := r.Profile.Overall.Column(name)
		for i, t := range r.Profile.Tiers {
			s, _ := t.Column(name)
			h.Texts[i][j] = number(s.Mean, all.Max-all.Min)
		}
	}
	return h.Figure()
}

func (r *Report) distributions(ctx context.Context) (*plots.Figure, error) {
	words := r.Model.Words()
	numbers := slices.DeleteFunc(r.Model.Columns(), func(name string) bool { return words[name] != nil })
	if len(numbers) == 0 {
		return nil, nil
	}
	x, err := r.Table.Matrix(ctx, numbers...)
	if err != nil {
		return nil, err
	}
	d := plots.Distributions{X: x, Groups: r.groups(), Labels: r.tierLabels()}
	for _, name := range numbers {
		d.Columns = append(d.Columns, upper(r.voice.Noun(name)))
		d.Units = append(d.Units, r.Model.Unit(name))
	}
	return d.Figure()
}

// bars draws a table of the means of columns; its title ends with their period.
func (r *Report) bars(of []features.Named, title, subtitle string, share func(float64) string) (*plots.Figure, error) {
	columns, names := r.named(of)
	if len(columns) == 0 {
		return nil, nil
	}
	b := plots.BarTableOf(r.Profile, columns...)
	b.Title, b.Subtitle, b.Rows = fmt.Sprintf("%s (in %s)", title, r.Subjects.Period), subtitle, names
	b.Total, b.Share = "all together", share
	return b.Figure()
}

func (r *Report) spending() (*plots.Figure, error) {
	return r.bars(r.Subjects.Products, "Mean spending per customer by product", "All bars have one scale; products in the order of what they bring.", nil)
}

func (r *Report) channelsUsed() (*plots.Figure, error) {
	return r.bars(r.Subjects.Channels, "Mean number of purchases per customer by channel",
		"All bars have one scale; in brackets, the share of the channel in the segment's purchases.", plots.Percent)
}

func (r *Report) acceptance() (*plots.Figure, error) {
	columns, names := r.named(r.Subjects.Offers)
	if len(columns) == 0 {
		return nil, nil
	}
	d := plots.DotPlotOf(r.Profile, columns...)
	d.Title, d.Rows = "Acceptance of campaigns by segment", names
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
func (r *Report) household(ctx context.Context) (*plots.Figure, error) {
	if len(r.Subjects.Household) == 0 {
		return nil, nil
	}
	t := r.Table
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
		columns, levels = append(columns, "household of "+h.Column), append(levels, h.Name)
		if t, err = t.With(features.WordSeries(features.Column{Name: columns[len(columns)-1]}, words)); err != nil {
			return nil, err
		}
	}
	icicle, err := plots.IcicleOf(ctx, t, r.Subjects.Revenue, columns...)
	if err != nil {
		return nil, err
	}
	icicle.Levels, icicle.Value = levels, "mean "+r.voice.Noun(r.Subjects.Revenue)
	return icicle.Figure()
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

func (r *Report) scatter() (*plots.Figure, error) {
	s := plots.ScatterMatrixOf(r.Model, r.Z, r.Labels())
	s.MaxPoints = 1200
	return s.Figure()
}

func (r *Report) biplot() (*plots.Figure, error) {
	b := plots.BiplotOf(r.Model, r.Z, r.Labels())
	b.MaxPoints = 1200
	return b.Figure()
}

func (r *Report) silhouette(ctx context.Context) (*plots.Figure, error) {
	if n, _ := r.Z.Dims(); r.Model.K() < 2 || n <= r.Model.K() {
		return nil, nil
	}
	s, err := plots.SilhouetteOfModel(ctx, r.Model, r.Z, r.Labels())
	if err != nil {
		return nil, err
	}
	return s.Figure()
}

func (r *Report) correlations(ctx context.Context) (*plots.Figure, error) {
	var columns, names []string
	for _, name := range slices.Concat(r.Model.Columns(), r.rest()) {
		if r.varies(name) && !slices.Contains(columns, name) {
			columns, names = append(columns, name), append(names, upper(r.voice.Noun(name)))
		}
	}
	if len(columns) < 2 {
		return nil, nil
	}
	x, err := r.Table.Matrix(ctx, columns...)
	if err != nil {
		return nil, err
	}
	c, err := plots.CorrelationsOf(ctx, x, names...)
	if err != nil {
		return nil, err
	}
	return c.Figure()
}
