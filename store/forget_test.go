package store

import (
	"context"
	"errors"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

func TestForget(t *testing.T) {
	list := sampleCustomers(t)[:20]
	model, table, p := trained(t, sampleCustomers(t), 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		tables := s.Tables()
		all := []string{tables.Customers, tables.Unencoded, tables.Encoded, tables.Merged, tables.Scores}
		counts := func() (out [5]int) {
			t.Helper()
			for i, name := range all {
				n, err := s.Count(ctx, name)
				check(t, err)
				out[i] = n
			}
			return out
		}
		want := func(what string, want [5]int) {
			t.Helper()
			if got := counts(); got != want {
				t.Errorf("%s: the tables %q have %v rows; want %v", what, all, got, want)
			}
		}
		_, err := s.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
			for _, c := range list {
				if !yield(c, nil) {
					return
				}
			}
		})
		check(t, err)
		few, err := table.Rows(ctx, upTo(20))
		check(t, err)
		encoded, err := few.Encode(ctx, features.EncodeOptions{})
		check(t, err)
		_, err = s.SaveModel(ctx, "m", model, SaveOptions{Activate: true, Results: &Results{Table: few, Encoded: encoded, Predictions: p[:20]}})
		check(t, err)
		for range 2 {
			_, err = score(s, "m", FetchOptions{})
			check(t, err)
		}
		want("before", [5]int{20, 20, 20, 20, 40})

		id := table.Customer(7).ID
		refused := errors.New("refused")
		if _, err := s.Forget(ctx, id, func(context.Context, *sqlx.Tx, int) error { return refused }); !errors.Is(err, refused) {
			t.Errorf("the error is %v; want that of the function", err)
		}
		want("undone", [5]int{20, 20, 20, 20, 40})

		told := 0
		n, err := s.Forget(ctx, id, func(_ context.Context, _ *sqlx.Tx, rows int) error { told = rows; return nil })
		check(t, err)
		if n != 5 || told != 5 {
			t.Errorf("%d rows are deleted, and %d told; want 5", n, told)
		}
		want("forgotten", [5]int{19, 19, 19, 19, 38})
		if n, err := s.Forget(ctx, id, nil); n != 0 || err != nil {
			t.Errorf("forgetting twice gives %d, %v", n, err)
		}
		// The encoded row of the customer went, and no other.
		left, err := s.Holds(ctx, &Results{Table: few, Predictions: p[:20]})
		check(t, err)
		if left {
			t.Error("the tables hold what was forgotten")
		}
		for _, c := range list {
			_, err := s.Forget(ctx, c.ID, nil)
			check(t, err)
		}
		want("nobody left", [5]int{})
	})
}

// Holds distinguishes the tables that show a model from those that show another one.
func TestHolds(t *testing.T) {
	model, table, p := trained(t, sampleCustomers(t), 1)
	encoded, err := table.Encode(t.Context(), features.EncodeOptions{})
	check(t, err)
	results := &Results{Table: table, Encoded: encoded, Predictions: p}
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		holds := func(want bool) {
			t.Helper()
			if got, err := s.Holds(ctx, results); got != want || err != nil {
				t.Errorf("Holds gives %v, %v; want %v", got, err, want)
			}
		}
		holds(false)
		_, err := s.SaveModel(ctx, "m", model, SaveOptions{Activate: true, Results: results})
		check(t, err)
		holds(true)
		others := append([]segment.Prediction(nil), p...)
		others[3].Cluster++
		check(t, s.SaveResults(ctx, &Results{Table: table, Predictions: others}))
		holds(false)
		check(t, s.SaveResults(ctx, &Results{Table: table, Predictions: p}))
		holds(true)
		rest, err := table.Rows(ctx, upTo(table.Len())[1:])
		check(t, err)
		check(t, s.SaveResults(ctx, &Results{Table: rest}))
		holds(false)
	})
}

func TestCanRollBack(t *testing.T) {
	model, _, _ := trained(t, sampleCustomers(t), 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for i, want := range []bool{false, true, true} {
			_, err := s.SaveModel(ctx, "m", model, SaveOptions{Activate: true})
			check(t, err)
			if got, err := s.CanRollBack(ctx, "m"); got != want || err != nil {
				t.Errorf("after %d activations CanRollBack gives %v, %v", i+1, got, err)
			}
		}
		for _, want := range []bool{true, false} {
			_, err := s.Rollback(ctx, "m", ActivateOptions{})
			check(t, err)
			if got, err := s.CanRollBack(ctx, "m"); got != want || err != nil {
				t.Errorf("CanRollBack gives %v, %v; want %v", got, err, want)
			}
		}
	})
}
