package segment_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// kmodes is what testdata/golden/kprototypes.py wrote: figures of the Python
// package kmodes.
type kmodes struct {
	Cases []struct {
		X, Centroids, Fresh [][]float64
		Words, Modes        [][]string
		FreshWords          [][]string `json:"fresh_words"`
		Init, Labels        []int
		Predicted           []int
		AskedGamma          float64 `json:"asked_gamma"`
		Gamma, Cost         float64
		BestCost            float64 `json:"best_cost"`
		Passes              int
	}
}

func matrixOf(rows [][]float64) *mat.Dense {
	return mat.NewDense(len(rows), len(rows[0]), slices.Concat(rows...))
}

// pick returns the words of some rows, a mode each.
func pick(words [][]string, rows []int) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		for _, column := range words {
			out[i] = append(out[i], column[row])
		}
	}
	return out
}

func TestKPrototypesAsKmodes(t *testing.T) {
	data, err := os.ReadFile("testdata/golden/kprototypes.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden kmodes
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.Cases) < 8 {
		t.Fatal(err, len(golden.Cases))
	}
	for i, want := range golden.Cases {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			x := matrixOf(want.X)
			_, d := x.Dims()
			k := len(want.Init)
			start := mat.NewDense(k, d, nil)
			for c, row := range want.Init {
				start.SetRow(c, want.X[row])
			}
			o := segment.KPrototypes{K: k, Gamma: want.AskedGamma, Init: &segment.Prototypes{Centroids: start, Modes: pick(want.Words, want.Init)}}
			got, err := o.Fit(t.Context(), x, want.Words)
			if err != nil {
				t.Fatal(err)
			}
			p := got.Prototypes()
			if !mat.EqualApprox(p.Centroids, matrixOf(want.Centroids), 1e-12) || fmt.Sprintf("%q", p.Modes) != fmt.Sprintf("%q", want.Modes) {
				t.Errorf("the prototypes are\n%v\n%q\nthose of kmodes\n%v\n%q", mat.Formatted(p.Centroids), p.Modes, want.Centroids, want.Modes)
			}
			if !slices.Equal(got.Labels(), want.Labels) {
				t.Errorf("the labels are %v, those of kmodes %v", got.Labels(), want.Labels)
			}
			if math.Abs(got.Gamma()/want.Gamma-1) > 1e-12 || math.Abs(got.Cost()/want.Cost-1) > 1e-12 || got.Iterations() != want.Passes || !got.Converged() {
				t.Errorf("gamma %v, cost %v, %d passes; kmodes has %v, %v, %d", got.Gamma(), got.Cost(), got.Iterations(), want.Gamma, want.Cost, want.Passes)
			}
			labels, err := got.Predict(t.Context(), matrixOf(want.Fresh), want.FreshWords)
			if err != nil || !slices.Equal(labels, want.Predicted) {
				t.Errorf("it predicts %v (%v), kmodes %v", labels, err, want.Predicted)
			}
			found, err := segment.KPrototypes{K: k, Gamma: want.AskedGamma, Seed: 1}.Fit(t.Context(), x, want.Words)
			if err != nil {
				t.Fatal(err)
			}
			if found.Cost() > want.BestCost*1.02 {
				t.Errorf("the least cost of 10 restarts is %v, that of kmodes of 30 is %v", found.Cost(), want.BestCost)
			}
			t.Logf("cost %v of 10 restarts, kmodes %v of 30", found.Cost(), want.BestCost)
		})
	}
}

// mixed returns n rows of two numbers and two words in groups that a clustering can
// find.
func mixed(n int, seed uint64) (*mat.Dense, [][]string) {
	rng := rand.New(rand.NewPCG(seed, 1))
	x, words := mat.NewDense(n, 2, nil), [][]string{make([]string, n), make([]string, n)}
	for i := range n {
		group := rng.IntN(4)
		for j := range 2 {
			x.Set(i, j, rng.NormFloat64()+float64(3*(group>>j&1)))
			words[j][i] = string(rune('a' + rng.IntN(3)))
			if rng.IntN(3) > 0 {
				words[j][i] = string(rune('a' + group))
			}
		}
	}
	return x, words
}

