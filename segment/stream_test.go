package segment

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment/internal/rows"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// streamOf reads the rows of x in blocks, in a slice that is used again.
func streamOf(x *mat.Dense, rows int) *Stream {
	n, d := x.Dims()
	return &Stream{Cols: d, Blocks: func(yield func([]float64, error) bool) {
		var block []float64
		for from := 0; from < n; from += rows {
			block = block[:0]
			for i := from; i < min(from+rows, n); i++ {
				block = append(block, x.RawRowView(i)...)
			}
			if !yield(block, nil) {
				return
			}
		}
	}}
}

func fitStreamed(t testing.TB, o KMeansPP, src Source) *Clustering {
	t.Helper()
	c, err := o.FitStream(context.Background(), src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checkStreamed compares what a stream yields with what the same rows in memory
// do: the same bits but for the inertia, which is added up in another order.
func checkStreamed(t *testing.T, name string, got, want *Clustering) {
	t.Helper()
	if got.K() != want.K() || !slices.Equal(got.centroids, want.centroids) || !slices.Equal(got.counts, want.counts) || got.converged != want.converged {
		t.Fatalf("%s: centroids %v, counts %v and converged %v; in memory %v, %v and %v",
			name, got.centroids, got.counts, got.converged, want.centroids, want.counts, want.converged)
	}
	if math.Abs(got.inertia-want.inertia) > 1e-12*want.inertia {
		t.Fatalf("%s: inertia %v; in memory %v", name, got.inertia, want.inertia)
	}
	if len(got.Labels()) != 0 {
		t.Fatalf("%s: a stream has %d labels", name, len(got.Labels()))
	}
}

// inOrder returns c with its clusters by their centroids: of restarts that find
// the same ones in another order, rounding of the inertia decides which is
// kept.
func inOrder(c *Clustering) *Clustering {
	order := make([]int, c.k)
	for i := range order {
		order[i] = i
	}
	row := func(i int) []float64 { return c.centroids[i*c.d : (i+1)*c.d] }
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(row(a), row(b)) })
	out := *c
	out.centroids, out.counts = nil, nil
	for _, i := range order {
		out.centroids, out.counts = append(out.centroids, row(i)...), append(out.counts, c.counts[i])
	}
	return &out
}

// rounded returns rows around centres whose values often tie.
func rounded(n, d, k int, seed uint64) *mat.Dense {
	x, _ := mixture(n, d, k, 1, seed)
	x.Apply(func(_, _ int, v float64) float64 { return math.Round(v) }, x)
	return x
}

func TestFitStreamEqualsFit(t *testing.T) {
	for trial := range 18 {
		rng := rand.New(rand.NewPCG(3, uint64(trial)))
		n, d, k := 20+rng.IntN(400), 1+rng.IntN(6), 1+rng.IntN(6)
		x, _ := mixture(n, d, k, 1, uint64(trial))
		if trial%3 == 0 {
			x = rounded(n, d, k, uint64(trial))
		}
		k = min(k, rows.Distinct(x, nil, k))
		init := mat.DenseCopyOf(x.Slice(0, k, 0, d))
		for name, o := range map[string]KMeansPP{
			"search":   {K: k, Seed: uint64(trial)},
			"restarts": {K: k, Seed: uint64(trial), Restarts: 3},
			"init":     {K: k, Init: init},
			"tol":      {K: k, Init: init, Tol: 1e-2},
			"maxiter":  {K: k, Init: init, MaxIter: 2},
		} {
			t.Run(name, func(t *testing.T) {
				want, err := o.Fit(t.Context(), x)
				if err != nil {
					if _, got := o.FitStream(t.Context(), streamOf(x, 7)); !errors.Is(got, ErrTooFew) || !errors.Is(err, ErrTooFew) {
						t.Fatalf("trial %d, %s: error %v; in memory %v", trial, name, got, err)
					}
					return
				}
				for _, rows := range []int{1, 1 + rng.IntN(n), n} {
					s := streamOf(x, rows)
					s.Workers = 1 + rng.IntN(4)
					got := fitStreamed(t, o, s)
					if o.Restarts > 0 {
						got, want = inOrder(got), inOrder(want)
					}
					checkStreamed(t, fmt.Sprintf("trial %d, %s, blocks of %d", trial, name, rows), got, want)
					if o.Init != nil && got.Iterations() != want.Iterations() {
						t.Fatalf("trial %d, %s: %d iterations; in memory %d", trial, name, got.Iterations(), want.Iterations())
					}
				}
			})
		}
	}
}

// From Init rows that are not in the sample count as any others.
func TestFitStreamBeyondItsSample(t *testing.T) {
	const n, d = 60_000, 80 // 52,428 rows are in the sample
	x, _ := mixture(n, d, 3, 1, 1)
	if size := sampleSize(streamOf(x, 1), []int{3}); size >= n {
		t.Fatalf("all %d rows are in a sample of %d", n, size)
	}
	o := KMeansPP{K: 3, Init: x.Slice(0, 3, 0, d)}
	want := fit(t, o, x)
	checkStreamed(t, "from Init", fitStreamed(t, o, streamOf(x, 999)), want)

	got := fitStreamed(t, KMeansPP{K: 3, Seed: 2}, streamOf(x, 5000))
	if best := fit(t, KMeansPP{K: 3, Seed: 2}, x); math.Abs(got.Inertia()/best.Inertia()-1) > 1e-6 || !got.Converged() {
		t.Errorf("inertia %v, in memory %v; converged: %v", got.Inertia(), best.Inertia(), got.Converged())
	}
}

