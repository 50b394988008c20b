package preprocess_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/testdata"
	"gonum.org/v1/gonum/mat"
)

// matrixAggregator answers for the rows of a matrix, with the exact sums of math/big.
type matrixAggregator struct {
	x     *mat.Dense
	calls []string
	spoil func(*preprocess.Extent, [][]float64, *preprocess.Moments) // changes answers
}

func (a *matrixAggregator) behind(ctx context.Context, call string, p *preprocess.FittedPipeline) (*mat.Dense, error) {
	a.calls = append(a.calls, call)
	if p == nil {
		return a.x, nil
	}
	return p.Transform(ctx, a.x)
}

func known(x *mat.Dense, j int) []float64 {
	return slices.DeleteFunc(mat.Col(nil, j, x), math.IsNaN)
}

func (a *matrixAggregator) Extent(ctx context.Context, p *preprocess.FittedPipeline) (preprocess.Extent, error) {
	x, err := a.behind(ctx, "extent", p)
	if err != nil {
		return preprocess.Extent{}, err
	}
	n, d := x.Dims()
	e := preprocess.Extent{Rows: n}
	for j := range d {
		low, high := math.Inf(1), math.Inf(-1)
		values := known(x, j)
		for _, v := range values {
			low, high = min(low, v), max(high, v)
		}
		e.Known, e.Least, e.Greatest = append(e.Known, len(values)), append(e.Least, low), append(e.Greatest, high)
	}
	if a.spoil != nil {
		a.spoil(&e, nil, nil)
	}
	return e, nil
}

func (a *matrixAggregator) Ranks(ctx context.Context, p *preprocess.FittedPipeline, ranks [][]int) ([][]float64, error) {
	x, err := a.behind(ctx, "ranks", p)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(ranks))
	for j, list := range ranks {
		values := known(x, j)
		slices.Sort(values)
		for _, r := range list {
			out[j] = append(out[j], values[r])
		}
	}
	if a.spoil != nil {
		a.spoil(nil, out, nil)
	}
	return out, nil
}

// exactSum adds values up in 4,400 bits, which hold every sum of float64, and rounds once.
type exactSum struct{ big.Float }

func (s *exactSum) add(v float64) {
	if s.Prec() == 0 {
		s.SetPrec(4400)
	}
	s.Add(&s.Float, new(big.Float).SetFloat64(v))
}

func (s *exactSum) rounded() preprocess.Sum {
	high, _ := s.Float64()
	if math.IsInf(high, 0) {
		return preprocess.Sum{High: high}
	}
	low, _ := new(big.Float).SetPrec(4400).Sub(&s.Float, new(big.Float).SetFloat64(high)).Float64()
	return preprocess.Sum{High: high, Low: low}
}

func (a *matrixAggregator) Moments(ctx context.Context, p *preprocess.FittedPipeline, o preprocess.MomentsOptions) (preprocess.Moments, error) {
	call := "moments"
	if o.Products {
		call = "products"
	}
	x, err := a.behind(ctx, call, p)
	if err != nil {
		return preprocess.Moments{}, err
	}
	n, d := x.Dims()
	sums, squares, products := make([]exactSum, d), make([]exactSum, d), make([]exactSum, d*d)
	m := preprocess.Moments{Known: make([]int, d)}
	v := make([]float64, d)
	for i := range n {
		for j := range d {
			v[j] = x.At(i, j)
			if o.Center != nil {
				v[j] -= o.Center[j]
			}
			if o.Power != nil {
				v[j] = float64(v[j] * o.Power[j])
			}
		}
		for j, u := range v {
			if u != u {
				continue
			}
			m.Known[j]++
			sums[j].add(u)
			squares[j].add(float64(u * u))
			for l, w := range v {
				if o.Products && w == w {
					products[j*d+l].add(float64(u * w))
				}
			}
		}
	}
	for j := range d {
		m.Sums, m.Squares = append(m.Sums, sums[j].rounded()), append(m.Squares, squares[j].rounded())
	}
	for i := range products {
		if o.Products {
			m.Products = append(m.Products, products[i].rounded())
		}
	}
	if a.spoil != nil {
		a.spoil(nil, nil, &m)
	}
	return m, nil
}

// population is a matrix on which Fit and FitAggregates have to agree.
type population struct {
	name    string
	x       *mat.Dense
	columns []string
}