func describe(t *testing.T, c *segment.MixedClustering) string {
	t.Helper()
	p := c.Prototypes()
	var bits []uint64
	for _, v := range p.Centroids.(*mat.Dense).RawMatrix().Data {
		bits = append(bits, math.Float64bits(v))
	}
	return fmt.Sprint(bits, p.Modes, c.Labels(), c.Counts(), math.Float64bits(c.Cost()), c.Iterations(), c.Converged(), math.Float64bits(c.Gamma()))
}

func TestKPrototypesLaws(t *testing.T) {
	x, words := mixed(3000, 5)
	o := segment.KPrototypes{K: 4, Seed: 9, Workers: 1}
	first, err := o.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	want := describe(t, first)
	for _, workers := range []int{2, 3, 16, 0} {
		o.Workers = workers
		again, err := o.Fit(t.Context(), plainMatrix{x}, words)
		if err != nil {
			t.Fatal(err)
		}
		if got := describe(t, again); got != want {
			t.Errorf("with %d workers it is\n%.300s\nwith one\n%.300s", workers, got, want)
		}
	}
	// The cost, labels and counts are those of the prototypes.
	p, cost := first.Prototypes(), 0.0
	counts := make([]float64, 4)
	for i, label := range first.Labels() {
		least := math.Inf(1)
		var own float64
		for c := range 4 {
			far := 0.0
			for j := range 2 {
				v := x.At(i, j) - p.Centroids.At(c, j)
				far += v * v
				if words[j][i] != p.Modes[c][j] {
					far += first.Gamma()
				}
			}
			if far < least {
				least = far
			}
			if c == label {
				own = far
			}
		}
		if own > least*(1+1e-12) {
			t.Fatalf("row %d is in cluster %d at %v, and the nearest is at %v", i, label, own, least)
		}
		counts[label]++
		cost += least
	}
	if math.Abs(cost/first.Cost()-1) > 1e-12 || !slices.Equal(counts, first.Counts()) {
		t.Errorf("the cost is %v, want %v; the counts are %v, want %v", first.Cost(), cost, first.Counts(), counts)
	}
	labels, err := first.Predict(t.Context(), x, words)
	if err != nil || !slices.Equal(labels, first.Labels()) {
		t.Errorf("the rows of the training are predicted otherwise: %v", err)
	}
	more, err := segment.KPrototypes{K: 4, Seed: 9, Restarts: 30}.Fit(t.Context(), x, words)
	if err != nil || more.Cost() > first.Cost() {
		t.Errorf("30 restarts cost %v (%v), 10 of the same seed %v", more.Cost(), err, first.Cost())
	}
	// Without weight of words it is k-means.
	alone, err := segment.KPrototypes{K: 4, Gamma: 1e-9}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	means, err := segment.KMeansPP{K: 4}.Fit(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(alone.Cost()/means.Inertia()-1) > 1e-3 {
		t.Errorf("with words of no weight the cost is %v, the inertia of k-means %v", alone.Cost(), means.Inertia())
	}
}

// plainMatrix hides that a matrix is a *mat.Dense.
type plainMatrix struct{ mat.Matrix }

// Numbers of any magnitude are clustered as they are at 1, and gamma with them.
func TestKPrototypesMagnitude(t *testing.T) {
	x, words := mixed(200, 3)
	want, err := segment.KPrototypes{K: 3, Gamma: 2}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	for e := -500; e <= 500; e += 50 {
		scaled := mat.DenseCopyOf(x)
		scaled.Apply(func(_, _ int, v float64) float64 { return math.Ldexp(v, e) }, scaled)
		got, err := segment.KPrototypes{K: 3, Gamma: math.Ldexp(2, 2*e)}.Fit(t.Context(), scaled, words)
		if err != nil {
			t.Errorf("2^%d: %v", e, err)
			continue
		}
		if !slices.Equal(got.Labels(), want.Labels()) || got.Cost() != math.Ldexp(want.Cost(), 2*e) || got.Gamma() != math.Ldexp(2, 2*e) {
			t.Errorf("2^%d: another clustering, of cost %v, want %v", e, got.Cost(), math.Ldexp(want.Cost(), 2*e))
		}
		labels, err := got.Predict(t.Context(), scaled, words)
		if err != nil || !slices.Equal(labels, want.Labels()) {
			t.Errorf("2^%d: it predicts otherwise: %v", e, err)
		}
	}
	// Also where the squares of the numbers are 0, or beyond float64.
	byData, err := segment.KPrototypes{K: 3, MaxIter: 1, Restarts: 1}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range []int{-570, -400, 400, 505} {
		scaled := mat.DenseCopyOf(x)
		scaled.Apply(func(_, _ int, v float64) float64 { return math.Ldexp(v, e) }, scaled)
		got, err := segment.KPrototypes{K: 3, MaxIter: 1, Restarts: 1}.Fit(t.Context(), scaled, words)
		if err != nil || got.Gamma() != math.Ldexp(byData.Gamma(), e) {
			t.Errorf("2^%d: gamma %v (%v), want %v", e, got.Gamma(), err, math.Ldexp(byData.Gamma(), e))
		}
	}
	scaled := mat.DenseCopyOf(x)
	scaled.Scale(1e200, x)
	_, err = segment.KPrototypes{K: 3}.Fit(t.Context(), scaled, words)
	if !errors.Is(err, segment.ErrOverflow) {
		t.Errorf("a cost beyond float64: %v", err)
	}
	_, err = segment.KPrototypes{K: 3, Gamma: 1e-300}.Fit(t.Context(), scaled, words)
	if !errors.Is(err, segment.ErrOverflow) || !strings.Contains(err.Error(), "Gamma is 1e-300") {
		t.Errorf("a gamma too small: %v", err)
	}
}

func TestKPrototypesErrors(t *testing.T) {
	x, words := mixed(10, 1)
	bad := mat.DenseCopyOf(x)
	bad.Set(7, 1, math.NaN())
	two := &segment.Prototypes{Centroids: mat.NewDense(2, 2, nil), Modes: [][]string{{"a", "b"}, {"c", "d"}}}
	for name, c := range map[string]struct {
		o     segment.KPrototypes
		x     mat.Matrix
		words [][]string
		kind  error
		part  string
	}{
		"no rows":        {segment.KPrototypes{K: 1}, nil, words, segment.ErrEmpty, "0×0"},
		"no words":       {segment.KPrototypes{K: 1}, x, nil, segment.ErrEmpty, "KMeansPP"},
		"too few words":  {segment.KPrototypes{K: 1}, x, [][]string{words[0], words[1][:9]}, segment.ErrWidth, "column 1 of words has 9"},
		"K":              {segment.KPrototypes{}, x, words, segment.ErrOption, "K is 0"},
		"too many":       {segment.KPrototypes{K: 11}, x, words, segment.ErrTooFew, "11 clusters"},
		"gamma":          {segment.KPrototypes{K: 1, Gamma: -1}, x, words, segment.ErrOption, "Gamma is -1"},
		"gamma NaN":      {segment.KPrototypes{K: 1, Gamma: math.NaN()}, x, words, segment.ErrOption, "Gamma is NaN"},
		"gamma infinite": {segment.KPrototypes{K: 1, Gamma: math.Inf(1)}, x, words, segment.ErrOption, "Gamma is +Inf"},
		"gamma large":    {segment.KPrototypes{K: 1, Gamma: 1e308}, x, words, segment.ErrOverflow, "the cost"},
		"restarts":       {segment.KPrototypes{K: 1, Restarts: -1}, x, words, segment.ErrOption, "Restarts is -1"},
		"passes":         {segment.KPrototypes{K: 1, MaxIter: -1}, x, words, segment.ErrOption, "MaxIter is -1"},
		"workers":        {segment.KPrototypes{K: 1, Workers: -1}, x, words, segment.ErrOption, "Workers is -1"},
		"NaN":            {segment.KPrototypes{K: 1}, bad, words, segment.ErrNotFinite, "row 7, column 1"},
		"init":           {segment.KPrototypes{K: 3, Init: two}, x, words, segment.ErrWidth, "2×2"},
		"init modes":     {segment.KPrototypes{K: 2, Init: &segment.Prototypes{Centroids: two.Centroids, Modes: two.Modes[:1]}}, x, words, segment.ErrWidth, "1 modes"},
		"init words":     {segment.KPrototypes{K: 2, Init: &segment.Prototypes{Centroids: two.Centroids, Modes: [][]string{{"a"}, {"b", "c"}}}}, x, words, segment.ErrWidth, "mode 0"},
		"init NaN":       {segment.KPrototypes{K: 2, Init: &segment.Prototypes{Centroids: bad.Slice(6, 8, 0, 2), Modes: two.Modes}}, x, words, segment.ErrNotFinite, "Init"},
		"no centroids":   {segment.KPrototypes{K: 2, Init: &segment.Prototypes{Modes: two.Modes}}, x, words, segment.ErrWidth, "0×0"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.o.Fit(t.Context(), c.x, c.words)
			if got != nil || !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.part) {
				t.Errorf("it gave %v and the error %v, want %v with %q", got, err, c.kind, c.part)
			}
		})
	}
	for _, init := range []*segment.Prototypes{nil, {Centroids: mat.NewDense(3, 1, []float64{1, 1, 1}), Modes: [][]string{{"x"}, {"a"}, {"a"}}}} {
		_, err := segment.KPrototypes{K: 3, Init: init}.Fit(t.Context(), mat.NewDense(4, 1, []float64{1, 1, 1, 1}), [][]string{{"a", "b", "a", "b"}})
		var few *segment.DistinctError
		if !errors.As(err, &few) || few.K != 3 || few.Distinct != 2 {
			t.Errorf("three clusters of two distinct rows, from %v: %v", init, err)
		}
	}
	var none segment.MixedClustering
	for _, c := range []*segment.MixedClustering{nil, &none} {
		if _, err := c.Predict(t.Context(), x, words); !errors.Is(err, segment.ErrEmpty) {
			t.Errorf("not fitted, it predicts: %v", err)
		}
		if c.K() != 0 || c.Labels() != nil || c.Counts() != nil || c.Cost() != 0 || c.Gamma() != 0 || c.Iterations() != 0 || c.Converged() || c.Prototypes().Modes != nil {
			t.Error("not fitted, it has figures")
		}
	}
	fitted, err := segment.KPrototypes{K: 2}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		x     mat.Matrix
		words [][]string
		kind  error
	}{
		"width": {mat.NewDense(10, 3, nil), words, segment.ErrWidth}, "words": {x, words[:1], segment.ErrWidth},
		"length": {x, [][]string{words[0], nil}, segment.ErrWidth}, "NaN": {bad, words, segment.ErrNotFinite},
		"far": {mat.NewDense(1, 2, []float64{1e200, 1}), [][]string{{"a"}, {"a"}}, segment.ErrOverflow},
	} {
		if got, err := fitted.Predict(t.Context(), c.x, c.words); got != nil || !errors.Is(err, c.kind) {
			t.Errorf("%s: it predicts %v, %v", name, got, err)
		}
	}
	if got, err := fitted.Predict(t.Context(), nil, [][]string{nil, nil}); err != nil || len(got) != 0 {
		t.Errorf("of no rows it predicts %v, %v", got, err)
	}
}

