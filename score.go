package segmentation

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/scoring"
	"github.com/customer-personality/segmentation/segment"
)

// ScoreOptions change how customers are scored. The zero value works.
type ScoreOptions struct {
	// AsOf is the day on which ages and tenures of a stream are counted; that of
	// the model by default, and today where it has none. A table has its own day.
	AsOf features.AsOf

	// Limits leaves out the customers of a table that are beyond the limits which
	// the model remembers of its training. Those of a stream are only counted.
	Limits bool

	// Summary, when not nil, is filled with the summary of a stream. Its numbers
	// grow with the rows; Warnings is set at the end.
	Summary *ScoreSummary
}

// ScoreSummary summarises scored customers.
type ScoreSummary struct {
	AsOf     time.Time              // day on which ages and tenures were counted
	Rows     int                    // customers scored
	Beyond   int                    // of them, those beyond the limits that the model remembers
	Tiers    map[string]int         // of them in each tier; tiers without customers too
	Warnings []segment.WarningCount // what is doubtful about the scores, by kind and column
}

// Scored is one customer with the prediction of a model.
type Scored struct {
	Customer   features.Engineered
	Values     []float64 // of the model's columns; valid until the next customer
	Prediction segment.Prediction
}

// Score places the customers of a table by a model. The result has no
// Report.
//
// Errors: [*features.ColumnError] where the model takes a column that the table
// does not have; [features.ErrNoRows] where no customer is left; those of
// [segment.Model.PredictTransformed].
func Score(ctx context.Context, m *segment.Model, t *features.Table, o ScoreOptions) (*Result, error) {
	r := &Result{Table: t, Model: m}
	if o.Limits {
		r.Table, r.Dropped = features.Clean(t, features.CleanOptionsOf(m.Limits()))
	}
	var err error
	if r.X, err = r.Table.Matrix(m.Columns()...); err != nil {
		return nil, err
	}
	if r.Z, err = m.Transform(ctx, r.X); err != nil {
		return nil, err
	}
	if r.Predictions, err = m.PredictTransformed(ctx, r.X, r.Z); err != nil {
		return nil, err
	}
	r.derive()
	return r, nil
}

// ScoreCustomers scores customers one at a time, in constant memory: those of a
// file by [features.Reader.All], say, or of a database by
// [store.Store.FetchCustomers]. The sequence ends after the first error. The
// warnings of a prediction are all that [Warnings] returns.
//
// Errors: [*features.ColumnError] where the model takes a column that customers
// do not have; those of the sequence, of [segment.Model.Predict] with the id of
// the customer, and of ctx.
func ScoreCustomers(ctx context.Context, m *segment.Model, customers iter.Seq2[features.Customer, error], o ScoreOptions) iter.Seq2[Scored, error] {
	return func(yield func(Scored, error) bool) {
		scorer, err := scoring.New(m, o.AsOf)
		if err != nil {
			err = fmt.Errorf("the columns of the model: %w", err)
		} else if customers == nil {
			err = errors.New("the sequence of customers is nil")
		}
		if err != nil {
			yield(Scored{}, err)
			return
		}
		sum := o.Summary
		if sum == nil {
			sum = new(ScoreSummary)
		}
		*sum = ScoreSummary{AsOf: scorer.AsOf, Tiers: scorer.Tiers}
		defer func() { sum.Warnings = scorer.Warnings() }()
		var s Scored
		for c, err := range customers {
			if err == nil && sum.Rows%1024 == 0 {
				err = cause.Of(ctx)
			}
			if err == nil {
				if s.Customer, s.Values, s.Prediction, err = scorer.Score(c, s.Values); err != nil {
					err = fmt.Errorf("customer %s: %w", c.ID, err)
				}
			}
			if err != nil {
				yield(Scored{}, err)
				return
			}
			sum.Rows, sum.Beyond = scorer.Rows, scorer.Beyond
			if !yield(s, nil) {
				return
			}
		}
	}
}

// Warnings returns all that is doubtful about the prediction p of the model m
// for the customer c, counted on the day: what is doubtful about the values, the
// day, and the customer. The doubts about the customer keep their kind and their
// sentence.
func Warnings(m *segment.Model, p segment.Prediction, c *features.Customer, day features.AsOf) []segment.Warning {
	return scoring.Warnings(m, p, c, day)
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
