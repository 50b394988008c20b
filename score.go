package segmentation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// ScoreOptions change how customers are scored. The zero value works.
type ScoreOptions struct {
	// Open is how a file is read; its roles, limits and orders are found from the
	// model and the data.
	Open OpenOptions

	// AsOf is the day on which ages and tenures of a stream are counted; that of
	// the model by default, and today where it has none. A table has its own day.
	AsOf features.AsOf

	// Limits leaves out the customers of a table that are beyond the limits which
	// the model remembers of its training. Those of a stream are only counted.
	Limits bool

	// Summary, when not nil, is filled with the summary of a stream. Its numbers
	// grow with the rows; Warnings is set at the end.
	Summary *ScoreSummary

	// Store, when not nil, gets the scores into its log, all or none: where
	// something fails, or the caller of a stream ends it early, nothing is written.
	Store *store.Store
	// Name and Version of the model for the log. Version is needed with Store; the
	// default of Name is ModelName.
	Name    string
	Version store.Version
}

// ScoreSummary summarises scored customers.
type ScoreSummary struct {
	AsOf     time.Time              // day on which ages and tenures were counted
	Rows     int                    // customers scored
	Beyond   int                    // of them, those beyond the limits that the model remembers
	Tiers    map[string]int         // of them in each tier; tiers without customers too
	Warnings []segment.WarningCount // what is doubtful about the scores, by kind and column
	BadRows  int                    // rows of a file that could not be read
	Told     []string               // on reading a file, and on ids that a file or table lacks; sentences without full stops
}

// Scored is one customer with the prediction of a model.
type Scored struct {
	Customer   features.Engineered
	Values     []float64 // of the model's columns; valid until the next customer
	Prediction segment.Prediction
}

