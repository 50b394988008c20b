package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// job is what is timed.
type job func(ctx context.Context, x *mat.Dense, seed uint64) (seconds float64, inertia []float64, err error)

// benchmark is one case: data, our job and what the peers are asked to do.
type benchmark struct {
	name, text    string
	rows, columns int
	data          func(rows, columns int) *mat.Dense
	rounds        int
	ours          job
	theirs        request
	sameInit      bool // the peers start from the centroids of initial
	peers         []string
}

func timed[T any](f func() (T, error)) (seconds float64, of T, err error) {
	begin := time.Now()
	of, err = f()
	return time.Since(begin).Seconds(), of, err
}

func sweep(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
	s, r, err := timed(func() (*segment.SweepResult, error) { return segment.Sweep{Seed: seed}.Fit(ctx, x) })
	return s, inertias(r.Points()), err
}

func inertias(points []segment.SweepPoint) (out []float64) {
	for _, p := range points {
		out = append(out, p.Inertia)
	}
	return out
}

// fitted times a single fit with everything that it needs built anew.
func fitted(ctx context.Context, x *mat.Dense, of segment.KMeansPP) (float64, []float64, error) {
	s, c, err := timed(func() (*segment.Clustering, error) { return of.Fit(ctx, x) })
	return s, []float64{c.Inertia()}, err
}

func fit(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		return fitted(ctx, x, segment.KMeansPP{K: k, Seed: seed})
	}
}

// fitAgain is what one more restart on all rows takes, seeding included, the
// tree being there, as it is from a second restart on: twelve less two, over
// ten. The inertia is that of one.
func fitAgain(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		var times [3]float64
		var once []float64
		for i, restarts := range []int{1, 2, 12} {
			s, inertia, err := fitted(ctx, x, segment.KMeansPP{K: k, Seed: seed, Restarts: restarts})
			if err != nil {
				return 0, nil, err
			}
			if times[i] = s; i == 0 {
				once = inertia
			}
		}
		return (times[2] - times[1]) / 10, once, nil
	}
}

// fitFrom is Lloyd's iteration from the centroids of initial.
func fitFrom(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		return fitted(ctx, x, segment.KMeansPP{K: k, Init: initial(x, k, seed)})
	}
}

func predict(k int) job {
	return predictBy(k, func(c *segment.Clustering, ctx context.Context, _ []int, x mat.Matrix) error {
		_, err := c.Predict(ctx, x)
		return err
	})
}

// predictInto writes to the same labels each time.
func predictInto(k int) job { return predictBy(k, (*segment.Clustering).PredictInto) }

func predictBy(k int, what func(c *segment.Clustering, ctx context.Context, labels []int, x mat.Matrix) error) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		n, d := x.Dims()
		c, err := segment.KMeansPP{K: k, Seed: seed}.Fit(ctx, x.Slice(0, 100_000, 0, d))
		if err != nil {
			return 0, nil, err
		}
		labels := make([]int, n)
		if err := what(c, ctx, labels, x); err != nil { // warm, as the peer is
			return 0, nil, err
		}
		s, _, err := timed(func() (_ any, err error) {
			for i := 0; i < predictCalls && err == nil; i++ {
				err = what(c, ctx, labels, x)
			}
			return nil, err
		})
		return s / predictCalls, nil, err
	}
}

// predictCalls is how often a prediction is made, of which the mean counts: a
// single one is too short to be timed.
const predictCalls = 50

func cases(quick bool) []benchmark {
	skl, both, lloyd := []string{scikit}, []string{scikit, faiss}, []string{scikit, plain}
	few, some, many := 3, 3, 7
	c, hard := 1_000_000, 1_000_000
	if quick {
		few, some, many = 1, 2, 5
		c, hard = 150_000, 200_000
	}
	out := []benchmark{
		{"A", "sweep k = 2…10, 10 restarts", 2216, 3, blobs(4), many, sweep, request{Job: "sweep"}, false, skl},
		{"B", "sweep k = 2…10, 10 restarts", 100_000, 3, blobs(4), few, sweep, request{Job: "sweep"}, false, skl},
		{"C", "sweep k = 2…10, 10 restarts", c, 3, blobs(4), few, sweep, request{Job: "sweep"}, false, skl},
		{"D", "fit, k 4", 1_000_000, 3, blobs(4), some, fit(4), request{Job: "fit", K: 4}, false, both},
		{"D-sweep", "fit, k 4, one more restart", 1_000_000, 3, blobs(4), some, fitAgain(4), request{Job: "fit", K: 4}, false, both},
		{"E", "fit, k 10", 1_000_000, 5, blobs(10), some, fit(10), request{Job: "fit", K: 10}, false, both},
		{"F", "fit, k 32", 100_000, 32, blobs(32), some, fit(32), request{Job: "fit", K: 32}, false, both},
		{"G", "fit, k 100", 100_000, 64, blobs(100), some, fit(100), request{Job: "fit", K: 100}, false, both},
		{"H-new", "predict, k 4, to new labels", 1_000_000, 3, blobs(4), many, predict(4), request{Job: "predict", K: 4, Calls: predictCalls}, false, skl},
		{"H", "predict, k 4, to labels that are there", 1_000_000, 3, blobs(4), many, predictInto(4), request{Job: "predict", K: 4, Calls: predictCalls}, false, skl},
	}
	for _, h := range []struct {
		name, text string
		data       func(rows, columns int) *mat.Dense
	}{
		// What is hard on what makes k-means fast: no clusters, ties, a bounding box
		// that is empty but for a corner, and rows in an order.
		{"U", "uniform noise", drawn((*rand.Rand).Float64)},
		{"I", "integers 0…9, many duplicates", drawn(func(rng *rand.Rand) float64 { return float64(rng.IntN(10)) })},
		{"O", "one far outlier", outlier},
		{"Y", "sorted rows", sorted},
	} {
		out = append(out,
			benchmark{h.name, h.text + ", fit, k 8", hard, 3, h.data, some, fit(8), request{Job: "fit", K: 8}, false, skl},
			benchmark{h.name + "-init", h.text + ", Lloyd from the same 8 rows", hard, 3, h.data, some, fitFrom(8), request{Job: "fit", K: 8}, true, lloyd})
	}
	for i := range out {
		out[i].text = fmt.Sprintf("%d × %d, %s", out[i].rows, out[i].columns, out[i].text)
	}
	return out
}

