package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/scoring"
	"github.com/customer-personality/segmentation/segment"
)

// A Score is one line of the scoring log: the prediction for a customer, and its time.
type Score struct {
	CustomerID string    `json:"customer_id"`
	Model      string    `json:"model"`
	Version    Version   `json:"version"`
	Cluster    int       `json:"cluster"`
	Tier       string    `json:"tier"`
	Distance   float64   `json:"distance"`
	ScoredAt   time.Time `json:"scored_at"` // UTC, to the microsecond
}

// MarshalJSON writes numbers that are not finite as null or, where that would be
// another one, as a string.
func (s Score) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(s) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Score) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, s) }

var scoreColumns = []string{"customer_id", "model", "version", "cluster", "tier", "distance", "scored_at"}

// ScoreOptions are what Score scores with. The zero value of all but Model
// works.
type ScoreOptions struct {
	// Model is the name of the model in the database; Version is Active if not
	// set.
	Model   string
	Version Version

	// AsOf is the day on which ages and tenure are counted; the zero value
	// takes that of the model, and today where it has none.
	AsOf features.AsOf

	// Table is read; default: the raw table.
	Table string

	// Policy is what is done with a row that is no customer, see [FetchOptions].
	// Strict, the default, stops with its error.
	Policy features.Policy

	// Progress, when not nil, is called with the number of customers scored so
	// far, every 10,000 and at the end.
	Progress func(rows int)
}

// ScoreSummary is what Score did.
type ScoreSummary struct {
	Model ModelInfo
	AsOf  time.Time      // day that ages and tenure were counted on
	Rows  int            // customers scored
	Tiers map[string]int // of them in each tier; tiers without customers too

	// Warnings counts what is doubtful about the scores, by kind; none where all
	// is well. The log keeps no warnings.
	Warnings []segment.WarningCount

	// Report counts the rows that were no customers and were left out, with the
	// first reasons.
	Report features.Report
}

// Score scores every customer of the raw table with a model of the database
// and adds the scores to the log, all or none, in constant memory. All lines
// have the same time.
//
// Errors: those of [Store.LoadModel] and [Store.Customers];
// [*features.ColumnError] where the model takes a column that customers do not
// have.
func (s *Store) Score(ctx context.Context, o ScoreOptions) (ScoreSummary, error) {
	if !s.ready(&ctx) {
		return ScoreSummary{}, errNotOpen
	}
	m, info, err := s.LoadModel(ctx, o.Model, o.Version)
	if err != nil {
		return ScoreSummary{}, err
	}
	return s.score(ctx, m, info, o)
}

// ScoreWith scores as Score does, with a model that is not in the database,
// such as a file's: o.Model and o.Version are only written into the log, and
// Version must be set.
func (s *Store) ScoreWith(ctx context.Context, m *segment.Model, o ScoreOptions) (ScoreSummary, error) {
	if !s.ready(&ctx) {
		return ScoreSummary{}, errNotOpen
	}
	if m == nil || o.Model == "" || o.Version == 0 {
		return ScoreSummary{}, fmt.Errorf("%w: scoring needs a model, and a name and version for the log", ErrOption)
	}
	return s.score(ctx, m, ModelInfo{
		Name: o.Model, Version: o.Version, K: m.K(), Rows: m.Rows(), AsOf: m.AsOf(), Inertia: m.Inertia(), Silhouette: m.Silhouette(),
	}, o)
}

func (s *Store) score(ctx context.Context, m *segment.Model, info ModelInfo, o ScoreOptions) (ScoreSummary, error) {
	table := o.Table
	if table == "" {
		table = s.tables.Customers
	}
	op := fmt.Sprintf("scoring the customers of %s with version %s of the model %q", quote(table), info.Version, info.Name)
	scorer, err := scoring.New(m, o.AsOf)
	if err != nil {
		return ScoreSummary{}, s.fail(ctx, op, &sourceError{err})
	}
	sum := ScoreSummary{Model: info, AsOf: scorer.AsOf, Tiers: scorer.Tiers}
	at := now()
	scores := func(yield func(Score, error) bool) {
		var row []float64
		for c, err := range s.FetchCustomers(ctx, FetchOptions{Table: table, Policy: o.Policy, Report: &sum.Report}) {
			if err != nil {
				yield(Score{}, err)
				return
			}
			var p segment.Prediction
			_, row, p, err = scorer.Score(c, row)
			if errors.Is(err, segment.ErrOverflow) || errors.Is(err, segment.ErrTooFar) {
				err = fmt.Errorf("%w: %w", ErrValue, err)
			}
			if err != nil {
				yield(Score{}, fmt.Errorf("customer %s: %w", c.ID, err))
				return
			}
			if sum.Rows = scorer.Rows; o.Progress != nil && sum.Rows%progressEvery == 0 {
				o.Progress(sum.Rows)
			}
			if !yield(Score{CustomerID: c.ID, Model: info.Name, Version: info.Version, Cluster: p.Cluster, Tier: p.Tier, Distance: p.Distance, ScoredAt: at}, nil) {
				return
			}
		}
	}
	if _, err := s.appendScores(ctx, op, scores); err != nil {
		return ScoreSummary{}, err
	}
	if o.Progress != nil {
		o.Progress(sum.Rows)
	}
	sum.Warnings = scorer.Warnings()
	return sum, nil
}