// Every architecture clusters to the same bits: the checksum is that of amd64.
func TestKPrototypesSameBitsOnEveryMachine(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	x, words := mat.NewDense(500, 3, nil), [][]string{make([]string, 500)}
	for i := range 500 {
		for j := range 3 {
			x.Set(i, j, rng.Float64()*100)
		}
		words[0][i] = string(rune('a' + rng.IntN(4)))
	}
	c, err := segment.KPrototypes{K: 5, Seed: 3}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	const want = "a768d11c563ce4249397226a34b5333142a6a16ea12adfd6852451c9c7941944"
	if got := fmt.Sprintf("%x", sha256.Sum256([]byte(describe(t, c)))); got != want {
		t.Errorf("the checksum is %s, want %s", got, want)
	}
}

// A cluster that no row is near to is filled with the row that is farthest from its
// own prototype, at the start and in a pass.
func TestKPrototypesFillsClusters(t *testing.T) {
	x := mat.NewDense(6, 1, []float64{0, 1, 2, 10, 11, 30})
	words := [][]string{{"a", "a", "a", "b", "b", "c"}}
	start := &segment.Prototypes{Centroids: mat.NewDense(3, 1, []float64{1, 10, 1e6}), Modes: [][]string{{"a"}, {"b"}, {"unseen"}}}
	got, err := segment.KPrototypes{K: 3, Init: start}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{0, 0, 0, 1, 1, 2}; !slices.Equal(got.Labels(), want) || !got.Converged() {
		t.Errorf("the labels are %v, want %v", got.Labels(), want)
	}
}