// populations returns rows that are easy to get wrong.
func populations(t *testing.T) []population {
	rng := rand.New(rand.NewPCG(3, 1))
	random := func(n, d int, f func(i, j int) float64) *mat.Dense {
		x := mat.NewDense(n, d, nil)
		x.Apply(func(i, j int, _ float64) float64 { return f(i, j) }, x)
		return x
	}
	gap := func(share, v float64) float64 {
		if rng.Float64() < share {
			return math.NaN()
		}
		return v
	}
	all := []population{
		{"gaps", random(301, 4, func(_, j int) float64 { return gap(float64(j)/5, rng.NormFloat64()*float64(j+1)+10) }), nil},
		{"a constant beside others", random(64, 3, func(i, j int) float64 {
			return []float64{0.1, float64(i % 7), rng.ExpFloat64()}[j]
		}), nil},
		{"nearly constant", random(50, 2, func(i, j int) float64 { return 1e9 + float64(i%2)*float64(j)*0x1p-22 }), nil},
		{"all magnitudes", random(99, 5, func(_, j int) float64 {
			return gap(0.1, rng.NormFloat64()*[]float64{1e300, 1e-300, 1, 1e150, 1e-160}[j])
		}), nil},
		{"sums beyond float64", random(40, 2, func(i, j int) float64 { return gap(0.2, 1e308*(0.5+0.3*rng.Float64())) }), nil},
		{"one column", random(17, 1, func(int, int) float64 { return rng.NormFloat64() }), nil},
		{"ties", random(1000, 3, func(i, j int) float64 { return gap(0.05, float64(rng.IntN(3+j))-1) }), nil},
		{"far from 0", random(500, 3, func(i, j int) float64 { return 1e9 + rng.NormFloat64() }), nil},
		{"negative zeros", random(9, 2, func(i, j int) float64 { return math.Copysign(0, float64(i%2)-0.5) * float64(j) }), nil},
		{"collinear", random(60, 3, func(i, j int) float64 { return float64((i*i%17)*(j+1) + j*i) }), nil},
		{"fewer rows than columns", random(3, 5, func(i, j int) float64 { return rng.NormFloat64() }), nil},
	}
	add := func(name string, table *features.Table) {
		columns := features.TrainingColumns
		all = append(all, population{name, must[*mat.Dense](t)(table.Matrix(t.Context(), columns...)), columns})
	}
	add("the sample", cleaned(t, must[[]features.Customer](t)(readAll(features.ReadFile(t.Context(), "../testdata/customers.csv", features.ReadOptions{})))))
	if path, ok := testenv.FindCampaign(t); ok {
		add("the real file", cleaned(t, must[[]features.Customer](t)(readAll(features.ReadFile(t.Context(), path, features.ReadOptions{})))))
	}
	return all
}

func readAll(customers []features.Customer, _ features.Report, err error) ([]features.Customer, error) {
	return customers, err
}