// Three rows of 60,000 that lie far from the others and are not in the sample are found
// by the pass behind it: the inertia is that from centroids which know them.
func TestFitStreamFindsFarRowsBeyondItsSample(t *testing.T) {
	const n, d = 60_000, 160 // 26,214 rows are in the sample
	x, _ := mixture(n, d, 3, 1, 1)
	for _, i := range []int{20_000, 40_000, 59_000} {
		for j := range d {
			x.Set(i, j, 500+x.At(i, j))
		}
	}
	o := KMeansPP{K: 4, Seed: 4}
	s := streamOf(x, 5000)
	sample, err := s.Sample(t.Context(), sampleSize(s, []int{4}), o.Seed)
	if err != nil {
		t.Fatal(err)
	}
	if most := mat.Max(sample); most > 400 {
		t.Fatalf("the sample has a row at %v", most)
	}
	found, err := KMeansPP{K: 3, Seed: 1}.Fit(t.Context(), x.Slice(0, 15_000, 0, d))
	if err != nil {
		t.Fatal(err)
	}
	var init mat.Dense
	init.Stack(found.Centroids(), x.Slice(20_000, 20_001, 0, d))
	want := fitStreamed(t, KMeansPP{K: 4, Init: &init}, s)
	if got := fitStreamed(t, o, s); !(got.Inertia() <= want.Inertia()*(1+1e-3)) {
		t.Errorf("inertia %v; with a centroid at the far rows %v (%+.1e)", got.Inertia(), want.Inertia(), got.Inertia()/want.Inertia()-1)
	} else {
		t.Logf("%+.1e", got.Inertia()/want.Inertia()-1)
	}
}

func TestSweepFitStreamEqualsFit(t *testing.T) {
	x, _ := mixture(800, 3, 4, 0.5, 8)
	for _, s := range []Sweep{{Seed: 3}, {Seed: 3, MinK: 1, MaxK: 5, Restarts: 4}, {Seed: 1, MinK: 3, MaxK: 3, Tol: 1e-3}} {
		want, err := s.Fit(t.Context(), x)
		if err != nil {
			t.Fatal(err)
		}
		passes, total := 0, 0
		s.Progress = func(p Progress) {
			passes++
			if total = p.Total; p.Done != passes {
				t.Errorf("progress %d of %d comes as number %d", p.Done, p.Total, passes)
			}
		}
		got, err := s.FitStream(t.Context(), streamOf(x, 100))
		if err != nil {
			t.Fatal(err)
		}
		if passes != total || total == 0 {
			t.Errorf("progress ended at %d of %d", passes, total)
		}
		for i, c := range got.clusterings {
			if s.Tol == 0 {
				want := want.clusterings[i]
				if s.Restarts > 0 {
					c, want = inOrder(c), inOrder(want)
				}
				checkStreamed(t, fmt.Sprintf("k = %d of %v", c.K(), s.MinK), c, want)
			} else if math.Abs(c.inertia/want.clusterings[i].inertia-1) > 1e-2 {
				t.Errorf("inertia %v; in memory %v", c.inertia, want.clusterings[i].inertia)
			}
		}
		if got.Knee().Found != want.Knee().Found || got.Knee().Knee != want.Knee().Knee {
			t.Errorf("the knee is %v; in memory %v", got.Knee().Knee, want.Knee().Knee)
		}
	}

	few := mat.NewDense(6, 1, []float64{1, 1, 2, 2, 3, 3})
	r, err := Sweep{}.FitStream(t.Context(), streamOf(few, 2))
	if err != nil || len(r.Points()) != 2 {
		t.Errorf("a sweep over three distinct rows has the points %v and the error %v; want k = 2 and 3", r, err)
	}
}

