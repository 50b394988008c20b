// Package scoring scores customers by a model one at a time: what package
// segmentation and package store have in common.
package scoring

import (
	"maps"
	"slices"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A Scorer scores customers by a model, and counts. It is not safe for
// concurrent use.
type Scorer struct {
	model     *segment.Model
	selection features.Selection
	asOf      features.AsOf
	limited   features.Selection // the columns that have a limit
	limits    []float64          // of these, the greatest values that training took
	row       []float64
	warned    segment.WarningCounts

	Counts
}

// Counts are of the customers scored so far.
type Counts struct {
	AsOf   time.Time      // day on which ages and tenures are counted
	Rows   int            // customers scored
	Beyond int            // of them, those beyond the limits of the training
	Tiers  map[string]int // of them in each tier; tiers without customers too
}

// New returns a Scorer that counts ages and tenures on a day: where it is zero,
// on that of the model, and today where the model has none. A column of the
// model that customers do not have is a [*features.ColumnError].
func New(m *segment.Model, day features.AsOf) (*Scorer, error) {
	selection, err := features.Select(m.Columns()...)
	if err != nil {
		return nil, err
	}
	if time.Time(day).IsZero() {
		day = features.AsOf(m.AsOf())
	}
	// Fixed at the start, so that a midnight during the scoring changes nothing.
	day = features.AsOf(day.Day())
	s := &Scorer{model: m, selection: selection, asOf: day, Counts: Counts{AsOf: day.Day(), Tiers: map[string]int{}}}
	limits := features.CleanOptionsOf(m.Limits()).Limits()
	columns := slices.Sorted(maps.Keys(limits))
	if s.limited, err = features.Select(columns...); err != nil {
		return nil, err
	}
	for _, name := range columns {
		s.limits = append(s.limits, limits[name])
	}
	for _, tier := range m.TierNames() {
		s.Tiers[tier] = 0
	}
	return s, nil
}

// Score scores one customer: the customer with the engineered columns, the
// values of the model's columns in dst, as [features.Selection.Values] puts them
// there, and the prediction with all warnings.
func (s *Scorer) Score(c features.Customer, dst []float64) (e features.Engineered, values []float64, p segment.Prediction, err error) {
	e = features.EngineerCustomer(c, s.asOf)
	values = s.selection.Values(dst, &e)
	if p, err = s.model.Predict(values); err != nil {
		return e, values, p, err
	}
	p.Warnings = Warnings(s.model, p, &e.Customer, s.asOf)
	s.warned.Add(e.ID, p.Warnings...)
	s.Rows++
	s.Tiers[p.Tier]++
	s.row = s.limited.Values(s.row, &e)
	for j, limit := range s.limits {
		if s.row[j] > limit { // false for NaN
			s.Beyond++
			break
		}
	}
	return e, values, p, nil
}

// Warnings counts what was doubtful about the customers so far.
func (s *Scorer) Warnings() []segment.WarningCount { return s.warned.Counts() }

// Warnings returns those of the prediction, of the day for the model, and of Doubts.
func Warnings(m *segment.Model, p segment.Prediction, c *features.Customer, day features.AsOf) []segment.Warning {
	out := append(p.Warnings[:len(p.Warnings):len(p.Warnings)], m.DayWarnings(day.Day())...)
	return append(out, Doubts(c, day)...)
}

// Doubts returns the doubts about a customer on a day as warnings, which keep
// their kind and their sentence.
func Doubts(c *features.Customer, day features.AsOf) (out []segment.Warning) {
	for _, d := range c.Doubts(day) {
		out = append(out, segment.Warning{Kind: segment.WarningKind(d.Kind), Column: d.Column, Text: d.String()})
	}
	return out
}
