package segment

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/segtest"
)

// repeated returns weights from 0 to 3 and the rows of x as often as they say.
func repeated(x *mat.Dense, seed uint64) (weights []float64, y *mat.Dense, of []int) {
	n, d := x.Dims()
	rng := rand.New(rand.NewPCG(seed, 1))
	var values []float64
	for i := range n {
		w := rng.IntN(4)
		weights = append(weights, float64(w))
		for range w {
			values, of = append(values, x.RawRowView(i)...), append(of, i)
		}
	}
	return weights, mat.NewDense(len(of), d, values), of
}

// Silhouettes with whole weights are those of rows that are repeated as often,
// to 1e-12.
func TestSilhouetteWeightsRepeatRows(t *testing.T) {
	for _, d := range []int{1, 2, 3, 5, 9} {
		x, of := blobs(300, d, 4, uint64(d))
		weights, y, rows := repeated(x, 2)
		labels := make([]int, len(rows))
		for i, row := range rows {
			labels[i] = of[row]
		}
		want, err := Silhouette(t.Context(), y, labels, SilhouetteOptions{})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Silhouette(t.Context(), x, of, SilhouetteOptions{Weights: weights})
		if err != nil {
			t.Fatal(err)
		}
		if !near(got.Mean, want.Mean, 1e-12) {
			t.Errorf("%d columns: mean %v, of repeated rows %v", d, got.Mean, want.Mean)
		}
		for c := range want.PerCluster {
			if !near(got.PerCluster[c], want.PerCluster[c], 1e-12) {
				t.Errorf("%d columns, cluster %d: %v, of repeated rows %v", d, c, got.PerCluster[c], want.PerCluster[c])
			}
		}
		for i, row := range rows {
			if !near(got.PerRow[row], want.PerRow[i], 1e-12) {
				t.Fatalf("%d columns, row %d: %v, of repeated rows %v", d, row, got.PerRow[row], want.PerRow[i])
			}
		}
	}
}

func TestSilhouetteWeightsRefused(t *testing.T) {
	x, labels := mat.NewDense(4, 1, []float64{0, 1, 8, 9}), []int{0, 0, 1, 1}
	for _, c := range []struct {
		weights []float64
		want    error
	}{
		{[]float64{1, 1}, ErrWidth}, {[]float64{1, 1, -1, 1}, ErrOption}, {[]float64{1, 1, math.NaN(), 1}, ErrOption}, {make([]float64, 4), ErrOption},
		{[]float64{1, 1, 0, 0}, ErrLabels},         // one cluster is left
		{[]float64{0.1, 0.1, 0.1, 0.1}, ErrLabels}, // shares, not rows
	} {
		if _, err := Silhouette(t.Context(), x, labels, SilhouetteOptions{Weights: c.weights}); !errors.Is(err, c.want) {
			t.Errorf("weights %v: error %v, want %v", c.weights, err, c.want)
		}
	}
}

// A model of whole weights is that of rows that are repeated as often, to 1e-9,
// where its pipeline does not depend on how often.
func TestTrainWeightsRepeatRows(t *testing.T) {
	x, _ := people(400)
	x.SetRow(0, []float64{0, 0, 0, -5, 0}) // the same ranges, whatever the weights
	x.SetRow(1, []float64{200, 5000, 100, 9, 200_000})
	weights, y, _ := repeated(x, 5)
	if weights[0]*weights[1] == 0 {
		t.Fatal("the first rows are left out")
	}
	o := TrainOptions{Columns: columns, Value: segtest.Value, Seed: 1, Pipeline: &preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{Strategy: preprocess.Constant, Fill: 50_000}),
		preprocess.NewStep("scale", preprocess.Scaler{Method: preprocess.MinMax}),
	}}}
	n, _ := y.Dims()
	want := train(t, y, o)
	o.Weights = weights
	got := train(t, x, o)
	if got.K() != want.K() || got.Rows() != n || want.Rows() != n || got.ChosenBy() != want.ChosenBy() {
		t.Fatalf("k = %d by %s of %d rows; of repeated rows %d by %s of %d", got.K(), got.ChosenBy(), got.Rows(), want.K(), want.ChosenBy(), want.Rows())
	}
	if !near(got.Inertia(), want.Inertia(), 1e-9) || !near(got.Silhouette(), want.Silhouette(), 1e-9) {
		t.Errorf("inertia %v and silhouette %v; of repeated rows %v and %v", got.Inertia(), got.Silhouette(), want.Inertia(), want.Silhouette())
	}
	for i, tier := range want.Tiers() {
		if g := got.Tiers()[i]; g.Size != tier.Size || g.Name != tier.Name || !near(g.Score, tier.Score, 1e-9) {
			t.Errorf("tier %+v, of repeated rows %+v", g, tier)
		}
		for j, v := range want.Means()[i] {
			if !near(got.Means()[i][j], v, 1e-9) {
				t.Errorf("cluster %d, column %d: mean %v, of repeated rows %v", i, j, got.Means()[i][j], v)
			}
		}
	}
	if !mat.EqualApprox(got.Centroids(), want.Centroids(), 1e-9) {
		t.Error("other centroids than of repeated rows")
	}
	if _, err := json.Marshal(got); err != nil {
		t.Error(err)
	}
	o.Weights = slices.Repeat([]float64{0.5}, 400)
	if _, err := Train(t.Context(), x, o); !errors.Is(err, ErrOption) || !strings.Contains(err.Error(), "0 or from 1 on") {
		t.Errorf("half rows: error %v", err)
	}
}