func TestKPrototypesProgressAndCancel(t *testing.T) {
	x, words := mixed(5000, 2)
	var seen []int
	_, err := segment.KPrototypes{K: 3, Restarts: 7, Workers: 3, Progress: func(p segment.Progress) {
		seen = append(seen, p.Done)
		if p.Total != 7 || p.K != 3 || !(p.Inertia > 0) {
			t.Errorf("progress %+v", p)
		}
	}}.Fit(t.Context(), x, words)
	if err != nil || !slices.Equal(seen, []int{1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("progress came as %v, %v", seen, err)
	}
	reason := errors.New("the operator said so")
	for _, stop := range []int{1, 3} {
		ctx, cancel := context.WithCancelCause(t.Context())
		o := segment.KPrototypes{K: 3, Restarts: 50, Progress: func(p segment.Progress) {
			if p.Done == stop {
				cancel(reason)
			}
		}}
		if _, err := o.Fit(ctx, x, words); !errors.Is(err, context.Canceled) || !errors.Is(err, reason) {
			t.Errorf("cancelled: %v", err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	fitted, err := segment.KPrototypes{K: 2, Restarts: 1}.Fit(t.Context(), x, words)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fitted.Predict(ctx, x, words); !errors.Is(err, reason) {
		t.Errorf("cancelled, it predicts: %v", err)
	}
}

// Whatever the rows, there is a clustering of finite figures, or an error of a kind.
func FuzzKPrototypes(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 1e300, uint8(2), 0.0, "abca")
	f.Add(5e-324, 0.0, 1e-200, 1e-160, uint8(3), 1e-300, "aabb")
	f.Add(1e308, -1e308, 1.0, 0.0, uint8(4), 1e300, "abcd")
	f.Fuzz(func(t *testing.T, a, b, c, d float64, k uint8, gamma float64, text string) {
		words := make([]string, 4)
		for i := range words {
			if i < len(text) {
				words[i] = text[i : i+1]
			}
		}
		x := mat.NewDense(4, 1, []float64{a, b, c, d})
		got, err := segment.KPrototypes{K: int(k), Gamma: gamma, Restarts: 2}.Fit(t.Context(), x, [][]string{words})
		if err != nil {
			for _, kind := range []error{segment.ErrNotFinite, segment.ErrOption, segment.ErrTooFew, segment.ErrOverflow} {
				if errors.Is(err, kind) {
					return
				}
			}
			t.Fatalf("an error of no kind: %v", err)
		}
		for _, v := range append(got.Prototypes().Centroids.(*mat.Dense).RawMatrix().Data, got.Cost(), got.Gamma()) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				t.Fatalf("a figure is %v", v)
			}
		}
		labels, err := got.Predict(t.Context(), x, [][]string{words})
		if err != nil || !slices.Equal(labels, got.Labels()) {
			t.Fatalf("it was fitted with labels %v and predicts %v, %v", got.Labels(), labels, err)
		}
	})
}
