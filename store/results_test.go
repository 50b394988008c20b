package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// mallModel returns customers that are none of the campaign schema, of whom some have no
// income, and a model of them with its results.
func mallModel(t testing.TB, rows int, seed uint64) (*segment.Model, *Results) {
	t.Helper()
	ids, genders, ages, incomes := make([]string, rows), make([]string, rows), make([]int, rows), make([]float64, rows)
	for i := range rows {
		ids[i], genders[i], ages[i] = fmt.Sprintf("%04d", i+1), []string{"Female", "Male", "Female"}[i%3], 20+i%3*20+i%7
		incomes[i] = float64(15 + i%4*30 + i%5)
		if i%17 == 0 {
			incomes[i] = math.NaN()
		}
	}
	table, err := features.NewTable(time.Time{},
		features.WordSeries(features.Column{Name: "CustomerID", Kind: features.Identifier}, ids),
		features.WordSeries(features.Column{Name: "Gender"}, genders),
		features.NumberSeries(features.Column{Name: "Age", Unit: "years"}, ages),
		features.NumberSeries(features.Column{Name: "Annual Income (k$)", Unit: "k$"}, incomes))
	check(t, err)
	columns := []string{"Gender", "Age", "Annual Income (k$)"}
	x, words, err := preprocess.Encode(t.Context(), table, columns, "Gender")
	check(t, err)
	pipeline, _, err := preprocess.Preparation{Words: words}.Choose(t.Context(), x, columns...)
	check(t, err)
	m, err := segment.Train(t.Context(), x, segment.TrainOptions{Columns: columns, Value: columns[2:], K: 3, Seed: seed, Pipeline: &pipeline})
	check(t, err)
	p, err := m.PredictMatrix(t.Context(), x)
	check(t, err)
	encoded, err := features.FromMatrix(t.Context(), x, columns...)
	check(t, err)
	return m.Model, &Results{Raw: table, Table: table, Encoded: &features.Encoded{Table: encoded}, Predictions: p}
}

func TestResultsOfAnyTable(t *testing.T) {
	m, r := mallModel(t, 200, 1)
	m2, r2 := mallModel(t, 90, 2)
	campaign, table, p := trained(t, sampleCustomers(t)[:300], 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		// The data sets live beside each other.
		_, err := s.SaveModel(ctx, "shop", campaign, SaveOptions{Activate: true, Results: &Results{Table: table, Predictions: p}})
		check(t, err)
		for range 2 {
			info, err := s.SaveModel(ctx, "mall", m, SaveOptions{Activate: true, Results: r})
			check(t, err)
			if !info.Active {
				t.Errorf("%+v", info)
			}
		}
		_, err = s.SaveModel(ctx, "My Mall", m2, SaveOptions{Activate: true, Results: r2})
		check(t, err)
		for name, want := range map[string]*Results{"mall": r, "My Mall": r2} {
			for suffix, table := range map[string]*features.Table{"": want.Raw, "_unencoded": want.Table, "_encoded": want.Encoded.Table} {
				got, err := s.ReadTable(ctx, name+suffix, TableOptions{})
				check(t, err)
				sameTable(t, got, table)
			}
			got, err := s.ReadTable(ctx, name+"_merged", TableOptions{})
			check(t, err)
			if got.Len() != want.Table.Len() {
				t.Errorf("%d rows are merged; want %d", got.Len(), want.Table.Len())
			}
			for i, p := range want.Predictions {
				if got.Series("cluster").Number(i) != float64(p.Cluster) || got.Series("tier").Word(i) != p.Tier || got.Series("CustomerID").Word(i) != want.Table.Series("CustomerID").Word(i) {
					t.Fatalf("merged row %d of %s is another one", i, name)
				}
			}
			named := *want
			named.Name = name
			holds(t, s, &named, true)
		}
		holds(t, s, &Results{Table: table, Predictions: p}, true)
		named := *r
		named.Name = "My Mall"
		holds(t, s, &named, false)
		named.Name = "nobody"
		holds(t, s, &named, false)

		// Without results the rows that are there are tried.
		check(t, s.Activate(ctx, "mall", 1, ActivateOptions{}))
		v, err := s.Rollback(ctx, "mall", ActivateOptions{})
		if check(t, err); v != 2 {
			t.Errorf("rolled back to %d", v)
		}
		_, err = s.SaveModel(ctx, "mall", campaign, SaveOptions{})
		check(t, err)
		wantError(t, s.Activate(ctx, "mall", 3, ActivateOptions{}), ErrUnfit, "spent")
		_, err = s.SaveModel(ctx, "none", m, SaveOptions{Activate: true})
		wantError(t, err, ErrUnfit)

		// Results of a later activation replace the tables with the model, or not at all.
		fewer := func(rows int) ActivateOptions {
			return ActivateOptions{Results: func(ctx context.Context, m *segment.Model) (*Results, error) {
				cut, err := r.Table.Rows(ctx, upTo(50))
				return &Results{Table: cut, Predictions: r.Predictions[:rows]}, err
			}}
		}
		wantError(t, s.Activate(ctx, "mall", 1, fewer(49)), ErrValue, "49 predictions")
		if n, err := s.Count(ctx, "mall_merged"); n != 200 || err != nil {
			t.Errorf("there are %d rows, %v", n, err)
		}
		check(t, s.Activate(ctx, "mall", 1, fewer(50)))
		if n, err := s.Count(ctx, "mall_merged"); n != 50 || err != nil {
			t.Errorf("there are %d rows, %v", n, err)
		}
		if _, info, err := s.LoadModel(ctx, "mall", Active); info.Version != 1 || err != nil {
			t.Errorf("version %d is active, %v", info.Version, err)
		}
		holds(t, s, &Results{Table: table, Predictions: p}, true)
	})
}