// All k go through the source together.
func TestFitStreamSharesItsPasses(t *testing.T) {
	x, _ := mixture(500, 2, 3, 1, 5)
	s := streamOf(x, 50)
	blocks, passes := s.Blocks, 0
	s.Blocks = func(yield func([]float64, error) bool) {
		passes++
		blocks(yield)
	}
	r, err := Sweep{Seed: 1, Restarts: 5}.FitStream(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	slowest := 0
	for _, c := range r.clusterings {
		slowest = max(slowest, c.Iterations())
	}
	// The best restart may not be the one that takes longest.
	if passes < slowest || passes > 150 {
		t.Errorf("9 k and 5 restarts took %d passes, where the best took up to %d iterations", passes, slowest)
	}
}

func TestMiniBatchComesNearTheOptimum(t *testing.T) {
	x, _ := mixture(20_000, 3, 4, 0.4, 11)
	best := fit(t, KMeansPP{K: 4, Seed: 1}, x)
	var first *Clustering
	for _, workers := range []int{1, 2, 3} {
		s := streamOf(x, 777)
		s.MiniBatch, s.Workers = 1000, workers
		// A poor start, near the data's middle, that batches have to move.
		got := fitStreamed(t, KMeansPP{K: 4, Init: miniBatchStart(best)}, s)
		if got.Inertia() < best.Inertia() || got.Inertia() > 1.02*best.Inertia() {
			t.Errorf("inertia %v; the least is %v", got.Inertia(), best.Inertia())
		}
		if got.Iterations() != 20 || got.Converged() {
			t.Errorf("%d batches, converged: %v; want 20, false", got.Iterations(), got.Converged())
		}
		if first != nil && !same(got, first) {
			t.Errorf("%d workers give other bits", workers)
		}
		first = got
	}
	n := 0.0
	for _, c := range first.Counts() {
		n += c
	}
	if n != 20_000 {
		t.Errorf("%v rows are counted", n)
	}
	s := streamOf(x, 777)
	s.MiniBatch = 1000
	r, err := Sweep{Seed: 1, MinK: 3, MaxK: 5}.FitStream(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if c, _ := r.Clustering(4); c.Inertia() > 1.01*best.Inertia() {
		t.Errorf("a sweep in batches has the inertia %v for k = 4; the least is %v", c.Inertia(), best.Inertia())
	}
}

// miniBatchStart is half-way from the centroids to their mean.
func miniBatchStart(c *Clustering) *mat.Dense {
	out := c.Centroids()
	k, d := out.Dims()
	for j := range d {
		mean := mat.Sum(out.ColView(j)) / float64(k)
		for i := range k {
			out.Set(i, j, (out.At(i, j)+mean)/2)
		}
	}
	return out
}

// plainSource is a Source of the plainest kind; change spoils its answers.
type plainSource struct {
	x      *mat.Dense
	sample *mat.Dense
	change func(pass int, s []SufficientStatistics) []SufficientStatistics
	passes int
}

func (p *plainSource) Sample(context.Context, int, uint64) (*mat.Dense, error) {
	if p.sample != nil {
		return p.sample, nil
	}
	return p.x, nil
}

func (p *plainSource) Statistics(_ context.Context, sets []*mat.Dense) ([]SufficientStatistics, error) {
	n, d := p.x.Dims()
	var out []SufficientStatistics
	for _, c := range sets {
		k, _ := c.Dims()
		s := SufficientStatistics{make([]float64, k), mat.NewDense(k, d, nil), make([]float64, k)}
		for i := range n {
			best, least := 0, math.Inf(1)
			for q := range k {
				v := 0.0
				for j := range d {
					v += (p.x.At(i, j) - c.At(q, j)) * (p.x.At(i, j) - c.At(q, j))
				}
				if v < least {
					best, least = q, v
				}
			}
			s.Counts[best]++
			s.Inertia[best] += least
			for j := range d {
				s.Sums.Set(best, j, s.Sums.At(best, j)+p.x.At(i, j))
			}
		}
		c.Zero() // which a source may do
		out = append(out, s)
	}
	p.passes++
	if p.change != nil {
		out = p.change(p.passes, out)
	}
	return out, nil
}

func TestFitStreamOfAnotherSource(t *testing.T) {
	x, _ := mixture(700, 3, 4, 1, 21)
	for name, o := range map[string]KMeansPP{
		"search":   {K: 4, Seed: 1},
		"restarts": {K: 4, Seed: 1, Restarts: 3},
		"init":     {K: 4, Init: x.Slice(0, 4, 0, 3)},
		"tol":      {K: 4, Init: x.Slice(0, 4, 0, 3), Tol: 1e-3},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := inOrder(fitStreamed(t, o, &plainSource{x: x})), inOrder(fit(t, o, x))
			if !slices.Equal(got.counts, want.counts) || !mat.EqualApprox(got.Centroids(), want.Centroids(), 1e-12) || !closeTo(got.inertia, want.inertia, 1e-12) || !got.Converged() {
				t.Errorf("%s: %v, counts %v; in memory %v, %v", name, got.centroids, got.counts, want.centroids, want.counts)
			}
		})
	}

	// The rows at 100 are not in the sample, so that the search does not see
	// them; a cluster that starts beyond all rows is given one of the sample.
	far := mat.NewDense(6, 1, []float64{1, 2, 9, 10, 100, 101})
	got := fitStreamed(t, KMeansPP{K: 3, Init: mat.NewDense(3, 1, []float64{0, 60, 1000})}, &plainSource{x: far, sample: far.Slice(0, 4, 0, 1).(*mat.Dense)})
	centroids := got.Centroids().RawMatrix().Data
	slices.Sort(centroids)
	if !slices.Equal(centroids, []float64{1.5, 9.5, 100.5}) {
		t.Errorf("centroids %v", centroids)
	}
}

