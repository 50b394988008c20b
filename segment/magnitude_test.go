package segment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// beside returns x with one more column that is v throughout.
func beside(x *mat.Dense, v float64) *mat.Dense {
	n, d := x.Dims()
	out := mat.NewDense(n, d+1, nil)
	for i := range n {
		for j := range d {
			out.Set(i, j+1, x.At(i, j))
		}
		out.Set(i, 0, v)
	}
	return out
}

func sameLabels(t *testing.T, what string, got, want []int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: labels %v, want %v", what, got, want)
	}
}

// Rows by decades over the whole range of float64: the labels of the same rows
// at 1, or an error, and no number that is none.
func TestFitOfAnyMagnitude(t *testing.T) {
	x, _ := mixture(60, 2, 3, 0.2, 4)
	ctx := context.Background()
	for name, o := range map[string]KMeansPP{"search": {K: 3, Seed: 1}, "restarts": {K: 3, Seed: 1, Restarts: 4}, "tolerance": {K: 3, Seed: 1, Tol: 1e-4}} {
		one, err := o.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for e := -300; e <= 300; e += 3 {
			s := math.Pow(10, float64(e))
			for _, y := range []*mat.Dense{segtest.Times(s, x), beside(segtest.Times(s, x), 3), beside(segtest.Times(s, x), 1.1e20), beside(segtest.Times(s, x), 1e300)} {
				what := fmt.Sprintf("%s, %v columns, 1e%d", name, y.RawRowView(0), e)
				c, err := o.Fit(ctx, y)
				if err != nil {
					if !errors.Is(err, ErrOverflow) || !errors.Is(err, preprocess.ErrOverflow) || !strings.Contains(err.Error(), "too large") || e < 150 {
						t.Errorf("%s: %v", what, err)
					}
					continue
				}
				sameLabels(t, what, c.Labels(), one.Labels())
				if want := s * s * one.Inertia(); !near2(c.Inertia(), want, 1e-9) || math.IsInf(c.Inertia(), 0) {
					t.Errorf("%s: inertia %v, want %v", what, c.Inertia(), want)
				}
				_, d := y.Dims()
				for i, v := range c.Centroids().RawMatrix().Data {
					want := one.centroids[(i/d)*2+max(0, i%d-(d-2))] * s
					if d == 3 && i%d == 0 {
						want = y.At(0, 0)
					}
					if !near2(v, want, 1e-9) {
						t.Errorf("%s: centroids %v", what, c.Centroids().RawMatrix().Data)
						break
					}
				}
				labels, err := c.Predict(ctx, y)
				if err != nil {
					t.Errorf("%s: Predict: %v", what, err)
				}
				sameLabels(t, what+": Predict", labels, one.Labels())
				margins, err := c.Margin(ctx, y)
				if err != nil || slices.ContainsFunc(margins, func(v float64) bool { return !(v >= 0) || math.IsInf(v, 0) }) || margins[0] == 0 {
					t.Errorf("%s: margins %v, %v", what, margins, err)
				}
				distances, err := c.Transform(ctx, y)
				if err != nil {
					t.Errorf("%s: Transform: %v", what, err)
				} else if v := distances.At(0, labels[0]); !(v > 0) || math.IsInf(v, 0) {
					t.Errorf("%s: distance %v", what, v)
				}
			}
		}
	}
}

// near2 is near for numbers of any magnitude; the last ones above 0 have few
// digits.
func near2(a, b, tol float64) bool { return math.Abs(a-b) <= tol*math.Abs(b)+1e-320 }

