package segment_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/mall"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// mallModels returns models of each way in which words and skewed numbers reach the
// clusters.
func mallModels(t *testing.T, f *mall.Frame) map[string]*segment.Model {
	t.Helper()
	models := map[string]*segment.Model{}
	for name, p := range preparations {
		models[name] = trainMall(t, f, p, segment.TrainOptions{K: 4, Seed: 1}).Model
	}
	x, words, err := preprocess.Encode(t.Context(), f, mall.Columns, mall.Words...)
	if err != nil {
		t.Fatal(err)
	}
	for name, pipeline := range mall.Pipelines(words) {
		models[name] = must[*segment.TrainResult](t)(segment.Train(t.Context(), x, segment.TrainOptions{
			Columns: mall.Columns, Value: []string{"score"}, K: 4, Seed: 1, Pipeline: &pipeline,
		})).Model
	}
	return models
}

// TestSQLOfWords: on each row the statement says what Predict does, or nothing where
// that refuses. That PostgreSQL says the same is tested by package store.
func TestSQLOfWords(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE mall (row INTEGER, gender TEXT COLLATE NOCASE, age REAL, income REAL, city, score REAL)`); err != nil {
		t.Fatal(err)
	}
	f := mall.Customers(400)
	odd := f.Odd()
	for i := range odd.Texts["city"] {
		row := odd.Row(i)
		if _, err := db.Exec("INSERT INTO mall VALUES (?, ?, ?, ?, ?, ?)", i, row["gender"], row["age"], row["income"], row["city"], row["score"]); err != nil {
			t.Fatal(err)
		}
	}
	for name, m := range mallModels(t, f) {
		t.Run(name, func(t *testing.T) {
			query, err := m.SQL(segment.SQLite, segment.SQLOptions{Table: "mall", Keep: []string{"row"}})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := db.Query(query)
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			if told := mall.CheckScored(t, rows, func(i int) (int, string, float64, float64, error) {
				p, err := m.PredictValues(odd.Row(i))
				return p.Cluster, p.Tier, p.Distance, p.Margin, err
			}); told < 400 {
				t.Errorf("%d rows have a cluster", told)
			}
		})
	}
}

// TestSQLRefusesAnUnknownStep: the error names the step, wherever it lies.
func TestSQLRefusesAnUnknownStep(t *testing.T) {
	x := mat.NewDense(6, 2, []float64{1, 5, 2, 4, 9, 3, 8, 2, 3, 1, 7, 0})
	steps := []preprocess.Step{step("some", preprocess.ColumnTransformer{Parts: []preprocess.Part{
		{Columns: []string{"b"}, Step: preprocess.NewStep("inner", preprocess.Pipeline{Steps: []preprocess.Step{step("odd", segtest.Odd{})}})},
	}})}
	m := must[*segment.TrainResult](t)(segment.Train(t.Context(), x, segment.TrainOptions{Columns: []string{"a", "b"}, Value: []string{"a"}, K: 2, Pipeline: &preprocess.Pipeline{Steps: steps}}))
	_, err := m.SQL(segment.Postgres, segment.SQLOptions{Table: "t"})
	if !errors.Is(err, segment.ErrOption) || !strings.Contains(err.Error(), `step "some": step "inner": step "odd" of the pipeline, a segtest.OddFitted, has no SQL`) {
		t.Errorf("error %v", err)
	}
	f := mall.Customers(40)
	f.Texts["city"][3] = "a\x00b"
	_, err = trainMall(t, f, preparations["accept"], segment.TrainOptions{K: 2}).SQL(segment.SQLite, segment.SQLOptions{Table: "t"})
	if !errors.Is(err, segment.ErrOption) || !strings.Contains(err.Error(), `"a\x00b" of column city`) {
		t.Errorf("error %v", err)
	}
}

// TestSQLQuotesWords: words that look like SQL stay words.
func TestSQLQuotesWords(t *testing.T) {
	f := mall.Customers(200)
	strange := []string{`it's`, `\'; DROP TABLE mall; --`, `Zürich`}
	for i, city := range f.Texts["city"] {
		if city != "" {
			f.Texts["city"][i] = strange[slices.Index([]string{"Basel", "Bern", "Zürich"}, city)]
		}
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE mall (gender TEXT, age REAL, income REAL, city TEXT, score REAL)`); err != nil {
		t.Fatal(err)
	}
	m := trainMall(t, f, preparations["refuse"], segment.TrainOptions{K: 4, Seed: 1})
	query, err := m.SQL(segment.SQLite, segment.SQLOptions{Table: "mall"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		row := f.Row(i)
		if _, err := db.Exec("DELETE FROM mall"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("INSERT INTO mall VALUES (?, ?, ?, ?, ?)", row["gender"], row["age"], row["income"], row["city"], row["score"]); err != nil {
			t.Fatal(err)
		}
		var cluster int
		var tier string
		var distance, margin float64
		if err := db.QueryRow(query).Scan(&cluster, &tier, &distance, &margin); err != nil {
			t.Fatalf("%v: %v", row, err)
		}
		if p, err := m.PredictValues(row); err != nil || cluster != p.Cluster || math.Abs(distance-p.Distance) > 1e-9 {
			t.Fatalf("%v is in cluster %d at %v; Predict %v", row, cluster, distance, fmt.Sprint(p, err))
		}
	}
}