func TestFitStreamOfNonsense(t *testing.T) {
	x, _ := mixture(50, 2, 2, 1, 21)
	nan := math.NaN()
	for _, test := range []struct {
		name   string
		change func(pass int, s []SufficientStatistics) []SufficientStatistics
		says   string
	}{
		{"no answer", func(int, []SufficientStatistics) []SufficientStatistics { return nil }, "0 answers to 1 sets of centroids"},
		{"two answers", func(_ int, s []SufficientStatistics) []SufficientStatistics { return append(s, s...) }, "2 answers to 1 sets"},
		{"empty answer", func(int, []SufficientStatistics) []SufficientStatistics { return make([]SufficientStatistics, 1) }, "0 counts, 0×0 sums and 0 inertias for 2 centroids of 2 columns"},
		{"a count too few", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Counts = s[0].Counts[1:]; return s }, "1 counts, 2×2 sums"},
		{"a row too many", func(_ int, s []SufficientStatistics) []SufficientStatistics {
			s[0].Sums = mat.NewDense(3, 2, nil)
			return s
		}, "3×2 sums"},
		{"another width", func(_ int, s []SufficientStatistics) []SufficientStatistics {
			s[0].Sums = mat.NewDense(2, 1, nil)
			return s
		}, "2×1 sums"},
		{"no inertia", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Inertia = nil; return s }, "0 inertias"},
		{"NaN sum", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Sums.Set(1, 0, nan); return s }, "row 1, column 0 of the sums is NaN"},
		{"NaN count", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Counts[1] = nan; return s }, "cluster 1 has the count NaN"},
		{"negative count", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Counts[0] = -1; return s }, "cluster 0 has the count -1"},
		{"infinite inertia", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Inertia[0] = math.Inf(1); return s }, "the inertia +Inf; both must be numbers from 0"},
		{"negative inertia", func(_ int, s []SufficientStatistics) []SufficientStatistics { s[0].Inertia[0] = -2; return s }, "the inertia -2"},
		{"no rows", func(_ int, s []SufficientStatistics) []SufficientStatistics { clear(s[0].Counts); return s }, "the counts add up to 0"},
		{"more rows later", func(pass int, s []SufficientStatistics) []SufficientStatistics {
			s[0].Counts[0] += float64(pass)
			return s
		}, "every pass must go over the same rows"},
	} {
		for _, o := range []KMeansPP{{K: 2, Seed: 1}, {K: 2, Init: x.Slice(0, 2, 0, 2)}, {K: 2, Restarts: 1}} {
			if test.name == "more rows later" {
				o.Init = mat.NewDense(2, 2, []float64{100, 100, 0, 0}) // takes several passes
			}
			c, err := o.FitStream(t.Context(), &plainSource{x: x, change: test.change})
			if !errors.Is(err, ErrSource) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: %v and the error %v; want one that says %q", test.name, c, err, test.says)
			}
		}
	}
	for name, test := range map[string]struct {
		sample *mat.Dense
		want   error
		says   string
	}{
		"empty sample":   {&mat.Dense{}, ErrEmpty, "0×0 values to cluster"},
		"NaN sample":     {mat.NewDense(2, 2, []float64{1, 2, 3, nan}), ErrNotFinite, "row 1, column 1 of the sample is NaN"},
		"small sample":   {mat.NewDense(1, 2, []float64{1, 2}), ErrTooFew, "2 clusters are asked for and there is 1 row;"},
		"sample of same": {mat.NewDense(3, 2, []float64{1, 2, 1, 2, 1, 2}), ErrTooFew, "1 distinct point;"},
		"other width":    {mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6}), ErrSource, "sums and 2 inertias for 2 centroids of 3 columns"},
	} {
		t.Run(name, func(t *testing.T) {
			src := &plainSource{x: x, sample: test.sample, change: func(_ int, s []SufficientStatistics) []SufficientStatistics {
				if name == "other width" {
					s[0].Sums = mat.NewDense(2, 2, nil)
				}
				return s
			}}
			if name == "other width" {
				src.x = test.sample
			}
			if _, err := (KMeansPP{K: 2}).FitStream(t.Context(), src); !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%s: error %v; want one that says %q", name, err, test.says)
			}
		})
	}
}

func TestFitStreamErrors(t *testing.T) {
	for _, test := range unusableStreams() {
		c, err := test.o.FitStream(t.Context(), test.src)
		if c != nil || !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v and the error %v; want one that says %q", test.name, c, err, test.says)
		}
	}
	if _, err := (Sweep{MinK: 3, MaxK: 2}).FitStream(t.Context(), streamOf(fourRows(), 1)); !errors.Is(err, ErrOption) {
		t.Errorf("a sweep downwards: error %v", err)
	}
	if _, err := (Sweep{MinK: 2, MaxK: 6}).FitStream(t.Context(), streamOf(fourRows(), 1)); !errors.Is(err, ErrTooFew) {
		t.Errorf("a sweep to more clusters than rows: error %v", err)
	}
}

func fourRows() *mat.Dense { return mat.NewDense(4, 2, []float64{1, 2, 3, 4, 5, 6, 7, 8}) }

var errBroken = errors.New("the disk is on fire")

// blocksOf yields blocks.
func blocksOf(blocks ...[]float64) iter.Seq2[[]float64, error] {
	return func(yield func([]float64, error) bool) {
		for _, b := range blocks {
			if !yield(b, nil) {
				return
			}
		}
	}
}