// Scaling by a power of two scales the inertia by its square and changes no
// label and no digit, Init, Tol and weights given or not.
func TestPowersOfTwo(t *testing.T) {
	ctx := context.Background()
	x, _ := mixture(300, 3, 4, 0.5, 9)
	weights := make([]float64, 300)
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range weights {
		weights[i] = float64(rng.IntN(5))
	}
	init := mat.DenseCopyOf(x.Slice(0, 4, 0, 3))
	for name, o := range map[string]KMeansPP{
		"search": {K: 4}, "restarts": {K: 4, Restarts: 3}, "weights": {K: 4, Weights: weights}, "init": {K: 4, Init: init}, "tolerance": {K: 4, Tol: 1e-3},
	} {
		one, err := o.Fit(ctx, x)
		if err != nil {
			t.Fatal(err)
		}
		for e := -1000; e <= 500; e += 50 {
			o := o
			if o.Init != nil {
				o.Init = segtest.Times(math.Ldexp(1, e), init)
			}
			for _, w := range []int{-900, 0, 900} {
				if o.Weights != nil {
					o.Weights = slices.Clone(weights)
					for i := range o.Weights {
						o.Weights[i] = math.Ldexp(o.Weights[i], w)
					}
				} else if w != 0 {
					continue
				}
				c, err := o.Fit(ctx, segtest.Times(math.Ldexp(1, e), x))
				want := math.Ldexp(one.inertia, 2*e+w)
				if math.IsInf(want, 0) {
					if !errors.Is(err, ErrOverflow) {
						t.Errorf("%s, 2^%d, weights 2^%d: %v; the inertia is too large", name, e, w, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("%s, 2^%d, weights 2^%d: %v", name, e, w, err)
					continue
				}
				sameLabels(t, fmt.Sprintf("%s, 2^%d", name, e), c.Labels(), one.Labels())
				if c.inertia != want || c.iterations != one.iterations {
					t.Errorf("%s, 2^%d, weights 2^%d: inertia %v in %d iterations, want %v in %d", name, e, w, c.inertia, c.iterations, want, one.iterations)
				}
			}
		}
	}
}

// An outlier takes no digits from the others, and a difference that is beyond
// squares beside it is told.
func TestOutlierOfAnyMagnitude(t *testing.T) {
	for e := 10; e <= 300; e += 10 {
		far := math.Pow(10, float64(e))
		x := mat.NewDense(7, 1, []float64{0, 1, 2, 10, 11, 12, far})
		c, err := KMeansPP{K: 3}.Fit(context.Background(), x)
		if err != nil {
			if !errors.Is(err, ErrOverflow) || e < 200 {
				t.Errorf("1e%d: %v", e, err)
			}
			continue
		}
		l := c.Labels()
		if l[0] != l[1] || l[0] != l[2] || l[3] != l[4] || l[3] != l[5] || l[0] == l[3] || l[6] == l[0] || l[6] == l[3] || c.Inertia() != 4 {
			t.Errorf("1e%d: labels %v, inertia %v", e, l, c.Inertia())
		}
	}
}

// Train scales its columns: any magnitude will do, and each column its own.
func TestTrainOfAnyMagnitude(t *testing.T) {
	x, _ := people(120)
	one := train(t, x, TrainOptions{K: 3, Seed: 2})
	for e := -290; e <= 300; e += 10 {
		for name, scale := range map[string]func(j int) float64{
			"all":   func(int) float64 { return math.Pow(10, float64(e)) },
			"spent": func(j int) float64 { return map[bool]float64{true: math.Pow(10, float64(e)), false: 1}[j == 1] },
		} {
			y := mat.DenseCopyOf(x)
			y.Apply(func(_, j int, v float64) float64 { return v * scale(j) }, y)
			m, err := Train(context.Background(), y, TrainOptions{Columns: columns, Value: segtest.Value, K: 3, Seed: 2})
			if err != nil {
				t.Errorf("%s at 1e%d: %v", name, e, err)
				continue
			}
			for i := range 120 {
				want, err1 := one.Predict(x.RawRowView(i))
				got, err2 := m.Predict(y.RawRowView(i))
				if err1 != nil || err2 != nil || got.Cluster != want.Cluster || got.Tier != want.Tier || !near(got.Margin, want.Margin, 1e-6) {
					t.Fatalf("%s at 1e%d: row %d is %+v (%v), want %+v (%v)", name, e, i, got, err2, want, err1)
				}
			}
			for j, s := range m.Shares() {
				if !near(s, one.Shares()[j], 1e-6) {
					t.Errorf("%s at 1e%d: shares %v, want %v", name, e, m.Shares(), one.Shares())
					break
				}
			}
			for c, tier := range m.Tiers() {
				if !near(tier.Score, one.Tiers()[c].Score, 1e-6) || !near2(m.Means()[c][0], one.Means()[c][0]*scale(0), 1e-6) {
					t.Errorf("%s at 1e%d: tier %+v, means %v, want %+v", name, e, tier, m.Means()[c], one.Tiers()[c])
				}
			}
			if _, err := json.Marshal(m); err != nil {
				t.Errorf("%s at 1e%d: %v", name, e, err)
			}
		}
	}
}

// A column that was constant in training decides nothing. scikit-learn 1.2.1's
// StandardScaler, PCA, KMeans puts these rows where they are without it, up to
// 1e12 and beyond.
func TestConstantColumnDecidesNothing(t *testing.T) {
	x := mat.NewDense(9, 2, []float64{0, 0, 1, 0, 0, 1, 20, 20, 21, 20, 20, 21, 40, 0, 41, 0, 40, 1})
	for constants := 1; constants <= 3; constants++ {
		for _, value := range []float64{0, 7, 1e6} {
			for _, components := range []int{0, 2, 2 + constants} {
				o := TrainOptions{Columns: []string{"a", "b", "visits", "spent"}, Value: []string{"visits"}, K: 3}
				y := x
				o.Columns = o.Columns[2:]
				for i := range constants {
					y = beside(y, value)
					o.Columns = append([]string{fmt.Sprintf("loan%d", i)}, o.Columns...)
				}
				steps := []preprocess.Step{preprocess.NewStep("scale", preprocess.Scaler{})}
				if components > 0 {
					steps = append(steps, preprocess.NewStep("pca", preprocess.PCA{Components: components}))
				}
				o.Pipeline = &preprocess.Pipeline{Steps: steps}
				m := train(t, y, o)
				for i := range 9 {
					row := slices.Clone(y.RawRowView(i))
					want, err := m.Predict(row)
					if err != nil {
						t.Fatal(err)
					}
					for e := 0; e <= 306; e += 1 + e/20 + slowed/3 {
						for j := range constants {
							row[j] = math.Pow(10, float64(e)) * float64(1+j)
						}
						what := fmt.Sprintf("%d columns of %v, %d components, row %v", constants, value, components, row)
						got, err := m.Predict(row)
						if err != nil {
							if !errors.Is(err, ErrTooFar) && !errors.Is(err, ErrOverflow) || e < 13 || !strings.Contains(err.Error(), "loan") {
								t.Errorf("%s: %v", what, err)
							}
							continue
						}
						if got.Cluster != want.Cluster || !(got.Margin > 0) || len(got.Warnings) == 0 && row[0] != value {
							t.Fatalf("%s: %+v, want cluster %d", what, got, want.Cluster)
						}
					}
				}
			}
		}
	}
}

// A finite value makes a prediction that can be written, or an error that names
// its column.
func TestPredictOfAnyMagnitude(t *testing.T) {
	x, _ := people(300)
	m := train(t, x, TrainOptions{K: 4, Seed: 1})
	row := slices.Clone(x.RawRowView(0))
	errs := 0
	for j, name := range columns {
		for e := -300; e <= 308; e++ {
			for _, v := range []float64{math.Pow(10, float64(e)), -math.Pow(10, float64(e))} {
				changed := slices.Clone(row)
				changed[j] = v
				p, err := m.Predict(changed)
				if err != nil {
					if errs++; !errors.Is(err, ErrTooFar) && !errors.Is(err, preprocess.ErrOverflow) || !strings.Contains(err.Error(), name) && !strings.Contains(err.Error(), "pc") {
						t.Errorf("%s %v: %v", name, v, err)
					}
					continue
				}
				if p.Distance-p.Distance != 0 || p.Margin-p.Margin != 0 || p.Margin < 0 {
					t.Errorf("%s %v: %+v", name, v, p)
				}
				data, err := json.Marshal(p)
				var back Prediction
				if err != nil || json.Unmarshal(data, &back) != nil || back.Distance != p.Distance || back.Margin != p.Margin {
					t.Errorf("%s %v: %+v is written %s (%v)", name, v, p, data, err)
				}
			}
		}
	}
	_, err := m.PredictMatrix(context.Background(), mat.NewDense(2, 5, append(slices.Clone(row), math.NaN(), 1.7e308, -1.7e308, 1.7e308, -1.7e308)))
	if err != nil && !strings.Contains(err.Error(), "row 1") {
		t.Error(err)
	}
}

// Weights of any ratio: centroids are the weighted means of their rows. By hand,
// and of scikit-learn 1.2.1: (0·1 + 1·1 + 2·3)/5 = 1.4.
func TestUnequalWeights(t *testing.T) {
	ctx := context.Background()
	y := mat.NewDense(6, 1, []float64{0, 1, 2, 10, 11, 12})
	for e := -100; e <= 120; e++ {
		w := math.Pow(10, float64(e))
		for _, o := range []KMeansPP{{K: 2}, {K: 2, Restarts: 3}, {K: 2, Init: mat.NewDense(2, 1, []float64{0, 12})}, {K: 2, Tol: 1e-6}} {
			o.Weights = []float64{1, 1, 3, 1, 1, w}
			c, err := o.Fit(ctx, y)
			if err != nil {
				t.Fatal(err)
			}
			light, heavy := c.Labels()[0], c.Labels()[5]
			mean := (10 + 11 + 12*w) / (2 + w)
			inertia := 3.2 + (mean-10)*(mean-10) + (mean-11)*(mean-11) + w*(mean-12)*(mean-12)
			if a, b := c.Centroids().At(light, 0), c.Centroids().At(heavy, 0); !near(a, 1.4, 1e-15) || !near(b, mean, 1e-15) || !c.Converged() {
				t.Errorf("weights of 1e%d: centroids %v and %v, want 1.4 and %v", e, a, b, mean)
			}
			if !near2(c.Counts()[light], 5, 1e-15) || !near2(c.Counts()[heavy], 2+w, 1e-15) || !near2(c.Inertia(), inertia, 1e-14) {
				t.Errorf("weights of 1e%d: counts %v, inertia %v", e, c.Counts(), c.Inertia())
			}
			labels, err := c.Predict(ctx, y)
			if err != nil {
				t.Fatal(err)
			}
			sameLabels(t, fmt.Sprintf("weights of 1e%d", e), labels, c.Labels())
		}
	}
	for _, w := range []float64{1e307, 5e-324} {
		c, err := KMeansPP{K: 2, Weights: []float64{w, w, w, w, w, w}}.Fit(ctx, y)
		if err != nil {
			t.Fatal(err)
		}
		m := c.Centroids().RawMatrix().Data
		if slices.Sort(m); m[0] != 1 || m[1] != 11 || !near2(c.Inertia(), 4*w, 1e-15) {
			t.Errorf("weights of %v: centroids %v, inertia %v", w, m, c.Inertia())
		}
	}
	for _, c := range []struct {
		x, w float64
		is   error
		want string
	}{
		{12, 1e121, ErrOption, "row 0 is 1 and that of row 5 1e+121"},
		{1e150, 1e20, ErrOverflow, "too large"},
	} {
		y.Set(5, 0, c.x)
		_, err := KMeansPP{K: 2, Weights: []float64{1, 1, 1, 1, 1e20, c.w}, Init: mat.NewDense(2, 1, []float64{0, -2})}.Fit(ctx, y)
		if c.w == 1e20 && err == nil {
			continue // the heavy rows have a cluster each
		}
		if !errors.Is(err, c.is) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("value %v of weight %v: %v", c.x, c.w, err)
		}
	}
}

// Rows of little weight among many of great weight are clustered as they are
// alone.
func TestUnequalWeightsOfManyRows(t *testing.T) {
	x, _ := mixture(20_000, 3, 5, 0.1, 3)
	alone, err := KMeansPP{K: 5, Restarts: 10}.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	// The same rows, weighted by cluster over 60 powers of ten.
	weights := make([]float64, 20_000)
	for i, l := range alone.Labels() {
		weights[i] = math.Pow(10, 15*float64(l))
	}
	var got []*Clustering
	for _, workers := range []int{1, 5} {
		c, err := KMeansPP{K: 5, Weights: weights, Workers: workers, Init: alone.Centroids()}.Fit(context.Background(), x)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, c)
		for i, v := range c.Centroids().RawMatrix().Data {
			if !near(v, alone.centroids[i], 1e-12) {
				t.Fatalf("centroids %v, want %v", c.centroids, alone.centroids)
			}
		}
	}
	if !slices.Equal(got[0].centroids, got[1].centroids) || got[0].inertia != got[1].inertia {
		t.Error("another number of workers makes other bits")
	}
}