func cleaned(t *testing.T, customers []features.Customer) *features.Table {
	table := must[*features.Table](t)(features.Engineer(t.Context(), customers, features.AsOf(testdata.AsOf)))
	clean, _, err := features.Clean(t.Context(), table, features.CleanOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return clean
}

func pipelineOf(transformers ...preprocess.Step) preprocess.Pipeline {
	return preprocess.Pipeline{Steps: transformers}
}

// TestFitAggregatesBits: what aggregates say of imputers and scalers has the bits of Fit.
func TestFitAggregatesBits(t *testing.T) {
	for _, p := range populations(t) {
		for _, strategy := range []preprocess.Strategy{preprocess.Median, preprocess.Mean, preprocess.Constant} {
			for _, method := range []preprocess.Method{preprocess.Standard, preprocess.MinMax, preprocess.Robust} {
				t.Run(fmt.Sprint(p.name, " ", strategy, " ", method), func(t *testing.T) {
					pipeline := pipelineOf(
						preprocess.NewStep("impute", preprocess.Imputer{Strategy: strategy, Fill: 2}),
						preprocess.NewStep("scale", &preprocess.Scaler{Method: method}))
					want, wrong := pipeline.Fit(t.Context(), p.x, p.columns...)
					got, err := pipeline.FitAggregates(t.Context(), &matrixAggregator{x: p.x}, p.columns...)
					if wrong != nil || err != nil {
						t.Fatalf("by aggregates %v, on rows %v", err, wrong)
					}
					sameJSON(t, got, want)
				})
			}
		}
	}
}

func sameJSON(t *testing.T, got, want any) {
	t.Helper()
	g, w := must[[]byte](t)(json.Marshal(got)), must[[]byte](t)(json.Marshal(want))
	if !bytes.Equal(g, w) {
		t.Errorf("by aggregates:\n%s\non rows:\n%s", g, w)
	}
}

// TestFitAggregatesComponents holds components to those of Fit.
func TestFitAggregatesComponents(t *testing.T) {
	for _, p := range populations(t) {
		for _, scaler := range []any{preprocess.Standard, preprocess.MinMax, preprocess.Robust, nil} {
			t.Run(fmt.Sprint(p.name, " ", scaler), func(t *testing.T) {
				steps := []preprocess.Step{preprocess.NewStep("impute", preprocess.Imputer{})}
				if scaler != nil {
					steps = append(steps, preprocess.NewStep("scale", preprocess.Scaler{Method: scaler.(preprocess.Method)}))
				}
				pipeline := pipelineOf(append(steps, preprocess.NewStep("pca", preprocess.PCA{}))...)
				want, wrong := pipeline.Fit(t.Context(), p.x, p.columns...)
				got, err := pipeline.FitAggregates(t.Context(), &matrixAggregator{x: p.x}, p.columns...)
				if wrong != nil {
					if !errors.Is(wrong, preprocess.ErrOverflow) || !errors.Is(err, preprocess.ErrOverflow) {
						t.Fatalf("by aggregates %v, on rows %v", err, wrong)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				a, _ := preprocess.StepAs[*preprocess.FittedPCA](got, "pca")
				b, _ := preprocess.StepAs[*preprocess.FittedPCA](want, "pca")
				sameComponents(t, a, b)
			})
		}
	}
}

// sameComponents compares variances and ratios with the greatest variance, and the
// directions of components that no other has the variance of.
func sameComponents(t *testing.T, got, want *preprocess.FittedPCA) {
	t.Helper()
	const tolerance = 1e-10
	wantVariance, wantSingular := want.ExplainedVariance(), want.SingularValues()
	scale := max(wantVariance[0], math.SmallestNonzeroFloat64)
	for i, v := range got.ExplainedVariance() {
		if !(math.Abs(v-wantVariance[i]) <= tolerance*scale) {
			t.Errorf("variance %d is %v, want %v", i, v, wantVariance[i])
		}
		if r, w := got.ExplainedVarianceRatio()[i], want.ExplainedVarianceRatio()[i]; !(math.Abs(r-w) <= tolerance) {
			t.Errorf("ratio %d is %v, want %v", i, r, w)
		}
		lone := wantVariance[i] > 1e-5*scale
		for l, o := range wantVariance {
			lone = lone && (l == i || math.Abs(o-wantVariance[i]) > 1e-5*scale)
		}
		if !lone {
			continue
		}
		if s := got.SingularValues()[i]; !(math.Abs(s-wantSingular[i]) <= tolerance*wantSingular[0]) {
			t.Errorf("singular value %d is %v, want %v", i, s, wantSingular[i])
		}
		for j, v := range mat.Row(nil, i, got.Components()) {
			if w := want.Components().At(i, j); !(math.Abs(v-w) <= tolerance) {
				t.Errorf("component %d has the loading %v of column %d, want %v", i, v, j, w)
			}
		}
	}
	spread := math.Sqrt(scale)
	for j, v := range got.Mean() {
		if w := want.Mean()[j]; !(math.Abs(v-w) <= tolerance*spread) {
			t.Errorf("mean %d is %v, want %v", j, v, w)
		}
	}
}

// TestFitAggregatesSteps fits nested pipelines, logarithms and parts of columns, also
// those beside which values are missing.
func TestFitAggregatesSteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	x := mat.NewDense(400, 5, nil)
	x.Apply(func(_, j int, _ float64) float64 {
		if j%2 == 1 && rng.IntN(9) == 0 {
			return math.NaN()
		}
		return math.Floor(20 * rng.ExpFloat64() * float64(j+1))
	}, x)
	columns := []string{"a", "b", "c", "d", "e"}
	part := func(name string, step preprocess.Step, columns ...string) preprocess.Step {
		return preprocess.NewStep(name, preprocess.ColumnTransformer{Parts: []preprocess.Part{{Columns: columns, Step: step}}})
	}
	impute, log := preprocess.NewStep("impute", preprocess.Imputer{}), preprocess.NewStep("log", preprocess.Log1p{})
	scale := preprocess.NewStep("scale", preprocess.Scaler{})
	mean := preprocess.NewStep("mean", preprocess.Imputer{Strategy: preprocess.Mean})
	robust := preprocess.NewStep("robust", preprocess.Scaler{Method: preprocess.Robust})
	least := preprocess.NewStep("least", preprocess.Scaler{Method: preprocess.MinMax})
	power := must[*preprocess.FittedPowerTransformer](t)(preprocess.PowerTransformer{}.Fit(t.Context(), mat.NewDense(4, 1, []float64{1, 2, 4, 9}), "c"))
	for _, c := range []struct {
		name     string
		pipeline preprocess.Pipeline
		calls    string
	}{
		{"impute", pipelineOf(impute), "extent ranks"},
		{"impute twice", pipelineOf(mean, impute), "extent moments ranks"},
		{"impute, scale", pipelineOf(impute, scale), "extent ranks moments moments"},
		{"default", pipelineOf(impute, scale, preprocess.NewStep("pca", preprocess.PCA{Components: 3})), "extent ranks moments products"},
		{"robust", pipelineOf(impute, robust, scale), "extent ranks ranks moments moments"},
		{"log", pipelineOf(impute, log, scale), "extent ranks extent moments moments"},
		{"log of some", pipelineOf(impute, part("log", log, "e", "a"), scale), "extent ranks extent moments moments"},
		{"nested", pipelineOf(preprocess.NewStep("inner", pipelineOf(impute, scale)), least, preprocess.NewStep("inner2", pipelineOf(scale))), "extent ranks moments moments moments moments"},
		{"parts with gaps beside them", pipelineOf(
			preprocess.NewStep("parts", preprocess.ColumnTransformer{Parts: []preprocess.Part{
				{Columns: []string{"d", "c"}, Step: preprocess.NewStep("chain", pipelineOf(mean, log, robust))},
				{Columns: []string{"b"}, Step: impute},
			}}), scale), "extent moments extent ranks ranks moments moments"},
		{"parts of all columns", pipelineOf(preprocess.NewStep("parts", preprocess.ColumnTransformer{Parts: []preprocess.Part{
			{Columns: columns[:2], Step: mean}, {Columns: columns[2:], Step: preprocess.NewStep("chain", pipelineOf(impute, scale))},
		}}), least), "extent moments ranks moments moments"},
		{"given", pipelineOf(impute, part("power", preprocess.NewStep("given", preprocess.Given{Fitted: power}), "c"), scale), "extent ranks extent moments moments"},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := must[*preprocess.FittedPipeline](t)(c.pipeline.Fit(t.Context(), x, columns...))
			a := &matrixAggregator{x: x}
			got := must[*preprocess.FittedPipeline](t)(c.pipeline.FitAggregates(t.Context(), a, columns...))
			if calls := strings.Join(a.calls, " "); calls != c.calls {
				t.Errorf("it asked for %s; want %s", calls, c.calls)
			}
			if c.name != "default" {
				sameJSON(t, got, want)
			}
		})
	}
}