func holds(t testing.TB, s *Store, r *Results, want bool) {
	t.Helper()
	if got, err := s.Holds(t.Context(), r); got != want || err != nil {
		t.Errorf("the tables of %q hold the results: %t, %v; want %t", r.Name, got, err, want)
	}
}

func TestResultsRefuseNames(t *testing.T) {
	m, r := mallModel(t, 60, 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, name := range []string{"customers", "segmentation_models"} {
			_, err := s.SaveModel(ctx, name, m, SaveOptions{Activate: true, Results: r})
			wantError(t, err, ErrName, name)
		}
		execute(t, s, "CREATE TABLE theirs_merged (position integer, n integer)", "INSERT INTO theirs_merged VALUES (1, 7)")
		_, err := s.SaveModel(ctx, "theirs", m, SaveOptions{Activate: true, Results: r})
		wantError(t, err, ErrColumns, "theirs_merged")
		_, _, err = s.LoadModel(ctx, "theirs", Latest)
		wantError(t, err, ErrNoModel)
		_, err = s.ReadTable(ctx, "theirs", TableOptions{})
		wantError(t, err, ErrNoTable)
		wantError(t, s.SaveResults(ctx, &Results{Raw: r.Raw}), ErrOption, "Name")
		if s.Dialect() == Postgres {
			_, err = s.SaveModel(ctx, "a_name_of_fifty_five_bytes_which_is_long_but_a_table_name", m, SaveOptions{Activate: true, Results: r})
			wantError(t, err, ErrName, "67 bytes", "63")
		}
		// A column named as one of ours.
		merged, err := r.Table.With(features.WordSeries(features.Column{Name: "tier"}, make([]string, r.Table.Len())))
		check(t, err)
		_, err = s.SaveModel(ctx, "mall", m, SaveOptions{Activate: true, Results: &Results{Table: merged, Predictions: r.Predictions}})
		wantError(t, err, features.ErrDuplicateColumn, "tier")
		check(t, s.SaveResults(ctx, &Results{Name: "mall", Table: merged, Merged: r.Table}))
		if n, err := s.Count(ctx, "mall_merged"); n != 60 || err != nil {
			t.Errorf("there are %d rows, %v", n, err)
		}
	})
}

// Of two data sets, the customer of one is forgotten.
func TestForgetFrom(t *testing.T) {
	m, r := mallModel(t, 60, 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, name := range []string{"mall", "other? 'mall'"} {
			_, err := s.SaveModel(ctx, name, m, SaveOptions{Activate: true, Results: r})
			check(t, err)
			_, err = s.AppendScores(ctx, All([]Score{{CustomerID: "0007", Model: name, Version: 1, Tier: "Gold"}, {CustomerID: "0008", Model: name, Version: 1, Tier: "Gold"}}))
			check(t, err)
		}
		n, err := s.ForgetFrom(ctx, "other? 'mall'", "CustomerID", "0007", nil)
		if check(t, err); n != 4 {
			t.Errorf("%d rows were deleted", n)
		}
		for name, want := range map[string]int{"mall": 60, "other? 'mall'": 59} {
			for _, suffix := range []string{"", "_unencoded", "_encoded", "_merged"} {
				table, err := s.ReadTable(ctx, name+suffix, TableOptions{})
				check(t, err)
				if table.Len() != want {
					t.Errorf("%s has %d rows; want %d", name+suffix, table.Len(), want)
				}
				if ids := table.Series("CustomerID"); want == 59 && ids.Len() > 0 && ids.Word(6) != "0008" {
					t.Errorf("%s has customer %s", name+suffix, ids.Word(6))
				}
			}
		}
		log, err := s.History(ctx, "0007")
		if check(t, err); len(log) != 1 || log[0].Model != "mall" {
			t.Errorf("the log has %+v", log)
		}
		no := errors.New("not today")
		_, err = s.ForgetFrom(ctx, "mall", "CustomerID", "0007", func(context.Context, *sqlx.Tx, int) error { return no })
		wantError(t, err, no)
		_, err = s.ForgetFrom(ctx, "mall", "id", "0007", nil)
		wantError(t, err, ErrColumns, "lacks id", "CustomerID")
		if n, err := s.Count(ctx, "mall"); n != 60 || err != nil {
			t.Errorf("there are %d rows, %v", n, err)
		}
		if n, err := s.ForgetFrom(ctx, "nobody", "id", "0007", nil); n != 0 || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		_, err = s.ForgetFrom(ctx, "customers", "id", "1", nil)
		wantError(t, err, ErrName)
	})
}

// Ids that are amounts are found, as which SQLite writes 7 as 7.0.
func TestForgetFromAmounts(t *testing.T) {
	_, r := mallModel(t, 60, 1)
	amounts := make([]float64, 60)
	for i := range amounts {
		amounts[i] = float64(i) + 0.5
	}
	amounts[6] = 7
	table, err := r.Table.With(features.NumberSeries(features.Column{Name: "Key", Kind: features.Amount}, amounts))
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		check(t, s.SaveResults(ctx, &Results{Name: "mall", Raw: table, Table: table, Merged: table}))
		for id, want := range map[string]int{"7": 3, "8.5": 3, "9": 0} {
			n, err := s.ForgetFrom(ctx, "mall", "Key", id, nil)
			if check(t, err); n != want {
				t.Errorf("%d rows of %s were deleted; want %d", n, id, want)
			}
		}
		left, err := s.ReadTable(ctx, "mall_merged", TableOptions{})
		check(t, err)
		if key := left.Series("Key"); left.Len() != 58 || key.Number(6) != 7.5 || key.Number(7) != 9.5 {
			t.Errorf("%d rows are left: %v", left.Len(), key.Numbers())
		}
	})
}