// A stream of any magnitude yields what the same rows in memory do.
func TestFitStreamOfAnyMagnitude(t *testing.T) {
	ctx := context.Background()
	x, _ := mixture(60, 2, 3, 0.2, 4)
	for name, o := range map[string]KMeansPP{"search": {K: 3, Seed: 1}, "restarts": {K: 3, Seed: 1, Restarts: 4}, "init": {K: 3}} {
		for e := -300; e <= 300; e += 12 {
			s := math.Pow(10, float64(e))
			for _, y := range []*mat.Dense{segtest.Times(s, x), beside(segtest.Times(s, x), 1.1e20), beside(segtest.Times(s, x), -1e300)} {
				o := o
				if name == "init" {
					_, d := y.Dims()
					o.Init = mat.DenseCopyOf(y.Slice(0, 3, 0, d))
				}
				var last float64
				o.Progress = func(p Progress) { last = p.Inertia }
				want, err1 := o.Fit(ctx, y)
				o.Progress = func(p Progress) {
					if p.Inertia != last && !near2(p.Inertia, last, 1) && name == "init" {
						t.Errorf("%s at 1e%d: the progress tells the inertia %v, in memory %v", name, e, p.Inertia, last)
					}
				}
				got, err2 := o.FitStream(ctx, streamOf(y, 7))
				if err1 != nil || err2 != nil {
					if !errors.Is(err1, ErrOverflow) || !errors.Is(err2, ErrOverflow) || e < 150 {
						t.Errorf("%s at 1e%d: %v, in memory %v", name, e, err2, err1)
					}
					continue
				}
				got, want = inOrder(got), inOrder(want)
				if !slices.Equal(got.centroids, want.centroids) || !slices.Equal(got.counts, want.counts) || !near2(got.inertia, want.inertia, 1e-12) {
					t.Errorf("%s at 1e%d: centroids %v and inertia %v, in memory %v and %v", name, e, got.centroids, got.inertia, want.centroids, want.inertia)
				}
			}
		}
	}
}