// TestFitAggregatesRefuses: what aggregates cannot tell, and answers that make no sense,
// are errors that say so.
func TestFitAggregatesRefuses(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 2, 3, math.NaN(), 5, 6, 7, 9})
	impute, scale := preprocess.NewStep("impute", preprocess.Imputer{}), preprocess.NewStep("scale", preprocess.Scaler{})
	one := func(name string, s preprocess.Step) preprocess.Pipeline { return pipelineOf(s) }
	nested := pipelineOf(impute)
	nested.Steps = append(nested.Steps, preprocess.NewStep("self", &nested))
	for _, c := range []struct {
		pipeline preprocess.Pipeline
		x        *mat.Dense
		want     error
		says     string
	}{
		{one("", preprocess.NewStep("words", preprocess.Imputer{Strategy: preprocess.MostFrequent})), x, preprocess.ErrOptions, `step "words"`},
		{one("", preprocess.NewStep("power", preprocess.PowerTransformer{})), x, preprocess.ErrOptions, "Given"},
		{one("", preprocess.NewStep("quantiles", preprocess.QuantileTransformer{})), x, preprocess.ErrOptions, "sample"},
		{one("", preprocess.NewStep("hot", preprocess.OneHotEncoder{})), x, preprocess.ErrOptions, "OneHotEncoder"},
		{one("", preprocess.NewStep("foreign", doubler{})), x, preprocess.ErrOptions, "doubler"},
		{one("", preprocess.NewStep("given", preprocess.Given{})), x, preprocess.ErrOptions, "no fitted value"},
		{one("", preprocess.NewStep("bad", preprocess.Imputer{Strategy: 9})), x, preprocess.ErrOptions, "strategy"},
		{pipelineOf(impute, preprocess.NewStep("pca", preprocess.PCA{Components: 3})), x, preprocess.ErrOptions, "3 components"},
		{pipelineOf(), x, preprocess.ErrOptions, "no steps"},
		{nested, x, preprocess.ErrOptions, "hold itself"},
		{one("", scale), x, preprocess.ErrNotFinite, `column "x1" has no value in 1 of 4 rows`},
		{one("", impute), mat.NewDense(2, 1, []float64{math.NaN(), math.NaN()}), preprocess.ErrAllMissing, "x0"},
		{one("", preprocess.NewStep("log", preprocess.Log1p{})), mat.NewDense(2, 1, []float64{-1, 3}), preprocess.ErrDomain, "-1"},
		{one("", scale), mat.NewDense(2, 1, []float64{-1.5e308, 1.5e308}), preprocess.ErrOverflow, "x0"},
		{one("", impute), mat.NewDense(2, 1, []float64{math.Inf(1), 1}), preprocess.ErrNotFinite, "x0"},
		{one("", impute), &mat.Dense{}, preprocess.ErrNoRows, "no rows"},
	} {
		_, err := c.pipeline.FitAggregates(t.Context(), &matrixAggregator{x: c.x})
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v; want %v with %q", err, c.want, c.says)
		}
	}
	whole := pipelineOf(impute, scale)
	for name, spoil := range map[string]func(*preprocess.Extent, [][]float64, *preprocess.Moments){
		"columns": func(e *preprocess.Extent, _ [][]float64, _ *preprocess.Moments) {
			if e != nil {
				e.Known = e.Known[1:]
			}
		},
		"known": func(e *preprocess.Extent, _ [][]float64, _ *preprocess.Moments) {
			if e != nil {
				e.Known[0] = 5
			}
		},
		"rank": func(_ *preprocess.Extent, r [][]float64, _ *preprocess.Moments) {
			if r != nil {
				r[0][1] = 99
			}
		},
		"order": func(_ *preprocess.Extent, r [][]float64, _ *preprocess.Moments) {
			if r != nil {
				r[0][0], r[0][1] = 7, 1
			}
		},
		"ranks": func(_ *preprocess.Extent, r [][]float64, _ *preprocess.Moments) {
			if r != nil {
				r[0] = nil
			}
		},
		"row lost": func(_ *preprocess.Extent, _ [][]float64, m *preprocess.Moments) {
			if m != nil {
				m.Known[0]--
			}
		},
		"no number": func(_ *preprocess.Extent, _ [][]float64, m *preprocess.Moments) {
			if m != nil {
				m.Sums[0].High = math.NaN()
			}
		},
		"sums": func(_ *preprocess.Extent, _ [][]float64, m *preprocess.Moments) {
			if m != nil {
				m.Sums = nil
			}
		},
	} {
		if _, err := whole.FitAggregates(t.Context(), &matrixAggregator{x: x, spoil: spoil}); !errors.Is(err, preprocess.ErrAggregates) {
			t.Errorf("%s: %v; want %v", name, err, preprocess.ErrAggregates)
		}
	}
	if _, err := whole.FitAggregates(t.Context(), nil); !errors.Is(err, preprocess.ErrOptions) {
		t.Errorf("no Aggregator: %v", err)
	}
	if _, err := whole.FitAggregates(t.Context(), &matrixAggregator{x: x}, "a"); !errors.Is(err, preprocess.ErrColumns) {
		t.Errorf("one name for two columns: %v", err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	stop(why)
	if _, err := whole.FitAggregates(ctx, &matrixAggregator{x: x}); !errors.Is(err, why) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestGiven(t *testing.T) {
	x := mat.NewDense(3, 1, []float64{1, 2, 6})
	scaler := must[*preprocess.FittedScaler](t)(preprocess.Scaler{}.Fit(t.Context(), x, "a"))
	given := preprocess.Given{Fitted: scaler}
	f, z, err := given.FitTransform(t.Context(), x, "a")
	if want := must[*mat.Dense](t)(scaler.Transform(t.Context(), x)); err != nil || f != preprocess.Fitted(scaler) || !mat.Equal(z, want) {
		t.Errorf("%v, %v, %v", f, z, err)
	}
	if _, err := given.Fit(t.Context(), x, "b"); !errors.Is(err, preprocess.ErrColumns) || !strings.Contains(err.Error(), `"a"`) {
		t.Errorf("other columns: %v", err)
	}
	if _, err := given.Fit(t.Context(), &mat.Dense{}, "a"); !errors.Is(err, preprocess.ErrNoRows) {
		t.Errorf("no rows: %v", err)
	}
	if _, err := (preprocess.Given{Fitted: (*preprocess.FittedScaler)(nil)}).Fit(t.Context(), x, "a"); !errors.Is(err, preprocess.ErrOptions) {
		t.Errorf("nothing given: %v", err)
	}
}
