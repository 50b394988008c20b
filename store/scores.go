package store

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
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

// AppendScores adds scores to the log, all or none, and returns their number. A
// zero ScoredAt is now.
func (s *Store) AppendScores(ctx context.Context, scores iter.Seq2[Score, error]) (n int, err error) {
	if !s.ready(&ctx) {
		return 0, errNotOpen
	}
	table := s.table(s.tables.Scores)
	op := "adding scores to " + table.String()
	if scores, err = readAhead(ctx, s, scores); err != nil {
		return 0, s.fail(ctx, op, err)
	}
	at := now()
	// Without a lock: scores of several programs may mix.
	err = s.write(ctx, job{op: op}, func(t *tx) error {
		if err := t.wantTextIDs(ctx, table, "customer_id"); err != nil {
			return err
		}
		n, err = t.load(ctx, table, scoreColumns, func(yield func([]any, error) bool) {
			for s, err := range scores {
				switch {
				case err != nil:
					err = &sourceError{err}
				case s.CustomerID == "" || s.Model == "" || s.Tier == "":
					err = fmt.Errorf("%w: a score has the customer %q, the model %q and the tier %q; want all three", ErrValue, s.CustomerID, s.Model, s.Tier)
				case s.ScoredAt.IsZero():
					s.ScoredAt = at
				}
				row := []any{s.CustomerID, s.Model, int(s.Version), s.Cluster, s.Tier, s.Distance, s.ScoredAt.UTC().Format(timeLayout)}
				if !yield(row, err) {
					return
				}
			}
		})
		return err
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
			return Score{CustomerID: r.ID(), Model: r.Text(), Version: Version(r.Int()), Cluster: int(r.Int()), Tier: r.Text(), Distance: r.Float(false), ScoredAt: r.Time()}
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