// An unusableStream is what a stream cannot be clustered for, and what the error says.
type unusableStream struct {
	name string
	o    KMeansPP
	src  Source
	want error
	says string
}

func unusableStreams() []unusableStream {
	x, passes := fourRows(), 0
	return []unusableStream{
		{"no source", KMeansPP{K: 1}, nil, ErrOption, "there is no source"},
		{"nil stream", KMeansPP{K: 1}, (*Stream)(nil), ErrOption, "a Stream needs Blocks"},
		{"no blocks", KMeansPP{K: 1}, &Stream{Cols: 2}, ErrOption, "a Stream needs Blocks"},
		{"no columns", KMeansPP{K: 1}, &Stream{Blocks: blocksOf()}, ErrOption, "Cols is 0; it must be from 1 to 16777216"},
		{"workers", KMeansPP{K: 1}, &Stream{Cols: 1, Workers: -1, Blocks: blocksOf()}, ErrOption, "Workers is -1"},
		{"batches", KMeansPP{K: 1}, &Stream{Cols: 1, MiniBatch: -5, Blocks: blocksOf()}, ErrOption, "MiniBatch -5"},
		{"weights", KMeansPP{K: 1, Weights: []float64{1, 1, 1, 1}}, streamOf(x, 2), ErrOption, "Weights are for Fit"},
		{"weight", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, 1, 2, 0}, []float64{3, -1})}, ErrOption, "the weight of row 2 is -1"},
		{"no weight", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, 0, 2, math.NaN()})}, ErrOption, "the weight of row 1 is NaN"},
		{"infinite weight", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, math.Inf(1)})}, ErrOption, "the weight of row 0 is +Inf"},
		{"weights of 0", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, 0, 2, 0})}, ErrEmpty, "the stream has no rows"},
		{"unequal weights", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, 1, 2, 1e25})}, ErrOption, "too unequal, too great or too small: of 2 rows from 1 to 1e+25"},
		{"NaN of no weight", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, 0, math.NaN(), 0})}, ErrNotFinite, "row 1, column 0 of the stream is NaN"},
		{"width of weighted rows", KMeansPP{K: 1}, &Stream{Cols: 1, Weighted: true, Blocks: blocksOf([]float64{1, 0, 2})}, ErrWidth, "whole rows of 1 columns and a weight"},
		{"no k", KMeansPP{}, streamOf(x, 2), ErrOption, "K is 0; it must be at least 1"},
		{"restarts", KMeansPP{K: 1, Restarts: -1}, streamOf(x, 2), ErrOption, "Restarts is -1"},
		{"tol", KMeansPP{K: 1, Tol: math.NaN()}, streamOf(x, 2), ErrOption, "Tol is NaN"},
		{"init", KMeansPP{K: 1, Init: mat.NewDense(2, 2, nil)}, streamOf(x, 2), ErrWidth, "Init is 2×2; 1 clusters of 2 columns need 1×2"},
		{"empty", KMeansPP{K: 1}, &Stream{Cols: 2, Blocks: blocksOf()}, ErrEmpty, "the stream has no rows"},
		{"empty blocks", KMeansPP{K: 1}, &Stream{Cols: 2, Blocks: blocksOf(nil, []float64{})}, ErrEmpty, "the stream has no rows"},
		{"too few", KMeansPP{K: 5}, streamOf(x, 2), ErrTooFew, "5 clusters are asked for and there are 4 rows"},
		{"too few distinct", KMeansPP{K: 2}, &Stream{Cols: 1, Blocks: blocksOf([]float64{7, 7, 7})}, ErrTooFew, "1 distinct point;"},
		{"width", KMeansPP{K: 1}, &Stream{Cols: 2, Blocks: blocksOf([]float64{1, 2}, []float64{1, 2, 3})}, ErrWidth, "a block of 3 values is no number of whole rows of 2 columns"},
		{"NaN", KMeansPP{K: 1}, &Stream{Cols: 2, Blocks: blocksOf([]float64{1, 2, 3, 4}, []float64{5, math.NaN()})}, ErrNotFinite, "row 2, column 1 of the stream is NaN"},
		{"Inf", KMeansPP{K: 1}, &Stream{Cols: 2, Blocks: blocksOf([]float64{math.Inf(-1), 2})}, ErrNotFinite, "row 0, column 0 of the stream is -Inf"},
		{"blocks fail", KMeansPP{K: 1}, &Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) { yield(nil, errBroken) }}, errBroken, "on fire"},
		{"blocks fail later", KMeansPP{K: 1}, &Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) {
			if passes++; passes == 1 {
				yield([]float64{1, 2}, nil)
				return
			}
			yield(nil, errBroken)
		}}, errBroken, "on fire"},
		{"NaN later", KMeansPP{K: 1}, second([]float64{1, 2, 3}, []float64{1, 2, math.NaN()}), ErrNotFinite, "row 2, column 0"},
		{"a row fewer", KMeansPP{K: 1}, second([]float64{1, 2, 3}, []float64{1, 2}), ErrSource, "the rows are not those of the pass before: there are 2 now, and were 3; every pass must give the same"},
		{"none any more", KMeansPP{K: 1}, second([]float64{1, 2, 3}, nil), ErrSource, "there are 0 now, and were 3"},
		{"a row more in batches", KMeansPP{K: 1}, batched(second([]float64{1, 2, 3}, []float64{1, 2, 3, 4})), ErrSource, "there are 4 now, and were 3"},
	}
}

