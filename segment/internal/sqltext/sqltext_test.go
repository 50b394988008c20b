package sqltext

import (
	"database/sql"
	"math"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	_ "modernc.org/sqlite"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// As gives what the pipeline gives, step for step, and the columns as they are without
// one. That PostgreSQL does too, and all other steps do, is tested by package store.
func TestAs(t *testing.T) {
	x := mat.NewDense(6, 3, []float64{1, 50, 7, 2, 40, 8, 4, math.NaN(), 1, 8, 20, 0, 16, 11, 3, 32, 10, 5})
	names := []string{"a", "b c", `d"`}
	pipeline, err := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("some", preprocess.ColumnTransformer{Parts: []preprocess.Part{
			{Columns: []string{`d"`, "a"}, Step: preprocess.NewStep("inner", preprocess.Pipeline{Steps: []preprocess.Step{
				preprocess.NewStep("scale", preprocess.Scaler{}), preprocess.NewStep("log", preprocess.PowerTransformer{}),
			}})},
		}}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax}),
		preprocess.NewStep("pca", preprocess.PCA{Components: 2}),
		preprocess.NewStep("again", preprocess.Scaler{}),
	}}.Fit(t.Context(), x, names...)
	if err != nil {
		t.Fatal(err)
	}
	want, err := pipeline.Transform(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE "t t" (row INTEGER, a, "b c", "d""" REAL)`); err != nil {
		t.Fatal(err)
	}
	var columns []Column
	for _, name := range names {
		columns = append(columns, Column{Name: name})
	}
	for i := range 6 {
		v := mat.Row(nil, i, x) // NaN is NULL in SQLite
		if _, err := db.Exec(`INSERT INTO "t t" VALUES (?, ?, ?, ?)`, i, v[0], v[1], v[2]); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		pipeline *preprocess.FittedPipeline
		want     mat.Matrix
	}{{nil, x}, {pipeline, want}} {
		w, err := New(SQLite, Name("t t"), columns, []string{"row"}, c.pipeline)
		if err != nil {
			t.Fatal(err)
		}
		_, d := c.want.Dims()
		near(t, db, w.As([]string{"x", "y z", `"`}[:d]...), c.want)
	}
}

// near compares the rows of a SELECT of a row's number and its values.
func near(t *testing.T, db *sql.DB, query string, want mat.Matrix) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n, d := want.Dims()
	seen := 0
	for ; rows.Next(); seen++ {
		var i int
		got := make([]sql.NullFloat64, d)
		into := []any{&i}
		for j := range got {
			into = append(into, &got[j])
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for j, v := range got {
			if w := want.At(i, j); v.Valid == math.IsNaN(w) || v.Valid && math.Abs(v.Float64-w) > 1e-12 {
				t.Errorf("row %d has %v in column %d; want %v", i, v, j, w)
			}
		}
	}
	if err := rows.Err(); err != nil || seen != n {
		t.Errorf("%d rows of %d, %v", seen, n, err)
	}
}

func TestNewRefusesAStepWithoutSQL(t *testing.T) {
	pipeline, err := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("odd", segtest.Odd{})}}.Fit(t.Context(), mat.NewDense(2, 1, []float64{1, 2}), "a")
	if err != nil {
		t.Fatal(err)
	}
	if w, err := New(Postgres, "t", []Column{{Name: "a"}}, nil, pipeline); w != nil || err == nil || !strings.Contains(err.Error(), `step "odd"`) {
		t.Errorf("%v, %v", w, err)
	}
}

func TestNumberLiterals(t *testing.T) {
	for _, x := range []float64{0, 1, -1, 0.1, -0.1, 1e21, -1e-9, math.MaxFloat64, math.SmallestNonzeroFloat64, 58138, 1.0 / 3} {
		s := Number(x)
		v, err := strconv.ParseFloat(strings.Trim(s, "()"), 64)
		if err != nil || v != x {
			t.Errorf("%v is written as %s, which reads as %v (%v)", x, s, v, err)
		}
		if !strings.ContainsAny(s, ".e") {
			t.Errorf("%v is written as the integer %s", x, s)
		}
		if x < 0 && s[0] != '(' {
			t.Errorf("%v is written as %s; a minus before it would begin a comment", x, s)
		}
	}
}

func TestQuotes(t *testing.T) {
	for _, c := range []struct {
		d          Dialect
		text, want string
	}{
		{Postgres, "it's", "'it''s'"},
		{Postgres, `\'; --`, ` E'\\''; --'`},
		{SQLite, `\'; --`, `'\''; --'`},
		{SQLite, "a\x00b", "'ab'"},
	} {
		if got := Text(c.d, c.text); got != c.want {
			t.Errorf("%s: %q is quoted as %s; want %s", c.d, c.text, got, c.want)
		}
	}
	if got := Name(`x"; drop table`); got != `"x""; drop table"` {
		t.Errorf("the name is quoted as %s", got)
	}
}

// A sum of more terms than expressions may be nested is still an expression, and
// sub-selects that are wider than the database takes are told.
func TestWide(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	terms := make([]string, 2700)
	columns := make([]Column, len(terms))
	for i := range terms {
		terms[i], columns[i] = strconv.Itoa(i), Column{Name: "x" + strconv.Itoa(i)}
	}
	var sum int
	if err := db.QueryRow("SELECT " + Sum(terms)).Scan(&sum); err != nil || sum != 2700*2699/2 {
		t.Errorf("the sum is %d, %v", sum, err)
	}
	for d, most := range map[Dialect]int{Postgres: 1664, SQLite: 2000} {
		for _, n := range []int{most - 1, most} { // one more is kept
			w, err := New(d, "t", columns[:n], []string{"id"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.CheckWidth(); (err != nil) != (n == most) {
				t.Errorf("%s, %d columns: %v", d, n, err)
			}
		}
	}
}
