// Package mall makes customers of a shopping mall for tests: a table of words and
// skewed numbers, models' pipelines for it, and rows that a model may refuse.
package mall

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
)

// Frame is a table of named columns.
type Frame struct {
	Numbers map[string][]float64
	Texts   map[string][]string
}

// Columns name the columns of Customers, and Words those of them that hold words.
var (
	Columns = []string{"gender", "age", "income", "city", "score"}
	Words   = []string{"gender", "city"}
)

// Customers returns n customers of the columns gender, age, income, city and score,
// around four kinds. Incomes are skewed; every 50th city and every 40th age is
// missing.
func Customers(n int) *Frame {
	rng := rand.New(rand.NewPCG(11, 12))
	f := &Frame{map[string][]float64{}, map[string][]string{}}
	kinds := []struct {
		gender, city       string
		age, income, score float64
	}{
		{"Female", "Bern", 30, 90, 80}, {"Male", "Basel", 34, 85, 20}, {"Female", "Zürich", 55, 30, 45}, {"Male", "Bern", 25, 22, 78},
	}
	for i := range n {
		k := kinds[i%len(kinds)]
		add := func(name string, v float64) { f.Numbers[name] = append(f.Numbers[name], v) }
		word := func(name, usual string, others ...string) {
			if rng.IntN(5) == 0 {
				usual = others[rng.IntN(len(others))]
			}
			f.Texts[name] = append(f.Texts[name], usual)
		}
		word("gender", k.gender, "Female", "Male")
		word("city", k.city, "Basel", "Bern", "Zürich")
		add("age", k.age+float64(4*rng.NormFloat64()))
		add("income", float64(k.income*num.Exp(float64(0.8*rng.NormFloat64()))))
		add("score", k.score+float64(6*rng.NormFloat64()))
	}
	for i := 9; i < n; i += 50 {
		f.Texts["city"][i] = ""
	}
	for i := 3; i < n; i += 40 {
		f.Numbers["age"][i] = math.NaN()
	}
	return f
}

// Matrix returns the named columns of numbers.
func (f *Frame) Matrix(ctx context.Context, columns ...string) (*mat.Dense, error) {
	var x *mat.Dense
	for j, name := range columns {
		values, ok := f.Numbers[name]
		if !ok {
			return nil, fmt.Errorf("there is no column of numbers %q", name)
		}
		if x == nil {
			x = mat.NewDense(len(values), len(columns), nil)
		}
		x.SetCol(j, values)
	}
	return x, nil
}

// Words returns a column of words.
func (f *Frame) Words(ctx context.Context, column string) ([]string, error) {
	words, ok := f.Texts[column]
	if !ok {
		return nil, fmt.Errorf("there is no column of words %q", column)
	}
	return words, nil
}

// Row returns the values of one row by their names.
func (f *Frame) Row(i int) map[string]any {
	row := map[string]any{}
	for name, values := range f.Numbers {
		if row[name] = values[i]; values[i] != values[i] {
			row[name] = nil
		}
	}
	for name, words := range f.Texts {
		row[name] = words[i]
	}
	return row
}

// Odd returns the rows of f and behind them such as a model may refuse: words
// that are unknown, or known in another case, and numbers that are missing or far
// from all others, below −1 too.
func (f *Frame) Odd() *Frame {
	out := &Frame{map[string][]float64{}, map[string][]string{}}
	for name, values := range f.Numbers {
		out.Numbers[name] = slices.Clone(values)
	}
	for name, words := range f.Texts {
		out.Texts[name] = slices.Clone(words)
	}
	add := func(gender, city string, age, income, score float64) {
		for name, v := range map[string]float64{"age": age, "income": income, "score": score} {
			out.Numbers[name] = append(out.Numbers[name], v)
		}
		for name, word := range map[string]string{"gender": gender, "city": city} {
			out.Texts[name] = append(out.Texts[name], word)
		}
	}
	for _, gender := range []string{"Female", "Male", "female", "", "Divers"} {
		for _, city := range []string{"Bern", "Genf", ""} {
			add(gender, city, 30, 40, 50)
		}
	}
	for _, v := range []float64{0, -1, -0.5, -20, 1e5, math.NaN()} {
		add("Male", "Bern", v, 40, 50)
		add("Male", "Basel", 30, v, 50)
		add("Female", "Zürich", 30, 40, v)
	}
	return out
}