// Figures of scikit-learn's KMeans with sample_weight, from Init.
func TestWeightsGolden(t *testing.T) {
	data, err := os.ReadFile("testdata/golden/weights.json")
	if err != nil {
		t.Fatal(err)
	}
	var g struct {
		X, Init, Centers [][]float64
		Weights          []float64
		Labels           []int
		Inertia          float64
	}
	dense := func(rows [][]float64) *mat.Dense {
		return mat.NewDense(len(rows), len(rows[0]), slices.Concat(rows...))
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	c, err := KMeansPP{K: len(g.Init), Init: dense(g.Init), Weights: g.Weights}.Fit(context.Background(), dense(g.X))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Labels(), g.Labels) || !near(c.Inertia(), g.Inertia, 1e-12) || !mat.EqualApprox(c.Centroids(), dense(g.Centers), 1e-12) {
		t.Errorf("inertia %v and centroids %v; scikit-learn has %v and %v", c.Inertia(), c.Centroids(), g.Inertia, g.Centers)
	}
}

// weightedStream is a stream of the rows of x, each followed by its weight.
func weightedStream(x *mat.Dense, weights []float64, rows int) *Stream {
	n, d := x.Dims()
	var y mat.Dense
	y.Augment(x, mat.NewDense(n, 1, weights))
	s := streamOf(&y, rows)
	s.Cols, s.Weighted = d, true
	return s
}

// sameBits reports whether two clusterings of streams are the same to the bit.
func sameBits(a, b *Clustering) bool {
	return slices.Equal(a.centroids, b.centroids) && slices.Equal(a.counts, b.counts) && a.inertia == b.inertia && a.iterations == b.iterations && a.converged == b.converged
}

// Weights of 1 are none, and rows of weight 0 are not there, to the bit: where all
// rows are in the sample and where they are not, with rows far out among them.
func TestStreamWeightsOfOneAndZero(t *testing.T) {
	x, _ := blobs(700, 3, 4, 7)
	many, _ := blobs(270_000, 2, 3, 8) // a sample has 262,144
	for i := range 5 {
		many.Set(50_000*i, 0, 1e5*float64(i+1))
	}
	huge := mat.DenseCopyOf(x)
	huge.Scale(1e140, huge)
	for name, x := range map[string]*mat.Dense{"in the sample": x, "beyond it": many, "huge": huge} {
		t.Run(name, func(t *testing.T) {
			n, d := x.Dims()
			ones, some := slices.Repeat([]float64{1}, n), make([]float64, n+n/2)
			more := mat.NewDense(n+n/2, d, nil)
			for i, at := 0, 0; i < n+n/2; i++ {
				if i%3 == 1 || at == n {
					more.Set(i, 0, 1e6)
					continue
				}
				more.SetRow(i, x.RawRowView(at))
				some[i], at = 1, at+1
			}
			for _, o := range []KMeansPP{{K: 4, Seed: 1}, {K: 3, Seed: 2, Restarts: 2, Tol: 1e-3}} {
				for _, batch := range []int{0, 100} {
					plain, one, zero := streamOf(x, 64), weightedStream(x, ones, 64), weightedStream(more, some, 50)
					plain.MiniBatch, one.MiniBatch, zero.MiniBatch = batch, batch, batch
					want := fitStreamed(t, o, plain)
					if got := fitStreamed(t, o, one); !sameBits(got, want) {
						t.Errorf("%s, %d restarts, batches of %d: weights of 1 give inertia %v, none %v", name, o.Restarts, batch, got.inertia, want.inertia)
					}
					if got := fitStreamed(t, o, zero); !sameBits(got, want) {
						t.Errorf("%s, %d restarts, batches of %d: with rows of weight 0 the inertia is %v, without them %v", name, o.Restarts, batch, got.inertia, want.inertia)
					}
				}
			}
		})
	}
}

