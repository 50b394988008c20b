package segment

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// mixture, people and blobs are those of the tests of all rooms below segment.
var mixture, people, blobs = segtest.Mixture, segtest.People, segtest.Blobs

func fit(t testing.TB, o KMeansPP, x mat.Matrix) *Clustering {
	t.Helper()
	c, err := o.Fit(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func closeTo(a, b, tolerance float64) bool {
	return math.Abs(a-b) <= tolerance*max(1, math.Abs(a), math.Abs(b))
}

// plainLloyd is the iteration as the textbook has it, to compare with. The two
// roundings that could decide a tie are stated: a squared distance adds up from
// the first column to the last with one rounding for each, and a centroid is
// the true sum of its rows, rounded, over their number.
func plainLloyd(x *mat.Dense, init mat.Matrix) (centroids *mat.Dense, labels []int, inertia float64) {
	n, d := x.Dims()
	centroids = mat.DenseCopyOf(init)
	k, _ := init.Dims()
	labels = make([]int, n)
	for i := range labels {
		labels[i] = -1
	}
	for {
		changed := false
		inertia = 0
		sum, count := make([]exact, k*d), make([]float64, k)
		for i := range n {
			best, least := 0, math.Inf(1)
			for c := range k {
				e := x.At(i, 0) - centroids.At(c, 0)
				s := float64(e * e)
				for j := 1; j < d; j++ {
					e := x.At(i, j) - centroids.At(c, j)
					s = math.FMA(e, e, s)
				}
				if s < least {
					best, least = c, s
				}
			}
			changed = changed || labels[i] != best
			labels[i] = best
			inertia += least
			count[best]++
			for j := range d {
				sum[best*d+j].add(x.At(i, j))
			}
		}
		if !changed {
			return centroids, labels, inertia
		}
		for c := range k {
			for j := range d {
				centroids.Set(c, j, sum[c*d+j].value()/count[c])
			}
		}
	}
}

// exact is a sum without rounding: numbers that do not overlap, the smallest
// first (Shewchuk, Adaptive Precision Floating-Point Arithmetic, Discrete &
// Computational Geometry 18, 1997, doi:10.1007/PL00009321).
type exact []float64

func (s *exact) add(x float64) {
	i := 0
	for _, y := range *s {
		if math.Abs(x) < math.Abs(y) {
			x, y = y, x
		}
		high := x + y
		if low := y - (high - x); low != 0 {
			(*s)[i] = low
			i++
		}
		x = high
	}
	*s = append((*s)[:i], x)
}

// value returns the sum, rounded once.
func (s exact) value() float64 {
	v := new(big.Float).SetPrec(2200)
	for _, part := range s {
		v.Add(v, new(big.Float).SetFloat64(part))
	}
	f, _ := v.Float64()
	return f
}

func TestKMeansEqualsPlainLloyd(t *testing.T) {
	for seed := range uint64(30) {
		d, k := 1+int(seed)%5, 2+int(seed)%7
		x, _ := mixture(5000, d, k, 0.8, seed)
		init := mat.DenseCopyOf(x.Slice(0, k, 0, d))
		centroids, labels, inertia := plainLloyd(x, init)
		got := fit(t, KMeansPP{K: k, Init: init, MaxIter: 10_000}, x)
		if !slices.Equal(got.Labels(), labels) {
			t.Errorf("seed %d: labels differ from plain Lloyd's", seed)
		}
		if !closeTo(got.Inertia(), inertia, 1e-12) || !mat.EqualApprox(got.Centroids(), centroids, 1e-12) {
			t.Errorf("seed %d: inertia %v, plain Lloyd's is %v", seed, got.Inertia(), inertia)
		}
		if !got.Converged() {
			t.Errorf("seed %d: not converged", seed)
		}
	}
}

func TestKMeansFitIsAFixedPoint(t *testing.T) {
	x, _ := mixture(3000, 3, 4, 1, 1)
	c := fit(t, KMeansPP{K: 6, Seed: 3}, x)
	labels, err := c.Predict(t.Context(), x)
	if err != nil || !slices.Equal(labels, c.Labels()) {
		t.Errorf("the rows that were fitted are predicted into other clusters (%v)", err)
	}
	distances, err := c.Transform(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	margin, err := c.Margin(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	inertia, counts := 0.0, make([]float64, 6)
	for i, l := range labels {
		row := slices.Clone(distances.RawRowView(i))
		inertia += row[l] * row[l]
		counts[l]++
		slices.Sort(row)
		if row[0] != distances.At(i, l) || margin[i] != row[1]-row[0] {
			t.Fatalf("row %d: cluster %d at %v with margin %v, the distances are %v", i, l, distances.At(i, l), margin[i], row)
		}
	}
	if !closeTo(inertia, c.Inertia(), 1e-12) || !slices.Equal(counts, c.Counts()) {
		t.Errorf("inertia %v and counts %v, from the labels %v and %v", c.Inertia(), c.Counts(), inertia, counts)
	}
}

func same(a, b *Clustering) bool {
	return a.inertia == b.inertia && a.iterations == b.iterations && slices.Equal(a.Labels(), b.Labels()) &&
		slices.Equal(a.centroids, b.centroids) && slices.Equal(a.counts, b.counts)
}

func TestKMeansSameBitsWhateverTheWorkers(t *testing.T) {
	x, _ := mixture(20_000, 3, 5, 1, 2)
	for _, o := range []KMeansPP{{K: 5, Seed: 9, Restarts: 4}, {K: 5, Seed: 9, Restarts: 1}} {
		o.Workers = 1
		want := fit(t, o, x)
		for _, workers := range []int{0, 2, 3, 8} {
			o.Workers = workers
			if !same(fit(t, o, x), want) {
				t.Errorf("%d restarts: %d workers give another result than one", o.Restarts, workers)
			}
		}
		o.Workers = 0
		for _, procs := range []int{1, 2, 3, 8} {
			old := runtime.GOMAXPROCS(procs)
			got := fit(t, o, x)
			runtime.GOMAXPROCS(old)
			if !same(got, want) {
				t.Errorf("%d restarts: GOMAXPROCS %d gives another result", o.Restarts, procs)
			}
		}
		o.Seed++
		if same(fit(t, o, x), want) {
			t.Errorf("%d restarts: another seed gives the very same", o.Restarts)
		}
	}
}

func TestKMeansWeightsAreRepeats(t *testing.T) {
	x, _ := mixture(400, 2, 3, 1, 5)
	weights := make([]float64, 400)
	var repeated []float64
	for i := range weights {
		weights[i] = float64(i % 4)
		for range i % 4 {
			repeated = append(repeated, x.RawRowView(i)...)
		}
	}
	init := x.Slice(1, 4, 0, 2)
	a := fit(t, KMeansPP{K: 3, Init: init, Weights: weights}, x)
	b := fit(t, KMeansPP{K: 3, Init: init}, mat.NewDense(len(repeated)/2, 2, repeated))
	if !closeTo(a.Inertia(), b.Inertia(), 1e-12) || !mat.EqualApprox(a.Centroids(), b.Centroids(), 1e-12) || !slices.Equal(a.Counts(), b.Counts()) {
		t.Errorf("weighted: inertia %v, counts %v; repeated: %v, %v", a.Inertia(), a.Counts(), b.Inertia(), b.Counts())
	}
}

func TestKMeansLaws(t *testing.T) {
	x, _ := mixture(2000, 3, 4, 0.5, 11)
	n, d := x.Dims()
	init := mat.DenseCopyOf(x.Slice(0, 4, 0, d))
	want := fit(t, KMeansPP{K: 4, Init: init}, x)

	order := rand.New(rand.NewPCG(1, 1)).Perm(n)
	permuted := mat.NewDense(n, d, nil)
	for i, from := range order {
		permuted.SetRow(i, x.RawRowView(from))
	}
	got := fit(t, KMeansPP{K: 4, Init: init}, permuted)
	for i, from := range order {
		if got.Labels()[i] != want.Labels()[from] {
			t.Fatalf("row %d changes its cluster with the order of the rows", from)
		}
	}
	if !closeTo(got.Inertia(), want.Inertia(), 1e-12) {
		t.Errorf("permuted: inertia %v, before %v", got.Inertia(), want.Inertia())
	}

	// A power of two scales without rounding, so the very same bits follow.
	var scaled, scaledInit mat.Dense
	scaled.Scale(4, x)
	scaledInit.Scale(4, init)
	got = fit(t, KMeansPP{K: 4, Init: &scaledInit}, &scaled)
	if got.Inertia() != 16*want.Inertia() || !slices.Equal(got.Labels(), want.Labels()) {
		t.Errorf("scaled by 4: inertia %v, want 16 × %v", got.Inertia(), want.Inertia())
	}
	got = fit(t, KMeansPP{K: 4, Seed: 1}, &scaled)
	if free := fit(t, KMeansPP{K: 4, Seed: 1}, x); got.Inertia() != 16*free.Inertia() {
		t.Errorf("scaled by 4 and seeded: inertia %v, want 16 × %v", got.Inertia(), free.Inertia())
	}
}

func TestKMeansEdges(t *testing.T) {
	line := mat.NewDense(4, 1, []float64{0, 1, 10, 11})
	t.Run("one cluster", func(t *testing.T) {
		c := fit(t, KMeansPP{K: 1}, line)
		if c.Centroids().At(0, 0) != 5.5 || c.Inertia() != 101 {
			t.Errorf("centroid %v, inertia %v; want 5.5, 101", c.Centroids().At(0, 0), c.Inertia())
		}
		if m, err := c.Margin(t.Context(), line); err != nil || !math.IsInf(m[0], 1) {
			t.Errorf("margin %v (%v), want +Inf", m, err)
		}
	})
	t.Run("as many clusters as rows", func(t *testing.T) {
		c := fit(t, KMeansPP{K: 4}, line)
		labels := c.Labels()
		slices.Sort(labels)
		if c.Inertia() != 0 || !slices.Equal(labels, []int{0, 1, 2, 3}) {
			t.Errorf("inertia %v, labels %v", c.Inertia(), labels)
		}
	})
	t.Run("more clusters than distinct rows", func(t *testing.T) {
		x := mat.NewDense(6, 2, []float64{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 1, 1})
		_, err := KMeansPP{K: 4}.Fit(context.Background(), x)
		if !errors.Is(err, ErrTooFew) || !strings.Contains(err.Error(), "hold 3 distinct points") {
			t.Errorf("error %v", err)
		}
		if c := fit(t, KMeansPP{K: 3}, x); c.Inertia() != 0 {
			t.Errorf("three distinct points in three clusters: inertia %v", c.Inertia())
		}
		_, err = KMeansPP{K: 4, Init: mat.NewDense(4, 2, []float64{1, 1, 1, 1, 2, 2, 3, 3})}.Fit(context.Background(), x)
		if !errors.Is(err, ErrTooFew) {
			t.Errorf("given centroids: error %v", err)
		}
	})
	t.Run("emptied cluster", func(t *testing.T) {
		// Centroid 2 is nearest to nothing; the row farthest from its own
		// centroid, 11, must be its first.
		c := fit(t, KMeansPP{K: 3, Init: mat.NewDense(3, 1, []float64{0.5, 9, 1000})}, line)
		if want := []int{0, 0, 1, 2}; !slices.Equal(c.Labels(), want) || c.Inertia() != 0.5 {
			t.Errorf("labels %v, inertia %v; want %v, 0.5", c.Labels(), c.Inertia(), want)
		}
	})
	t.Run("ties go to the lowest", func(t *testing.T) {
		c := fit(t, KMeansPP{K: 2, Init: mat.NewDense(2, 1, []float64{0.5, 10.5})}, line)
		got, err := c.Predict(t.Context(), mat.NewDense(1, 1, []float64{5.5}))
		if err != nil || got[0] != 0 {
			t.Errorf("the middle goes to cluster %v (%v)", got, err)
		}
	})
	t.Run("large offset", func(t *testing.T) {
		x, _ := mixture(1000, 2, 3, 0.3, 4)
		shifted := mat.NewDense(1000, 2, nil)
		shifted.Apply(func(i, j int, v float64) float64 { return math.Round(v*1024)/1024 + 1<<30 }, x)
		x.Apply(func(i, j int, v float64) float64 { return v - 1<<30 }, shifted)
		a, b := fit(t, KMeansPP{K: 3, Seed: 2}, x), fit(t, KMeansPP{K: 3, Seed: 2}, shifted)
		if !slices.Equal(a.Labels(), b.Labels()) || !closeTo(a.Inertia(), b.Inertia(), 1e-9) {
			t.Errorf("inertia %v, with an offset of 2^30 %v", a.Inertia(), b.Inertia())
		}
	})
	t.Run("tolerance and iterations", func(t *testing.T) {
		x, _ := mixture(5000, 3, 6, 1.5, 8)
		full := fit(t, KMeansPP{K: 6, Restarts: 1}, x)
		loose := fit(t, KMeansPP{K: 6, Restarts: 1, Tol: 1e-2}, x)
		if loose.Iterations() >= full.Iterations() || !loose.Converged() {
			t.Errorf("%d iterations with a tolerance, %d without", loose.Iterations(), full.Iterations())
		}
		short := fit(t, KMeansPP{K: 6, Restarts: 1, MaxIter: 2}, x)
		if short.Iterations() != 2 || short.Converged() {
			t.Errorf("MaxIter 2: %d iterations, converged %v", short.Iterations(), short.Converged())
		}
		for _, c := range []*Clustering{loose, short} {
			if labels, err := c.Predict(t.Context(), x); err != nil || !slices.Equal(labels, c.Labels()) {
				t.Errorf("labels are not those of the centroids (%v)", err)
			}
		}
	})
}

func TestKMeansRefuses(t *testing.T) {
	x := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6})
	nan := mat.DenseCopyOf(x)
	nan.Set(1, 1, math.NaN())
	var none *mat.Dense
	for _, test := range []struct {
		name string
		o    KMeansPP
		x    mat.Matrix
		is   error
		says string
	}{
		{"no clusters", KMeansPP{}, x, ErrOption, "K is 0"},
		{"too many", KMeansPP{K: 4}, x, ErrTooFew, "there are 3 rows"},
		{"no rows", KMeansPP{K: 1}, &mat.Dense{}, ErrEmpty, "0×0"},
		{"nil", KMeansPP{K: 1}, nil, ErrEmpty, "0×0"},
		{"nil matrix", KMeansPP{K: 1}, none, ErrEmpty, "0×0"},
		{"NaN", KMeansPP{K: 2}, nan, ErrNotFinite, "row 1, column 1 of the data is NaN"},
		{"NaN behind an interface", KMeansPP{K: 2}, nan.T().T(), ErrNotFinite, "row 1, column 1"},
		{"transposed", KMeansPP{K: 2}, nan.T(), ErrNotFinite, "row 1, column 1"},
		{"restarts", KMeansPP{K: 2, Restarts: -1}, x, ErrOption, "Restarts is -1"},
		{"iterations", KMeansPP{K: 2, MaxIter: -1}, x, ErrOption, "MaxIter is -1"},
		{"tolerance", KMeansPP{K: 2, Tol: math.NaN()}, x, ErrOption, "Tol is NaN"},
		{"workers", KMeansPP{K: 2, Workers: -2}, x, ErrOption, "Workers is -2"},
		{"weights", KMeansPP{K: 2, Weights: []float64{1}}, x, ErrWidth, "1 weights for 3 rows"},
		{"negative weight", KMeansPP{K: 2, Weights: []float64{1, -1, 1}}, x, ErrOption, "row 1 is -1"},
		{"zero weights", KMeansPP{K: 2, Weights: []float64{0, 0, 0}}, x, ErrOption, "add up to 0"},
		{"weights of too few", KMeansPP{K: 2, Weights: []float64{1, 0, 0}}, x, ErrTooFew, "hold 1 distinct"},
		{"init", KMeansPP{K: 2, Init: x}, x, ErrWidth, "Init is 3×2"},
		{"init with NaN", KMeansPP{K: 3, Init: nan}, x, ErrNotFinite, "of Init is NaN"},
	} {
		_, err := test.o.Fit(context.Background(), test.x)
		if !errors.Is(err, test.is) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: error %v, want %v with %q", test.name, err, test.is, test.says)
		}
	}
	c := fit(t, KMeansPP{K: 2}, x)
	if _, err := c.Predict(t.Context(), mat.NewDense(1, 3, nil)); !errors.Is(err, ErrWidth) {
		t.Errorf("three columns for two: %v", err)
	}
	if err := c.PredictInto(t.Context(), make([]int, 2), x); !errors.Is(err, ErrWidth) || !strings.Contains(err.Error(), "room for 2 labels of 3 rows") {
		t.Errorf("room for two of three rows: %v", err)
	}
	if err := c.PredictInto(t.Context(), make([]int, 3), nan); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN: %v", err)
	}
	if _, err := c.Transform(t.Context(), nan); !errors.Is(err, ErrNotFinite) {
		t.Errorf("NaN: %v", err)
	}
}

func TestKMeansCancel(t *testing.T) {
	x, _ := mixture(50_000, 3, 5, 2, 1)
	ctx, cancel := context.WithCancel(context.Background())
	calls := 0
	_, err := KMeansPP{K: 8, Restarts: 50, Progress: func(p Progress) {
		if calls++; p.Done != calls || p.Total != 50 || p.K != 8 || !(p.Inertia > 0) {
			t.Errorf("call %d reports %+v", calls, p)
		}
		if calls == 2 {
			cancel()
		}
	}}.Fit(ctx, x)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if calls > 2+runtime.GOMAXPROCS(0) {
		t.Errorf("%d restarts were finished after cancelling in the second", calls)
	}
}

func BenchmarkKMeans(b *testing.B) {
	x, _ := mixture(100_000, 3, 5, 1, 42)
	b.ReportAllocs()
	for b.Loop() {
		fit(b, KMeansPP{K: 5, Restarts: 1}, x)
	}
	b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