// AppendScores adds scores to the log, all or none, and returns their number. A
// zero ScoredAt is now.
func (s *Store) AppendScores(ctx context.Context, scores iter.Seq2[Score, error]) (int, error) {
	if !s.ready(&ctx) {
		return 0, errNotOpen
	}
	return s.appendScores(ctx, "adding scores to "+s.table(s.tables.Scores).String(), scores)
}

func (s *Store) appendScores(ctx context.Context, op string, scores iter.Seq2[Score, error]) (n int, err error) {
	if scores, err = readAhead(ctx, s, scores); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	at := now()
	// Without a lock: scores of several programs may mix.
	err = s.write(ctx, job{op: op}, func(t *tx) error {
		if err := t.wantTextIDs(ctx, s.table(s.tables.Scores), "customer_id"); err != nil {
			return err
		}
		return t.load(ctx, s.table(s.tables.Scores), scoreColumns, func(w rowWriter) error {
			defer func() { n = w.Rows() }()
			for score, err := range scores {
				if err != nil {
					return &sourceError{err}
				}
				if score.ScoredAt.IsZero() {
					score.ScoredAt = at
				}
				if score.CustomerID == "" || score.Model == "" || score.Tier == "" {
					return fmt.Errorf("%w: a score has the customer %q, the model %q and the tier %q; want all three", ErrValue, score.CustomerID, score.Model, score.Tier)
				}
				w.Text(score.CustomerID)
				w.Text(score.Model)
				w.Int(int64(score.Version))
				w.Int(int64(score.Cluster))
				w.Text(score.Tier)
				w.Float(score.Distance)
				w.Time(score.ScoredAt)
				if err := w.End(); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		// The failing table may be any of two.
		return 0, err
	}
	return n, nil
}

// History returns the scores of a customer in the order of the log; none for one
// who was never scored.
func (s *Store) History(ctx context.Context, customerID string) ([]Score, error) {
	return read(ctx, s, fmt.Sprintf("reading the history of customer %s", customerID), orZero(s).tables.Scores, func(ctx context.Context, table tableName) ([]Score, error) {
		return readAll(ctx, s.db, scoreColumns, func(r *rowReader) Score {
			return Score{CustomerID: r.ID(), Model: r.Text(), Version: Version(r.Int()), Cluster: int(r.Int()), Tier: r.Text(), Distance: r.Float(), ScoredAt: r.Time()}
		}, s.db.Rebind("SELECT "+quoteAll(scoreColumns)+" FROM "+table.String()+" WHERE customer_id = ? ORDER BY position"), customerID)
	})
}

// A TierChange is a customer whom two versions of a model put in different
// tiers.
type TierChange struct {
	CustomerID string `json:"customer_id"`
	From       string `json:"from"` // tier by the first version
	To         string `json:"to"`   // tier by the second one
}

// TierChanges lists the customers who have different tiers by two versions of a
// model, in the order in which the second one scored them: the last score of
// each version counts. A customer without a score of both is left out. Versions
// are numbers here.
//
// Errors: [ErrNoModel] where the log has no score of one of the versions.
func (s *Store) TierChanges(ctx context.Context, model string, from, to Version) ([]TierChange, error) {
	op := fmt.Sprintf("listing changes of tier from version %s to version %s of the model %q", from, to, model)
	return read(ctx, s, op, orZero(s).tables.Scores, func(ctx context.Context, table tableName) ([]TierChange, error) {
		if err := checkTexts(model); err != nil {
			return nil, err
		}
		for _, v := range []Version{from, to} {
			_, ok, err := scalar[int](ctx, s.db, s.db.Rebind("SELECT 1 FROM "+table.String()+" WHERE model = ? AND version = ? LIMIT 1"), model, int64(v))
			if err != nil {
				return nil, err
			}
			if !ok {
				return nil, fmt.Errorf("%w: the log has no score of version %s; Score writes them", ErrNoModel, v)
			}
		}
		// One pass over the log, and two rows by key for each customer.
		return readAll(ctx, s.db, []string{"customer_id", "from", "to"}, func(r *rowReader) TierChange {
			return TierChange{r.ID(), r.Text(), r.Text()}
		}, s.db.Rebind(fmt.Sprintf(`SELECT l.customer_id, a.tier, b.tier FROM (
			SELECT customer_id, max(CASE WHEN version = ? THEN position END) AS a, max(CASE WHEN version = ? THEN position END) AS b
			FROM %[1]s WHERE model = ? AND version IN (?, ?) GROUP BY customer_id
		) AS l JOIN %[1]s AS a ON a.position = l.a JOIN %[1]s AS b ON b.position = l.b
		WHERE a.tier <> b.tier ORDER BY l.b`, table)), int64(from), int64(to), model, int64(from), int64(to))
	})
}