// Whole weights are rows that are repeated as often, inertia and centroids to 1e-12;
// weights in a stream are those in memory; neither blocks nor workers change a bit.
func TestStreamWeightsRepeatRows(t *testing.T) {
	for _, scale := range []float64{1, 1e140, 1e-140} {
		x, _ := blobs(900, 4, 5, 9)
		x.Scale(scale, x)
		weights, y, _ := repeated(x, 3)
		for name, o := range map[string]KMeansPP{"Init": {K: 5, Init: x.Slice(0, 5, 0, 4)}, "search": {K: 5, Seed: 1}, "empty": {K: 5, Init: mat.NewDense(5, 4, nil)}} {
			t.Run(name, func(t *testing.T) {
				got, want := fitStreamed(t, o, weightedStream(x, weights, 77)), fitStreamed(t, o, streamOf(y, 77))
				if name != "Init" { // the clusters may come in another order
					got, want = inOrder(got), inOrder(want)
				}
				c := mat.NewDense(5, 4, want.centroids)
				c.Scale(1/scale, c)
				own := mat.NewDense(5, 4, slices.Clone(got.centroids))
				own.Scale(1/scale, own)
				if name != "empty" && (!near(got.inertia, want.inertia, 1e-12) || !mat.EqualApprox(own, c, 1e-12) || !slices.Equal(got.counts, want.counts)) {
					t.Errorf("%s, times %v: inertia %v and counts %v; of repeated rows %v and %v", name, scale, got.inertia, got.counts, want.inertia, want.counts)
				}
				for i, w := range weights {
					weights[i] = w + 0.25 // none is 0, as rows of weight 0 count in Fit's rounding
				}
				o.Weights = nil
				first := fitStreamed(t, o, weightedStream(x, weights, 77))
				o.Weights = weights
				checkStreamed(t, name, inOrder(first), inOrder(fit(t, o, x)))
				o.Weights = nil
				for _, workers := range []int{1, 2, 8} {
					s := weightedStream(x, weights, 1+100*workers)
					if s.Workers = workers; !sameBits(fitStreamed(t, o, s), first) {
						t.Errorf("%s, times %v: %d workers give other bits", name, scale, workers)
					}
				}
				for i, w := range weights {
					weights[i] = w - 0.25
				}
			})
		}
	}
	// Beyond the sample, where a few heavy rows and far ones decide.
	x, _ := blobs(300_000, 2, 3, 5)
	heavy := make([]float64, 300_000)
	for i := range heavy {
		if heavy[i] = float64(1 + i%3); i%10_000 == 0 {
			heavy[i] = 1e4
			x.Set(i, 1, 40)
		}
	}
	o := KMeansPP{K: 4, Seed: 1}
	streamed := fitStreamed(t, o, weightedStream(x, heavy, 1000))
	o.Weights = heavy
	if want := fit(t, o, x); streamed.inertia > 1.01*want.inertia {
		t.Errorf("beyond the sample: inertia %v, in memory %v", streamed.inertia, want.inertia)
	}
	x, _ = blobs(500, 3, 4, 4)
	weights, y, _ := repeated(x, 4)
	got, err := Sweep{Seed: 1, MaxK: 6}.FitStream(t.Context(), weightedStream(x, weights, 33))
	if err != nil {
		t.Fatal(err)
	}
	want, err := Sweep{Seed: 1, MaxK: 6}.FitStream(t.Context(), streamOf(y, 33))
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range want.Points() {
		if g := got.Points()[i]; g.K != p.K || !near(g.Inertia, p.Inertia, 0.02) {
			t.Errorf("k = %d: inertia %v, of repeated rows %v", p.K, g.Inertia, p.Inertia)
		}
	}
}

// A factor of all weights changes no centroid and no label, in memory as in a stream:
// not even where rows differ so little that sums have few digits left.
func TestWeightsFactor(t *testing.T) {
	x := mat.NewDense(8, 1, []float64{0, 1e-8, 2e-8, 3e-8, 1, 1 + 1e-8, 1 + 2e-8, 1 + 3e-8})
	want := fit(t, KMeansPP{K: 2, Restarts: 1}, x)
	for _, factor := range []float64{0x1p-80, 1, 0x1p80} {
		weights := slices.Repeat([]float64{factor}, 8)
		o := KMeansPP{K: 2, Restarts: 1}
		streamed := fitStreamed(t, o, weightedStream(x, weights, 3))
		o.Weights = weights
		for name, c := range map[string]*Clustering{"stream": streamed, "memory": fit(t, o, x)} {
			if !mat.Equal(inOrder(c).Centroids(), inOrder(want).Centroids()) || !slices.Equal(c.Counts(), []float64{4 * factor, 4 * factor}) {
				t.Errorf("%s, weights of %v: centroids %v and counts %v, want %v", name, factor, c.centroids, c.counts, want.centroids)
			}
		}
	}
}
