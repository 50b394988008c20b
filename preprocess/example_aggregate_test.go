package preprocess_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// A mean and a deviation of moments about a centre near the mean.
func ExampleMoments() {
	m := preprocess.Moments{Known: []int{4}, Sums: []preprocess.Sum{{High: 2}}, Squares: []preprocess.Sum{{High: 30}}}
	o := preprocess.MomentsOptions{Center: []float64{100}}
	mean := m.Sums[0].High / float64(m.Known[0])
	fmt.Println(o.Center[0]+mean, m.Squares[0].High/float64(m.Known[0])-mean*mean)
	// Output: 100.5 7.25
}

// A column of which no value is known reaches nowhere.
func ExampleExtent() {
	e := preprocess.Extent{Rows: 3, Known: []int{3}, Least: []float64{18}, Greatest: []float64{95}}
	fmt.Println(e.Greatest[0]-e.Least[0], e.Rows-e.Known[0])
	// Output: 77 0
}

// shop has the rows of a matrix without missing values, and hands out no row.
type shop struct{ x *mat.Dense }

func (s shop) at(ctx context.Context, behind *preprocess.FittedPipeline) (*mat.Dense, error) {
	if behind == nil {
		return s.x, nil
	}
	return behind.Transform(ctx, s.x)
}

func (s shop) Extent(ctx context.Context, behind *preprocess.FittedPipeline) (e preprocess.Extent, err error) {
	x, err := s.at(ctx, behind)
	if err != nil {
		return e, err
	}
	n, d := x.Dims()
	e.Rows = n
	for j := range d {
		values := mat.Col(nil, j, x)
		e.Known, e.Least, e.Greatest = append(e.Known, n), append(e.Least, slices.Min(values)), append(e.Greatest, slices.Max(values))
	}
	return e, nil
}

func (s shop) Ranks(ctx context.Context, behind *preprocess.FittedPipeline, ranks [][]int) ([][]float64, error) {
	x, err := s.at(ctx, behind)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(ranks))
	for j, of := range ranks {
		values := slices.Sorted(slices.Values(mat.Col(nil, j, x)))
		for _, rank := range of {
			out[j] = append(out[j], values[rank])
		}
	}
	return out, nil
}

func (s shop) Moments(ctx context.Context, behind *preprocess.FittedPipeline, o preprocess.MomentsOptions) (m preprocess.Moments, err error) {
	x, err := s.at(ctx, behind)
	if err != nil {
		return m, err
	}
	n, d := x.Dims()
	m.Known, m.Sums, m.Squares = slices.Repeat([]int{n}, d), make([]preprocess.Sum, d), make([]preprocess.Sum, d)
	for i := range n { // these sums are exact as the numbers are small and whole
		for j, v := range x.RawRowView(i) {
			if o.Center != nil {
				v -= o.Center[j]
			}
			if o.Power != nil {
				v *= o.Power[j]
			}
			m.Sums[j].High += v
			m.Squares[j].High += float64(v * v)
		}
	}
	return m, nil
}

// Steps are fitted where the rows are: a database, or a shop that hands out aggregates
// alone.
func ExampleAggregator() {
	var rows preprocess.Aggregator = shop{mat.NewDense(4, 2, []float64{20, 1, 40, 2, 60, 3, 80, 6})}
	scale := preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax})}}
	fitted, err := scale.FitAggregates(context.Background(), rows, "age", "visits")
	if err != nil {
		log.Fatal(err)
	}
	scaler, _ := preprocess.StepAs[*preprocess.FittedScaler](fitted, "scale")
	fmt.Println(scaler.Center(), scaler.Scale())
	// Output: [20 1] [60 5]
}

// The parameters of rows that stay where they are have the bits of those of Fit.
func ExamplePipeline_FitAggregates() {
	ctx := context.Background()
	x := mat.NewDense(4, 2, []float64{20, 1, 40, 2, 60, 3, 80, 6})
	steps := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("scale", preprocess.Scaler{}),
	}}
	there, err := steps.FitAggregates(ctx, shop{x}, "age", "visits")
	if err != nil {
		log.Fatal(err)
	}
	here, err := steps.Fit(ctx, x, "age", "visits")
	if err != nil {
		log.Fatal(err)
	}
	a, _ := preprocess.StepAs[*preprocess.FittedScaler](there, "scale")
	b, _ := preprocess.StepAs[*preprocess.FittedScaler](here, "scale")
	fmt.Println(a.Center(), slices.Equal(a.Scale(), b.Scale()))
	// Output: [50 3] true
}

// A hundred and one times 0.5 behind 1e16, to which float64 adds nothing less than 2.
func ExampleSum() {
	s := preprocess.Sum{High: 1e16 + 50, Low: 0.5}
	fmt.Printf("%.0f and %v\n", s.High, s.Low)
	// Output: 10000000000000050 and 0.5
}

// Sums about a centre near the mean, in units of two.
func ExampleMomentsOptions() {
	m, err := shop{mat.NewDense(3, 1, []float64{98, 100, 104})}.Moments(context.Background(), nil, preprocess.MomentsOptions{
		Center: []float64{100}, Power: []float64{0.5},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Sums[0].High, m.Squares[0].High)
	// Output: 1 5
}