// Rows that are scaled on their way.
func TestFitScaledStreamErrors(t *testing.T) {
	for name, test := range map[string]struct {
		rest      []float64
		err, want error
	}{
		"part of a row with an error": {[]float64{1e200}, errBroken, errBroken},
		"another width":               {[]float64{1e200, 1, 2e200, 1}, nil, ErrWidth},
	} {
		t.Run(name, func(t *testing.T) {
			passes := 0
			s := &Stream{Cols: 2, Weighted: true, Blocks: func(yield func([]float64, error) bool) {
				if passes++; passes == 1 {
					yield([]float64{1e200, 1, 1, 3e200, 5, 2}, nil)
				} else {
					yield(test.rest, test.err)
				}
			}}
			if _, err := (KMeansPP{K: 1}).FitStream(t.Context(), s); !errors.Is(err, test.want) {
				t.Errorf("%s: error %v; want %v", name, err, test.want)
			}
		})
	}
}

func TestStreamErrors(t *testing.T) {
	s := streamOf(fourRows(), 1)
	for name, test := range map[string]struct {
		centroids *mat.Dense
		want      error
	}{
		"nil":         {nil, ErrWidth},
		"empty":       {&mat.Dense{}, ErrWidth},
		"other width": {mat.NewDense(1, 3, nil), ErrWidth},
		"NaN":         {mat.NewDense(1, 2, []float64{1, math.NaN()}), ErrNotFinite},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := s.Statistics(t.Context(), []*mat.Dense{test.centroids}); !errors.Is(err, test.want) {
				t.Errorf("statistics of %s centroids: error %v; want %v", name, err, test.want)
			}
		})
	}
	if _, err := (*Stream)(nil).Statistics(t.Context(), nil); !errors.Is(err, ErrOption) {
		t.Errorf("statistics of no stream: error %v", err)
	}
	if _, err := s.Sample(t.Context(), 0, 1); !errors.Is(err, ErrOption) {
		t.Errorf("a sample of no rows: error %v", err)
	}
}

// TestStreamIsShared: fits of one weighted stream, and samples of it meanwhile, do not
// mix up the weights of their rows.
func TestStreamIsShared(t *testing.T) {
	x, _ := blobs(60, 2, 3, 1)
	weights := make([]float64, 60)
	for i := range weights {
		weights[i] = float64(1 + i%5)
	}
	s := weightedStream(x, weights, 7)
	init := mat.NewDense(4, 2, []float64{1e3, 0, 1e3, 1, 0, 0, 1, 1}) // empty clusters take rows of the sample
	o := KMeansPP{K: 4, Init: init}
	want := fitStreamed(t, o, s)
	done := make(chan struct{})
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			if _, err := s.Sample(t.Context(), 1, 0); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for range 30 {
		if got := fitStreamed(t, o, s); !sameBits(got, want) {
			t.Errorf("beside samples: inertia %v, alone %v", got.inertia, want.inertia)
			break
		}
	}
	close(done)
	wait.Wait()
}

// second returns one column of rows in the first pass, and another later.
func second(first, later []float64) *Stream {
	passes := 0
	return &Stream{Cols: 1, Blocks: func(yield func([]float64, error) bool) {
		if passes++; passes == 1 {
			yield(first, nil)
		} else if later != nil {
			yield(later, nil)
		}
	}}
}

func batched(s *Stream) *Stream {
	s.MiniBatch = 2
	return s
}

// Statistics may be asked of a stream without a sample before.
func TestStreamSums(t *testing.T) {
	x := mat.NewDense(5, 2, []float64{0, 0, 2, 0, 9, 9, 11, 9, 10, 12})
	got, err := streamOf(x, 2).Statistics(t.Context(), []*mat.Dense{mat.NewDense(2, 2, []float64{1, 0, 10, 10}), mat.NewDense(1, 2, nil)})
	if err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if s := got[0]; !slices.Equal(s.Counts, []float64{2, 3}) || !slices.Equal(s.Inertia, []float64{2, 8}) || !mat.Equal(s.Sums, mat.NewDense(2, 2, []float64{2, 0, 30, 30})) {
		t.Errorf("%v", s)
	}
	if s := got[1]; s.Counts[0] != 5 || s.Inertia[0] != 4+162+202+244 || !mat.Equal(s.Sums, mat.NewDense(1, 2, []float64{32, 30})) {
		t.Errorf("%v", s)
	}
}

