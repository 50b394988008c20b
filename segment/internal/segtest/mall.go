package segtest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Frame is a table of named columns.
type Frame struct {
	Numbers map[string][]float64
	Texts   map[string][]string
}

// MallColumns name the columns of Mall, and MallWords those of them that hold words.
var (
	MallColumns = []string{"gender", "age", "income", "city", "score"}
	MallWords   = []string{"gender", "city"}
)

// Mall returns n customers of the columns gender, age, income, city and score,
// around four kinds. Incomes are skewed; every 50th city and every 40th age is
// missing.
func Mall(n int) *Frame {
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
func (f *Frame) Matrix(columns ...string) (*mat.Dense, error) {
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
func (f *Frame) Words(column string) ([]string, error) {
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