// run times ours and every peer in turn, for several rounds. Peers run with
// two threads and with one, and the better median counts.
func (c benchmark) run(ctx context.Context, p *peers) ([]line, error) {
	x := c.data(c.rows, c.columns)
	if err := p.load(x); err != nil {
		return nil, err
	}
	type key struct {
		peer    string
		threads int
	}
	var ours []float64
	times, above := map[key][]float64{}, map[key][][]float64{}
	for round := range c.rounds {
		seed := uint64(round + 1)
		s, inertia, err := c.ours(ctx, x, seed)
		if err != nil {
			return nil, err
		}
		ours = append(ours, s)
		for _, peer := range c.peers {
			for _, threads := range p.threads(peer) {
				r := c.theirs
				r.Peer, r.Threads, r.Seed = peer, threads, seed
				if c.sameInit {
					r.Init = lists(initial(x, r.K, seed))
				}
				a, err := p.ask(x, r)
				if err != nil {
					return nil, err
				}
				k := key{peer, threads}
				times[k] = append(times[k], a.Seconds)
				above[k] = append(above[k], excesses(inertia, a.Inertia))
			}
		}
	}
	var out []line
	for _, peer := range c.peers {
		l := line{Case: c.name, text: c.text, Ours: median(ours), Peer: peer, Theirs: math.Inf(1)}
		for _, threads := range p.threads(peer) {
			if k := (key{peer, threads}); median(times[k]) < l.Theirs {
				l.Theirs, l.Excess = median(times[k]), worstMedian(above[k])
			}
		}
		if math.IsInf(l.Theirs, 1) {
			continue // the peer is not installed
		}
		l.Ratio = l.Theirs / l.Ours
		out = append(out, l)
	}
	return out, nil
}

// excesses are those of a over b, relative, for each k.
func excesses(a, b []float64) []float64 {
	out := make([]float64, len(b))
	for i := range b {
		out[i] = a[i]/b[i] - 1
	}
	return out
}

// worstMedian is the greatest over k of the median over the rounds.
func worstMedian(rounds [][]float64) float64 {
	worst := math.Inf(-1)
	for k := range rounds[0] {
		var of []float64
		for _, r := range rounds {
			of = append(of, r[k])
		}
		worst = max(worst, median(of))
	}
	if math.IsInf(worst, -1) {
		return 0 // a prediction has no inertia
	}
	return worst
}

// series is time against rows.
type series struct {
	name  string
	rows  []float64
	times []float64
}

// growth times a single fit, k 4 in 3 columns, for more and more rows.
func growth(ctx context.Context, p *peers, quick bool) ([]series, error) {
	most := 10_000_000
	if quick {
		most = 1_000_000
	}
	out := []series{{name: "this library"}, {name: scikit}, {name: faiss}}
	for rows := 1000; rows <= most; rows *= 10 {
		c := benchmark{"rows", "", rows, 3, blobs(4), 3, fit(4), request{Job: "fit", K: 4}, false, []string{scikit, faiss}}
		lines, err := c.run(ctx, p)
		if err != nil {
			return nil, err
		}
		for i, l := range lines {
			if i == 0 {
				out[0].rows, out[0].times = append(out[0].rows, float64(rows)), append(out[0].times, l.Ours)
			}
			for s := range out {
				if out[s].name == l.Peer {
					out[s].rows, out[s].times = append(out[s].rows, float64(rows)), append(out[s].times, l.Theirs)
				}
			}
		}
	}
	return out, nil
}
