package gallery

import (
	"context"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/ask"
	"github.com/customer-personality/segmentation/segment/narrate"
)

// A KPI is a key figure of some customers beside everybody's.
type KPI struct {
	Column    string             // that it is of; empty for the number of customers
	Aggregate features.Aggregate // Count, Sum, Mean, or Share of a flag
	// Value and Overall are the figures of the customers and of everybody, over those
	// who have a value; NaN where nobody has one.
	Value, Overall float64
}

// Part reports whether the figure adds up over customers, so that Value is a part of
// Overall.
func (k KPI) Part() bool { return k.Aggregate == features.Count || k.Aggregate == features.Sum }

// Difference returns Value − Overall.
func (k KPI) Difference() float64 { return k.Value - k.Overall }

// Ratio returns the difference as a share of the size of Overall; NaN where that is 0.
func (k KPI) Ratio() float64 {
	if k.Overall == 0 {
		return math.NaN()
	}
	return k.Difference() / math.Abs(k.Overall)
}

// Bounds of the row of key figures.
const (
	mostKPIs     = 8
	mostFeatures = 3
)

// kpisOf returns the key figures that there are for a snapshot, without their values.
func kpisOf(w *snapshot.Snapshot) []KPI {
	out := []KPI{{Aggregate: features.Count}}
	add := func(column string, hows ...features.Aggregate) {
		seen := slices.ContainsFunc(out, func(k KPI) bool { return k.Column == column })
		if s := w.Set.Series(column); seen || !s.Kind().Numeric() || len(out)+len(hows) > mostKPIs {
			return
		} else if s.Kind().Binary() {
			hows = []features.Aggregate{features.Share}
		}
		for _, how := range hows {
			out = append(out, KPI{Column: column, Aggregate: how})
		}
	}
	add(w.Subjects.Revenue, features.Sum, features.Mean)
	value := w.Model.Value()
	for _, name := range value {
		hows := []features.Aggregate{features.Mean}
		// What customers have is no total of ours.
		if w.Set.Series(name).Kind() == features.Amount && name != w.Subjects.Income {
			hows = []features.Aggregate{features.Sum, features.Mean}
		}
		add(name, hows...)
	}
	if offers := w.Subjects.Offers; len(offers) > 0 {
		add(offers[len(offers)-1].Column, features.Share)
		return out
	}
	columns := slices.DeleteFunc(w.Model.Columns(), func(name string) bool { return slices.Contains(value, name) })
	for _, name := range columns[:min(mostFeatures, len(columns))] {
		add(name, features.Mean)
	}
	return out
}

// kpis returns the key figures of some rows beside everybody's: the number of
// customers, the total and the mean of the revenue, the columns that customers are
// valued by, and the acceptance of the last campaign or, where there is none, up to
// three columns that segments are made of.
func kpis(ctx context.Context, w *snapshot.Snapshot, rows []int) ([]KPI, error) {
	everybody, err := w.Rows(ctx, nil)
	if err != nil {
		return nil, err
	}
	out := kpisOf(w)
	for i, k := range out {
		if out[i].Overall, err = w.Set.Aggregate(ctx, k.Aggregate, k.Column, everybody); err != nil {
			return nil, err
		}
		if out[i].Value, err = w.Set.Aggregate(ctx, k.Aggregate, k.Column, rows); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Label names the figure.
func (k KPI) Label(l *narrate.Language) string {
	switch k.Aggregate {
	case features.Count:
		return l.Capital(l.T("who.customers"))
	case features.Share:
		return l.Capital(l.Noun(k.Column))
	}
	return l.Capital(ask.AggregateName(l, k.Aggregate, k.Column))
}

// write writes a value of the figure with its unit.
func (k KPI) write(l *narrate.Language, v float64) string {
	switch {
	case v != v:
		return l.T("word.unknown")
	case k.Aggregate == features.Share:
		return l.P(v)
	case k.Part():
		return unit(l, k.Column, l.Number(v, 0))
	}
	return unit(l, k.Column, l.N(v))
}

func unit(l *narrate.Language, column, number string) string {
	if unit := l.Unit(column); unit != "" {
		return l.T("number.unit", number, unit)
	}
	return number
}

// Figure writes the value.
func (k KPI) Figure(l *narrate.Language) string { return k.write(l, k.Value) }

// Beside says how the value differs from everybody's, in its unit and in per cent; a
// part of the whole, which part it is.
func (k KPI) Beside(l *narrate.Language) string {
	d := k.Difference()
	switch {
	case d != d:
		return ""
	case k.Part():
		return l.T("gallery.kpi.part", l.P(k.Value/k.Overall), k.write(l, k.Overall))
	}
	sign := "gallery.kpi.more"
	if d < 0 {
		sign = "gallery.kpi.less"
	}
	by := k.write(l, math.Abs(d))
	if k.Aggregate == features.Share {
		by = l.T("number.points", l.Number(100*math.Abs(d), 1))
	}
	ratio := ""
	if r := k.Ratio(); r == r {
		ratio = l.T("gallery.kpi.ratio", l.T(sign, l.Percent(math.Abs(r), 0)))
	}
	return l.T("gallery.kpi.beside", l.T(sign, by), ratio, k.write(l, k.Overall))
}