// Score places the customers of a table by a model. Its columns are matched by name,
// without regard to case and blanks; words are taken as they are. The result has no
// Report.
//
// Errors: [*features.ColumnError] where the model takes a column that the table
// does not have; [features.ErrNoRows] where no customer is left; those of
// [segment.Model.PredictTransformed] and, with a store, of
// [store.Store.AppendScores].
func Score(ctx context.Context, m *segment.Model, t *features.Table, o ScoreOptions) (*Result, error) {
	r, err := place(ctx, m, t, o)
	if err != nil {
		return nil, err
	}
	if err := r.derive(ctx); err != nil {
		return nil, err
	}
	if o.Store == nil {
		return r, nil
	}
	ids := r.IDs()
	err = o.log(ctx, func(put func(id string, p segment.Prediction) bool) error {
		for i, p := range r.Predictions {
			if !put(ids[i], p) {
				break
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// place is Score without a store, and without doubts.
func place(ctx context.Context, m *segment.Model, t *features.Table, o ScoreOptions) (*Result, error) {
	r := &Result{Table: t, Model: m}
	var err error
	if o.Limits {
		if r.Table, r.Dropped, err = limited(ctx, m, t); err != nil {
			return nil, err
		}
	}
	if r.X, err = m.Matrix(ctx, r.Table); err != nil {
		return nil, err
	}
	if r.Z, err = m.Transform(ctx, r.X); err != nil {
		return nil, err
	}
	if r.Predictions, err = m.PredictTransformed(ctx, r.X, r.Z); err != nil {
		return nil, err
	}
	for i, p := range r.Predictions {
		for j, w := range p.Warnings {
			if w.Kind != segment.UnknownCategory || w.Known == "" {
				continue
			}
			if words, err := r.Table.Column(w.Column); err == nil {
				p.Warnings[j].Word = words.Word(i)
			}
		}
	}
	return r, nil
}

// limited leaves out the customers of a table that are beyond the limits of a model.
func limited(ctx context.Context, m *segment.Model, t *features.Table) (*features.Table, features.Dropped, error) {
	if engineered(t) || slices.Equal(m.Columns(), features.TrainingColumns) {
		return features.Clean(ctx, t, features.CleanOptionsOf(m.Limits()))
	}
	return features.Within(ctx, t, m.Least(), m.Limits())
}

// log writes the scores that a function puts into the log of the store, unless
// it returns an error.
func (o ScoreOptions) log(ctx context.Context, scores func(put func(id string, p segment.Prediction) bool) error) error {
	if o.Version < 1 {
		return fmt.Errorf("%w: scores are logged with the version of their model, a number from 1", store.ErrOption)
	}
	_, err := o.Store.AppendScores(ctx, func(yield func(store.Score, error) bool) {
		err := scores(func(id string, p segment.Prediction) bool {
			return yield(store.Score{
				CustomerID: id, Model: cmp.Or(o.Name, ModelName), Version: o.Version, Cluster: p.Cluster, Tier: p.Tier, Distance: p.Distance,
			}, nil)
		})
		if err != nil {
			yield(store.Score{}, err)
		}
	})
	return err
}

// ScoreCustomers scores customers one at a time, in constant memory: those of a
// file by [features.Reader.All], say, or of a database by
// [store.Store.FetchCustomers]. The sequence ends after the first error. The
// warnings of a prediction are all that [Warnings] returns.
//
// Errors: [*features.ColumnError] where the model takes a column that customers
// do not have; those of the sequence, of [segment.Model.Predict] with the id of
// the customer, of ctx and, with a store, of [store.Store.AppendScores].
func ScoreCustomers(ctx context.Context, m *segment.Model, customers iter.Seq2[features.Customer, error], o ScoreOptions) iter.Seq2[Scored, error] {
	return func(yield func(Scored, error) bool) {
		s, err := newScorer(m, o)
		ended := false
		one := func(scored Scored) bool {
			ended = !yield(scored, nil)
			return !ended
		}
		switch {
		case err != nil:
		case o.Store == nil:
			err = s.each(ctx, customers, one)
		default:
			err = o.log(ctx, func(put func(string, segment.Prediction) bool) error {
				err := s.each(ctx, customers, func(scored Scored) bool {
					return one(scored) && put(scored.Customer.ID, scored.Prediction)
				})
				if ended {
					return errEnded
				}
				return err
			})
		}
		if err != nil && !ended {
			yield(Scored{}, err)
		}
	}
}

// errEnded keeps a stream that its caller ended early out of the log.
var errEnded = errors.New("the scoring was ended early")

// A scorer scores customers by a model, and counts.
type scorer struct {
	model     *segment.Model
	selection features.Selection
	day       features.AsOf
	limited   features.Selection // the columns that have a limit
	limits    []float64          // of these, the greatest values that training took
	row       []float64
	warned    segment.WarningCounts
	sum       *ScoreSummary
}

// newScorer fixes the day, so that a midnight during the scoring changes nothing.
func newScorer(m *segment.Model, o ScoreOptions) (*scorer, error) {
	s := &scorer{model: m, sum: newSummary(m, o)}
	s.day = features.AsOf(s.sum.AsOf)
	limits := features.CleanOptionsOf(m.Limits()).Limits()
	columns := slices.Sorted(maps.Keys(limits))
	for _, name := range columns {
		s.limits = append(s.limits, limits[name])
	}
	var err error
	if s.limited, err = features.Select(columns...); err != nil {
		return nil, err
	}
	if s.selection, err = features.Select(m.Columns()...); err != nil {
		return nil, fmt.Errorf("the columns of the model: %w", err)
	}
	return s, nil
}

// newSummary returns the summary of no customers yet.
func newSummary(m *segment.Model, o ScoreOptions) *ScoreSummary {
	if time.Time(o.AsOf).IsZero() {
		o.AsOf = features.AsOf(m.AsOf())
	}
	sum := cmp.Or(o.Summary, new(ScoreSummary))
	*sum = ScoreSummary{AsOf: o.AsOf.Day(), Tiers: map[string]int{}}
	for _, tier := range m.TierNames() {
		sum.Tiers[tier] = 0
	}
	return sum
}

// each scores customers until yield returns false.
func (s *scorer) each(ctx context.Context, customers iter.Seq2[features.Customer, error], yield func(Scored) bool) error {
	if customers == nil {
		return errors.New("the sequence of customers is nil")
	}
	defer func() { s.sum.Warnings = s.warned.Counts() }()
	var scored Scored
	for c, err := range customers {
		if err == nil && s.sum.Rows%1024 == 0 {
			err = cause.Of(ctx)
		}
		if err != nil {
			return err
		}
		if err := s.score(c, &scored); err != nil {
			return fmt.Errorf("customer %s: %w", c.ID, err)
		}
		if !yield(scored) {
			return nil
		}
	}
	return nil
}

func (s *scorer) score(c features.Customer, to *Scored) (err error) {
	to.Customer = features.EngineerCustomer(c, s.day)
	to.Values = s.selection.Values(to.Values, &to.Customer)
	if to.Prediction, err = s.model.Predict(to.Values); err != nil {
		return err
	}
	to.Prediction.Warnings = Warnings(s.model, to.Prediction, &to.Customer.Customer, s.day)
	s.warned.Add(c.ID, to.Prediction.Warnings...)
	s.sum.Rows++
	s.sum.Tiers[to.Prediction.Tier]++
	s.row = s.limited.Values(s.row, &to.Customer)
	for j, limit := range s.limits {
		if s.row[j] > limit { // false for NaN
			s.sum.Beyond++
			break
		}
	}
	return nil
}

// Warnings returns all that is doubtful about the prediction p of the model m
// for the customer c, counted on the day: what is doubtful about the values, the
// day, and the customer. The doubts about the customer keep their kind and their
// sentence.
func Warnings(m *segment.Model, p segment.Prediction, c *features.Customer, day features.AsOf) []segment.Warning {
	out := append(p.Warnings[:len(p.Warnings):len(p.Warnings)], m.DayWarnings(day.Day())...)
	return append(out, doubts(c, day)...)
}

// doubts returns the doubts about a customer on a day as warnings.
func doubts(c *features.Customer, day features.AsOf) (out []segment.Warning) {
	for _, d := range c.Doubts(day) {
		out = append(out, segment.Warning{Kind: segment.WarningKind(d.Kind), Column: d.Column, Text: d.String()})
	}
	return out
}

// OfAnotherTime returns the count of customers who enrolled after the day on
// which they were counted, and whether they are so many, more than a tenth, that
// they must be of another time than the model.
func OfAnotherTime(warnings []segment.WarningCount) (count segment.WarningCount, ok bool) {
	for _, w := range warnings {
		if w.Kind == segment.WarningKind(features.EnrolledAfterDay) {
			return w, 10*w.Rows > w.Of
		}
	}
	return segment.WarningCount{}, false
}

// WarningSentences returns counts of warnings on customers, counted on a day,
// as sentences without full stops: first that the customers are of another
// time, where [OfAnotherTime] reports that.
func WarningSentences(counts []segment.WarningCount, day time.Time) []string {
	var out []string
	if late, ok := OfAnotherTime(counts); ok {
		out = append(out, english.Sprintf("%d of %s enrolled after %s, the day on which ages and tenures are counted, so that their tenures mean nothing",
			late.Rows, count(late.Of), day.Format(time.DateOnly)))
	}
	for _, c := range counts {
		if len(c.First) == 0 {
			out = append(out, english.Sprintf("%d of %s: %s", c.Rows, count(c.Of), c.Kind))
			continue
		}
		out = append(out, english.Sprintf("%d of %s, the first with id %s: %s", c.Rows, count(c.Of), c.First[0].ID, c.First[0].Text))
	}
	return out
}