// What sums of a stream, or of another source, cannot hold is told.
func TestStreamBeyondItsSums(t *testing.T) {
	ctx := context.Background()
	for _, far := range []float64{1e6, 1e15, 1e40, 1e100, 1e200, 1e300} {
		x := mat.NewDense(7, 1, []float64{0, 1, 2, 10, 11, 12, far})
		c, err := KMeansPP{K: 3}.FitStream(ctx, streamOf(x, 2))
		if err == nil {
			if !near(c.Inertia(), 4, 1e-9) {
				t.Errorf("outlier %v: inertia %v and no error", far, c.Inertia())
			}
		} else if far < 1e20 || !errors.Is(err, ErrOverflow) {
			t.Errorf("outlier %v: %v", far, err)
		}
	}
	for _, s := range []float64{1e-200, 1e200} {
		x := segtest.Times(s, mat.NewDense(4, 1, []float64{0, 1, 10, 11}))
		if _, err := (KMeansPP{K: 2}).FitStream(ctx, &plainSource{x: x}); !errors.Is(err, ErrOverflow) || !strings.Contains(err.Error(), "row 3") {
			t.Errorf("a source of values of %v: %v", s, err)
		}
		if _, err := streamOf(x, 2).Statistics(ctx, []*mat.Dense{mat.NewDense(2, 1, []float64{0, s})}); !errors.Is(err, ErrOverflow) {
			t.Errorf("sums of values of %v: %v", s, err)
		}
	}
}