func TestFitStreamCancelled(t *testing.T) {
	x, _ := mixture(5000, 3, 4, 1, 1)
	for _, batch := range []int{0, 100} {
		for at := range 4 { // in the sample, and in the passes behind it
			ctx, cancel := context.WithCancel(t.Context())
			s := streamOf(x, 50)
			s.MiniBatch = batch
			blocks, passes, after := s.Blocks, 0, 0
			s.Blocks = func(yield func([]float64, error) bool) {
				passes++
				i := 0
				blocks(func(b []float64, err error) bool {
					if i++; i == 10 && passes == at+1 {
						cancel()
					}
					if ctx.Err() != nil {
						after++
					}
					return yield(b, err)
				})
			}
			_, err := KMeansPP{K: 4, Init: x.Slice(0, 4, 0, 3)}.FitStream(ctx, s)
			if passes <= at { // it had ended before
				cancel()
				continue
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled in pass %d: error %v", at, err)
			}
			if after > 5 {
				t.Errorf("cancelled in pass %d: %d more blocks were read", at, after)
			}
			cancel()
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (KMeansPP{K: 2}).FitStream(ctx, &plainSource{x: x}); !errors.Is(err, context.Canceled) {
		t.Errorf("another source, cancelled before: error %v", err)
	}
}

// columnFile returns x as numpy's x.T.tofile writes it.
func columnFile(x *mat.Dense) []byte {
	var out []byte
	n, d := x.Dims()
	for j := range d {
		for i := range n {
			out = binary.LittleEndian.AppendUint64(out, math.Float64bits(x.At(i, j)))
		}
	}
	return out
}

// brokenFile fails from an offset on.
type brokenFile struct {
	io.ReaderAt
	from int64
	err  error
}

func (f brokenFile) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > f.from {
		return 0, f.err
	}
	return f.ReaderAt.ReadAt(p, at)
}

func TestColumnFile(t *testing.T) {
	for _, n := range []int{1, 5, 1 << 14, 1<<14 + 1, 40_000} {
		x, _ := mixture(n, 3, 2, 1, uint64(n))
		file := bytes.NewReader(columnFile(x))
		for range 2 { // it can be read again
			var got []float64
			for block, err := range ColumnFile(file, n, 3) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, block...)
			}
			if !slices.Equal(got, x.RawMatrix().Data) {
				t.Fatalf("%d rows are not those of the file", n)
			}
		}
		for range ColumnFile(file, n, 3) {
			break
		}
	}
	for _, err := range ColumnFile(bytes.NewReader(nil), 0, 3) {
		t.Errorf("a file of no rows gives a block, and the error %v", err)
	}

	x, _ := mixture(40_000, 2, 2, 1, 4)
	file := columnFile(x)
	broken := errors.New("a broken disk")
	for _, test := range []struct {
		name       string
		r          io.ReaderAt
		rows, cols int
		want       error
		says       string
	}{
		{"too long", bytes.NewReader(file), 39_999, 2, ErrWidth, "the column file is longer than the 639984 bytes of 39999×2 values"},
		{"a byte too long", bytes.NewReader(append(slices.Clone(file), 0)), 40_000, 2, ErrWidth, "longer than the 640000 bytes"},
		{"too short", bytes.NewReader(file[:len(file)-1]), 40_000, 2, ErrWidth, "the column file ends at byte 639999; 40000×2 values take 640000"},
		{"empty", bytes.NewReader(nil), 1, 1, ErrWidth, "ends at byte 0; 1×1 values take 8"},
		{"no file", nil, 1, 1, ErrOption, "a column file of 1×1 values"},
		{"no columns", bytes.NewReader(file), 1, 0, ErrOption, "a column file of 1×0 values"},
		{"negative", bytes.NewReader(file), -1, 1, ErrOption, "a column file of -1×1 values"},
		{"enormous", bytes.NewReader(file), math.MaxInt, math.MaxInt, ErrOption, "a column file of"},
		{"broken at once", brokenFile{bytes.NewReader(file), 0, broken}, 40_000, 2, broken, "reading the column file: a broken disk"},
		{"broken within", brokenFile{bytes.NewReader(append(file, file...)), 400_000, broken}, 40_000, 2, broken, "reading the column file"},
	} {
		var last error
		for _, err := range ColumnFile(test.r, test.rows, test.cols) {
			if last = err; err != nil {
				break
			}
		}
		if !errors.Is(last, test.want) || !strings.Contains(last.Error(), test.says) {
			t.Errorf("%s: error %v; want one that says %q", test.name, last, test.says)
		}
		if test.cols > 0 {
			if _, err := (KMeansPP{K: 2}).FitStream(t.Context(), &Stream{Cols: test.cols, Blocks: ColumnFile(test.r, test.rows, test.cols)}); !errors.Is(err, test.want) {
				t.Errorf("%s: a fit has the error %v", test.name, err)
			}
		}
	}
}