// CheckScored holds the rows of a statement (number of the row, cluster, tier,
// distance, margin) against what a model says of them, and returns how many have a
// cluster. A row that the model refuses must have none.
func CheckScored(t testing.TB, rows *sql.Rows, predict func(row int) (cluster int, tier string, distance, margin float64, err error)) (told int) {
	t.Helper()
	for rows.Next() {
		var row int
		var cluster sql.NullInt64
		var tier sql.NullString
		var distance, margin sql.NullFloat64
		if err := rows.Scan(&row, &cluster, &tier, &distance, &margin); err != nil {
			t.Fatal(err)
		}
		c, name, d, m, err := predict(row)
		switch {
		case err != nil && cluster.Valid:
			t.Errorf("row %d has cluster %d, and Predict says %v", row, cluster.Int64, err)
		case err == nil && (!cluster.Valid || int(cluster.Int64) != c || tier.String != name || !near(distance.Float64, d) || !near(margin.Float64, m)):
			t.Errorf("row %d is in cluster %v, %v, at %v, %v; Predict says %d, %s, at %v, %v", row, cluster, tier.String, distance.Float64, margin.Float64, c, name, d, m)
		case err == nil:
			told++
		}
	}
	if err := rows.Err(); err != nil {
		t.Error(err)
	}
	return told
}

func near(a, b float64) bool { return math.Abs(a-b) <= float64(1e-9*max(1, math.Abs(a), math.Abs(b))) }

// Pipelines returns pipelines for the columns, as Encode gives them with their
// words, that have each step on some columns which the library has.
func Pipelines(words map[string][]string) map[string]preprocess.Pipeline {
	impute := preprocess.NewStep("fill", preprocess.ColumnTransformer{Parts: []preprocess.Part{
		{Columns: []string{"age", "income", "score"}, Step: preprocess.NewStep("median", preprocess.Imputer{})},
		{Columns: Words, Step: preprocess.NewStep("most frequent", preprocess.Imputer{Strategy: preprocess.MostFrequent})},
	}})
	hot := func(u preprocess.UnknownPolicy, columns ...string) preprocess.Part {
		of := map[string][]string{}
		for _, name := range columns {
			of[name] = words[name]
		}
		return preprocess.Part{Columns: columns, Step: preprocess.NewStep("hot "+columns[0], preprocess.OneHotEncoder{Words: of, Unknown: u})}
	}
	with := func(number preprocess.Step) preprocess.Pipeline {
		return preprocess.Pipeline{Steps: []preprocess.Step{impute, preprocess.NewStep("by kind", preprocess.ColumnTransformer{Parts: []preprocess.Part{
			{Columns: []string{"income", "score", "age"}, Step: number}, hot(preprocess.Accept, Words...),
		}}), preprocess.NewStep("pca", preprocess.PCA{Components: 4})}}
	}
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	inner := func(steps ...preprocess.Step) preprocess.Pipeline {
		return with(preprocess.NewStep("inner", preprocess.Pipeline{Steps: steps}))
	}
	return map[string]preprocess.Pipeline{
		"quantiles":         with(preprocess.NewStep("ranks", preprocess.QuantileTransformer{})),
		"few quantiles":     with(preprocess.NewStep("ranks", preprocess.QuantileTransformer{Quantiles: 7})),
		"normal quantiles":  with(preprocess.NewStep("ranks", preprocess.QuantileTransformer{Output: preprocess.Normal})),
		"Yeo-Johnson":       with(preprocess.NewStep("power", preprocess.PowerTransformer{})),
		"unscaled power":    with(preprocess.NewStep("power", preprocess.PowerTransformer{Unscaled: true})),
		"pipeline in parts": inner(preprocess.NewStep("log", preprocess.Log1p{}), scale),
		"PCA in parts":      inner(scale, preprocess.NewStep("pca", preprocess.PCA{Components: 2})),
		"one part each": {Steps: []preprocess.Step{impute, preprocess.NewStep("some", preprocess.ColumnTransformer{Parts: []preprocess.Part{
			hot(preprocess.Refuse, "city"), {Columns: []string{"income"}, Step: preprocess.NewStep("log", preprocess.Log1p{})}, hot(preprocess.Refuse, "gender"),
		}}), scale}},
	}
}
