package ask

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/plots/chart"
)

// Bounds of the map of customers: how many of those that it is of have a dot, and how
// many of everybody behind a part of them, and which share of a cluster its area holds.
const (
	mostDots   = 1000
	mostBehind = 500
	areaLevel  = 0.8
)

// clusterMap shows customers in the plane of two components, with an area for each
// cluster; a part of the customers on the map of everybody.
func (c charts) clusterMap(ctx context.Context, _ []string) (*chart.Chart, error) {
	if n, _ := num.Dims(c.Z); n != c.Set.Len() || n != len(c.Labels) {
		return nil, fmt.Errorf("%w: %d rows behind the pipeline with %d labels for %d customers", segment.ErrWidth, n, len(c.Labels), c.Set.Len())
	}
	p, err := insight.PlaneOf(ctx, c.Model, c.Z)
	if err != nil {
		return nil, err
	}
	if len(p.Axes) < 2 {
		return c.mapOfOne(ctx, p)
	}
	out := &chart.Chart{
		Title: c.l.T("gallery.map"), Kind: chart.Scatter, Words: []string{c.l.Noun("tier")},
		X: chart.Axis{Label: c.axisLabel(p.Axes[0])}, Y: chart.Axis{Label: c.axisLabel(p.Axes[1])},
	}
	point := func(i int) [2]chart.Number {
		return [2]chart.Number{hundredth(p.X.At(i, 0)), hundredth(p.X.At(i, 1))}
	}
	if c.beside() {
		everybody := chart.Series{Name: c.l.T("word.everybody"), Color: chart.Overall}
		for _, i := range drawn(c.everybody().Rows, mostBehind) {
			everybody.Points = append(everybody.Points, point(i))
		}
		out.Series = append(out.Series, everybody)
	}
	out.Series = append(out.Series, c.clusterSeries(p.X, point)...)
	out.Reading = c.mapReading(p)
	return out, nil
}

// clusterSeries returns the customers and the area of each cluster.
func (c charts) clusterSeries(x *mat.Dense, point func(int) [2]chart.Number) []chart.Series {
	tiers := make([]string, c.Model.K())
	for i := range tiers {
		tiers[i] = c.Model.Tier(i)
	}
	out, members := make([]chart.Series, len(tiers)), make([][][2]float64, len(tiers))
	for i, g := range plots.Clusters(tiers...) {
		out[i] = chart.Series{Name: g.Name, Color: g.Color}
	}
	for i, cluster := range c.Labels {
		members[cluster] = append(members[cluster], [2]float64{x.At(i, 0), x.At(i, 1)})
	}
	for _, i := range drawn(c.rows, mostDots) {
		s := &out[c.Labels[i]]
		s.Points = append(s.Points, point(i))
	}
	for cluster, points := range members {
		for _, corner := range plots.Ellipse(points, areaLevel) {
			out[cluster].Area = append(out[cluster].Area, [2]chart.Number{hundredth(corner[0]), hundredth(corner[1])})
		}
	}
	return out
}

func hundredth(v float64) chart.Number { return chart.Number(math.Round(v*100)/100 + 0) }

// drawn returns at most so many of the rows, drawn at random with a fixed seed, in
// their order.
func drawn(rows []int, most int) []int {
	if len(rows) <= most {
		return rows
	}
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]int, most)
	for k, i := range rng.Perm(len(rows))[:most] {
		out[k] = rows[i]
	}
	slices.Sort(out)
	return out
}

// madeOf names the columns that an axis is mostly made of, at most so many.
func (c charts) madeOf(a insight.PlaneAxis, most int) string {
	var up, down []string
	for i, name := range a.Columns[:min(most, len(a.Columns))] {
		noun := c.l.Noun(name)
		if column, word, ok := strings.Cut(name, "="); ok && c.Set.Series(name).IsZero() { // of a column of words
			noun = c.l.T("value.word", c.l.Noun(column), word)
		}
		if a.Weights[i] < 0 {
			down = append(down, noun)
		} else {
			up = append(up, noun)
		}
	}
	if len(down) > 0 {
		return c.l.T("gallery.map.against", c.l.And(up), c.l.And(down))
	}
	return c.l.And(up)
}

// axisLabel names an axis of a map in short: a phone has room for two columns.
func (c charts) axisLabel(a insight.PlaneAxis) string {
	if a.Share == 0 {
		return c.madeOf(a, 2)
	}
	return c.l.T("noun.unit", c.madeOf(a, 2), c.l.Percent(a.Share, 0))
}

func (c charts) mapReading(p *insight.Plane) string {
	var out []string
	across, up := p.Axes[0], p.Axes[1]
	if p.Kind == insight.PlaneColumns {
		out = append(out, c.l.T("gallery.map.columns", c.madeOf(across, 1), c.madeOf(up, 1)))
	} else {
		out = append(out, c.l.T("gallery.map.reading", c.madeOf(across, 3), c.l.Percent(across.Share, 0), c.madeOf(up, 3), c.l.Percent(up.Share, 0)))
	}
	if p.Kind == insight.PlaneComponents {
		out = append(out, c.l.T("gallery.map.components"))
	}
	out = append(out, c.l.T("gallery.map.area", c.l.Percent(areaLevel, 0)))
	if len(c.rows) > mostDots {
		out = append(out, c.l.T("gallery.map.some", c.whole(mostDots), c.whole(len(c.rows))))
	}
	return strings.Join(out, " ")
}

// mapOfOne shows the one column or component of a model: a map has no second axis then.
func (c charts) mapOfOne(ctx context.Context, p *insight.Plane) (*chart.Chart, error) {
	values := make([]float64, c.Set.Len())
	mat.Col(values, 0, p.X)
	name := p.Axes[0].Columns[0]
	set, err := features.NewTable(c.Set.AsOf(), features.NumberSeries(features.Column{Name: name}, values))
	if err != nil {
		return nil, err
	}
	out, err := Histogram(ctx, c.l, set, name, c.groups)
	if err != nil {
		return nil, err
	}
	each := make([][]float64, len(c.groups))
	for k, g := range c.groups {
		for _, i := range g.Rows {
			each[k] = append(each[k], values[i])
		}
	}
	out.Densities(each)
	out.Title, out.X.Label = c.l.T("gallery.map"), c.l.Noun(name)
	out.Reading = c.l.T("gallery.map.one", c.l.Noun(name))
	return out, nil
}