// What takes clusterings takes those of a stream, or says why not.
func TestWhatIsMadeOfAStreamsClustering(t *testing.T) {
	x, _ := people(1200)
	pipeline, err := DefaultPipeline(5).Fit(context.Background(), x, columns...)
	if err != nil {
		t.Fatal(err)
	}
	z, err := pipeline.Transform(context.Background(), x)
	if err != nil {
		t.Fatal(err)
	}
	n, d := z.Dims()
	inMemory := fit(t, KMeansPP{K: 4, Seed: 1}, z)
	c := fitStreamed(t, KMeansPP{K: 4, Seed: 1}, streamOf(mat.DenseCopyOf(z), 100))
	o := TrainOptions{Columns: columns, Value: segtest.Value}

	// Over the rows themselves, and over a sample of them.
	want, err := NewModel(t.Context(), x, pipeline, inMemory, o)
	if err != nil {
		t.Fatal(err)
	}
	got, err := NewModel(t.Context(), x, pipeline, c, o)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(got.Tiers()) != fmt.Sprint(want.Tiers()) || fmt.Sprint(got.Means()) != fmt.Sprint(want.Means()) {
		t.Errorf("a model of a stream has the tiers %v; in memory %v", got.Tiers(), want.Tiers())
	}
	sample := x.Slice(0, 300, 0, 5)
	got, err = NewModel(t.Context(), sample, pipeline, c, o)
	if err != nil {
		t.Fatal(err)
	}
	if got.Rows() != n || got.Tiers()[0].Size != want.Tiers()[0].Size || got.Tiers()[0].Name != "Platinum" {
		t.Errorf("a model over a sample has %d rows and the tiers %v; want %d and the sizes of %v", got.Rows(), got.Tiers(), n, want.Tiers())
	}
	if c.labels.len() != 0 {
		t.Error("a model gave the clustering labels")
	}
	// A cluster of which the sample has no row has no means.
	labels := inMemory.Labels()
	one := mat.NewDense(10, 5, nil)
	for i, m := 0, 0; m < 10; i++ {
		if labels[i] == labels[0] {
			one.SetRow(m, x.RawRowView(i))
			m++
		}
	}
	if m, err := NewModel(t.Context(), one, pipeline, c, o); !errors.Is(err, ErrTooFew) || !strings.Contains(err.Error(), "no row in the sample") {
		t.Errorf("a sample of one cluster: %v and the error %v", m, err)
	}
	if _, err := NewModel(t.Context(), mat.NewDense(1, 2, nil), pipeline, c, o); !errors.Is(err, ErrWidth) {
		t.Errorf("a sample of another width: error %v", err)
	}

	scores := make([]float64, 4)
	for i := range scores {
		scores[i] = c.Centroids().At(i, 0)
	}
	if _, err := Tiers(scores, c.Counts(), TierOptions{}); err != nil {
		t.Error(err)
	}
	if p, err := c.Predict(t.Context(), z); err != nil || !slices.Equal(p, labels) {
		t.Errorf("rows have other clusters than in memory; error %v", err)
	}

	// Without a knee silhouettes choose, and need rows.
	flat := Sweep{Seed: 1, MinK: 3, MaxK: 4}
	r, err := flat.FitStream(t.Context(), streamOf(mat.DenseCopyOf(z), 100))
	if err != nil {
		t.Fatal(err)
	}
	if r.Knee().Found {
		t.Fatal("two points have a knee")
	}
	if _, _, err := r.Choose(t.Context(), nil); !errors.Is(err, ErrEmpty) || !strings.Contains(err.Error(), "give a sample of the rows") {
		t.Errorf("choosing without rows: error %v", err)
	}
	for rows := range map[mat.Matrix]bool{z: true, mat.DenseCopyOf(z).Slice(0, 200, 0, d): true} {
		if k, by, err := r.Choose(t.Context(), rows); k != 4 || by != BySilhouette || err != nil {
			t.Errorf("chosen: %d by %s, error %v", k, by, err)
		}
	}
	if _, _, err := r.Choose(t.Context(), mat.NewDense(9, d+1, nil)); !errors.Is(err, ErrWidth) {
		t.Errorf("choosing by rows of another width: error %v", err)
	}
}

// BenchmarkStream reads a column file that is in memory: a pass over all rows,
// and a whole fit.
func BenchmarkStream(b *testing.B) {
	const n = 1_000_000
	x, _ := mixture(n, 3, 4, 1, 42)
	file := bytes.NewReader(columnFile(x))
	for _, test := range []struct {
		name string
		run  func(s *Stream) error
	}{
		{"statistics k=4", func(s *Stream) error {
			_, err := s.Statistics(b.Context(), []*mat.Dense{mat.DenseCopyOf(x.Slice(0, 4, 0, 3))})
			return err
		}},
		{"fit k=4", func(s *Stream) error {
			_, err := KMeansPP{K: 4, Seed: 1}.FitStream(b.Context(), s)
			return err
		}},
		{"minibatch k=4", func(s *Stream) error {
			s.MiniBatch = 10_000
			_, err := KMeansPP{K: 4, Seed: 1}.FitStream(b.Context(), s)
			return err
		}},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := &Stream{Cols: 3, Blocks: ColumnFile(file, n, 3)}
			if _, err := s.Sample(b.Context(), 1, 1); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(8 * 3 * n)
			b.ReportAllocs()
			for b.Loop() {
				if err := test.run(s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkColumns reads a column file that is in memory, and does no more.
func BenchmarkColumnFile(b *testing.B) {
	const n = 1_000_000
	for _, d := range []int{3, 32} {
		b.Run(fmt.Sprintf("%d columns", d), func(b *testing.B) {
			file := bytes.NewReader(make([]byte, 8*n*d))
			b.SetBytes(int64(8 * n * d))
			for b.Loop() {
				for _, err := range ColumnFile(file, n, d) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
