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
	blobs         int
	rounds        int
	ours          job
	theirs        request
	peers         []string
}

const dataSeed = 42

// blobs draws rows around centres from N(0, 2), with spread 1, in clusters of
// about equal size.
func blobs(rows, columns, clusters int, seed uint64) *mat.Dense {
	rng := rand.New(rand.NewPCG(seed, 0))
	centres := make([]float64, clusters*columns)
	for i := range centres {
		centres[i] = 2 * rng.NormFloat64()
	}
	x := make([]float64, rows*columns)
	for i := range rows {
		c := centres[rng.IntN(clusters)*columns:]
		for j := range columns {
			x[i*columns+j] = c[j] + rng.NormFloat64()
		}
	}
	return mat.NewDense(rows, columns, x)
}

func timed(f func() error) (float64, error) {
	begin := time.Now()
	err := f()
	return time.Since(begin).Seconds(), err
}

func sweep(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
	var r *segment.SweepResult
	s, err := timed(func() (err error) {
		r, err = segment.Sweep{Seed: seed}.Fit(ctx, x)
		return err
	})
	if err != nil {
		return 0, nil, err
	}
	var inertia []float64
	for _, p := range r.Points() {
		inertia = append(inertia, p.Inertia)
	}
	return s, inertia, nil
}

// fit is a single fit with everything that it needs built anew.
func fit(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		var c *segment.Clustering
		s, err := timed(func() (err error) {
			c, err = segment.KMeansPP{K: k, Seed: seed}.Fit(ctx, x)
			return err
		})
		if err != nil {
			return 0, nil, err
		}
		return s, []float64{c.Inertia()}, nil
	}
}

// fitAgain is what one more restart on all rows takes, seeding included, the
// tree being there: eleven less one, over ten.
func fitAgain(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		var c *segment.Clustering
		times := map[int]float64{}
		for _, restarts := range []int{1, 11} {
			var err error
			if times[restarts], err = timed(func() (err error) {
				c, err = segment.KMeansPP{K: k, Seed: seed, Restarts: restarts}.Fit(ctx, x)
				return err
			}); err != nil {
				return 0, nil, err
			}
		}
		return (times[11] - times[1]) / 10, []float64{c.Inertia()}, nil
	}
}

func predict(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (float64, []float64, error) {
		_, d := x.Dims()
		c, err := segment.KMeansPP{K: k, Seed: seed}.Fit(ctx, x.Slice(0, 100_000, 0, d))
		if err != nil {
			return 0, nil, err
		}
		if _, err := c.Predict(x); err != nil { // warm, as the peer is
			return 0, nil, err
		}
		s, err := timed(func() error {
			_, err := c.Predict(x)
			return err
		})
		return s, nil, err
	}
}

func cases(quick bool) []benchmark {
	skl, both := []string{"scikit-learn"}, []string{"scikit-learn", "faiss"}
	few, some, many := 1, 3, 7
	if quick {
		some, many = 2, 5
	}
	out := []benchmark{
		{"A", "sweep k = 2…10, 10 restarts", 2216, 3, 4, many, sweep, request{Job: "sweep"}, skl},
		{"B", "sweep k = 2…10, 10 restarts", 100_000, 3, 4, few, sweep, request{Job: "sweep"}, skl},
		{"C", "sweep k = 2…10, 10 restarts", 1_000_000, 3, 4, few, sweep, request{Job: "sweep"}, skl},
		{"D", "fit, k 4", 1_000_000, 3, 4, some, fit(4), request{Job: "fit", K: 4}, both},
		{"D-sweep", "fit, k 4, one more restart", 1_000_000, 3, 4, some, fitAgain(4), request{Job: "fit", K: 4}, both},
		{"E", "fit, k 10", 1_000_000, 5, 10, some, fit(10), request{Job: "fit", K: 10}, both},
		{"F", "fit, k 32", 100_000, 32, 32, some, fit(32), request{Job: "fit", K: 32}, both},
		{"G", "fit, k 100", 100_000, 64, 100, some, fit(100), request{Job: "fit", K: 100}, both},
		{"H", "predict, k 4", 1_000_000, 3, 4, many, predict(4), request{Job: "predict", K: 4}, skl},
	}
	for i := range out {
		c := &out[i]
		if quick && c.name == "C" {
			c.rows = 300_000
		}
		c.text = fmt.Sprintf("%d × %d, %s", c.rows, c.columns, c.text)
	}
	return out
}

// run times ours and every peer in turn, for several rounds. Peers run with
// two threads and with one, and the better median counts.
func (c benchmark) run(ctx context.Context, p *peers) ([]line, error) {
	x := blobs(c.rows, c.columns, c.blobs, dataSeed)
	if err := p.load(x); err != nil {
		return nil, err
	}
	threads := []int{2, 1}
	if c.rounds == 1 {
		threads = threads[:1] // what takes a minute gains from two
	}
	type key struct {
		peer    string
		threads int
	}
	var ours []float64
	var inertia []float64
	times, reached := map[key][]float64{}, map[key][]float64{}
	for round := range c.rounds {
		seed := uint64(round + 1)
		s, in, err := c.ours(ctx, x, seed)
		if err != nil {
			return nil, err
		}
		ours = append(ours, s)
		inertia = worse(inertia, in, math.Max)
		for _, peer := range c.peers {
			if !p.has(peer) {
				continue
			}
			for _, t := range threads {
				r := c.theirs
				r.Peer, r.Threads, r.Seed = peer, t, seed
				a, err := p.ask(r)
				if err != nil {
					return nil, err
				}
				times[key{peer, t}] = append(times[key{peer, t}], a.Seconds)
				reached[key{peer, t}] = worse(reached[key{peer, t}], a.Inertia, math.Min)
			}
		}
	}
	var out []line
	for _, peer := range c.peers {
		l := line{Case: c.name, text: c.text, Ours: median(ours), Peer: peer, Theirs: math.Inf(1)}
		for _, t := range threads {
			if v := times[key{peer, t}]; len(v) > 0 && median(v) < l.Theirs {
				l.Theirs = median(v)
				l.Excess = excess(inertia, reached[key{peer, t}])
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

// worse combines the inertias of rounds: the worst of ours is held against the
// best of theirs.
func worse(a, b []float64, choose func(x, y float64) float64) []float64 {
	if a == nil {
		return b
	}
	for i := range b {
		a[i] = choose(a[i], b[i])
	}
	return a
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
	out := []series{{name: "this library"}, {name: "scikit-learn"}, {name: "faiss"}}
	for rows := 1000; rows <= most; rows *= 10 {
		c := benchmark{"rows", "", rows, 3, 4, 3, fit(4), request{Job: "fit", K: 4}, []string{"scikit-learn", "faiss"}}
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