// Validity indices have no unit, and take no notice of a column that does not
// vary.
func TestIndicesOfAnyMagnitude(t *testing.T) {
	ctx := context.Background()
	x, labels := mixture(40, 2, 3, 0.4, 6)
	indices := func(x mat.Matrix) (out [3]float64, errs [3]error) {
		s, err := Silhouette(ctx, x, labels, SilhouetteOptions{})
		out[0], errs[0] = s.Mean, err
		out[1], errs[1] = CalinskiHarabasz(ctx, x, labels)
		out[2], errs[2] = DaviesBouldin(ctx, x, labels)
		return out, errs
	}
	want, _ := indices(x)
	for e := -300; e <= 300; e += 5 {
		s := math.Pow(10, float64(e))
		for _, y := range []*mat.Dense{segtest.Times(s, x), beside(segtest.Times(s, x), 1.1e20), beside(segtest.Times(s, x), 1e300), beside(segtest.Times(s, x), 1e-300)} {
			got, errs := indices(y)
			for i := range got {
				if errs[i] != nil || !near(got[i], want[i], 1e-9) {
					t.Errorf("index %d of rows as %v is %v (%v), want %v", i, y.RawRowView(0), got[i], errs[i], want[i])
				}
			}
		}
	}
}

// The gap statistic has no unit either.
func TestGapOfAnyMagnitude(t *testing.T) {
	x, _ := mixture(30, 2, 3, 0.2, 4)
	o := GapStatistic{MaxK: 3, References: 3, Restarts: 2}
	want, err := o.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	for e := -1000; e <= 500; e += 100 {
		got, err := o.Fit(context.Background(), segtest.Times(math.Ldexp(1, e), x))
		if err != nil {
			t.Errorf("2^%d: %v", e, err)
			continue
		}
		for i, p := range got {
			if !near(p.Gap, want[i].Gap, 1e-9) || !near(p.SE, want[i].SE, 1e-9) || !near(p.LogW, want[i].LogW+2*math.Ln2*float64(e), 1e-9) {
				t.Errorf("2^%d: %+v, at 1 %+v", e, p, want[i])
			}
		}
	}
}
