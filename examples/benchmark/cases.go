package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
)

// job is what is timed.
type job func(ctx context.Context, x *mat.Dense, seed uint64) (e elapsed, inertia []float64, err error)

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

// elapsed are seconds of the clock and of the processors.
type elapsed struct{ seconds, processor float64 }

func (e elapsed) over(n float64) elapsed { return elapsed{e.seconds / n, e.processor / n} }

func timed[T any](f func() (T, error)) (e elapsed, of T, err error) {
	begin, processor := time.Now(), processorTime()
	of, err = f()
	return elapsed{time.Since(begin).Seconds(), processorTime() - processor}, of, err
}

func sweep(ctx context.Context, x *mat.Dense, seed uint64) (elapsed, []float64, error) {
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
func fitted(ctx context.Context, x *mat.Dense, of segment.KMeansPP) (elapsed, []float64, error) {
	s, c, err := timed(func() (*segment.Clustering, error) { return of.Fit(ctx, x) })
	return s, []float64{c.Inertia()}, err
}

func fit(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (elapsed, []float64, error) {
		return fitted(ctx, x, segment.KMeansPP{K: k, Seed: seed})
	}
}

// fitAgain is what one more restart on all rows takes, seeding included, the
// tree being there, as it is from a second restart on: twelve less two, over
// ten. The inertia is that of one.
func fitAgain(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (elapsed, []float64, error) {
		var times [3]elapsed
		var once []float64
		for i, restarts := range []int{1, 2, 12} {
			s, inertia, err := fitted(ctx, x, segment.KMeansPP{K: k, Seed: seed, Restarts: restarts})
			if err != nil {
				return elapsed{}, nil, err
			}
			if times[i] = s; i == 0 {
				once = inertia
			}
		}
		return elapsed{times[2].seconds - times[1].seconds, times[2].processor - times[1].processor}.over(10), once, nil
	}
}

// fitFrom is Lloyd's iteration from the centroids of initial.
func fitFrom(k int) job {
	return func(ctx context.Context, x *mat.Dense, seed uint64) (elapsed, []float64, error) {
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
	return func(ctx context.Context, x *mat.Dense, seed uint64) (elapsed, []float64, error) {
		n, d := x.Dims()
		c, err := segment.KMeansPP{K: k, Seed: seed}.Fit(ctx, x.Slice(0, 100_000, 0, d))
		if err != nil {
			return elapsed{}, nil, err
		}
		labels := make([]int, n)
		if err := what(c, ctx, labels, x); err != nil { // warm, as the peer is
			return elapsed{}, nil, err
		}
		s, _, err := timed(func() (_ any, err error) {
			for i := 0; i < predictCalls && err == nil; i++ {
				err = what(c, ctx, labels, x)
			}
			return nil, err
		})
		return s.over(predictCalls), nil, err
	}
}

// predictCalls is how often a prediction is made, of which the mean counts: a
// single one is too short to be timed.
const predictCalls = 50

func cases(quick bool) []benchmark {
	skl, both, lloyd := []string{scikit, intel}, []string{scikit, intel, faiss}, []string{scikit, intel, plain}
	few, some, many := 3, 5, 9
	hard := 1_000_000
	if quick {
		few, some, many, hard = 1, 3, 5, 200_000
	}
	out := []benchmark{
		{"A", "sweep k = 2…10, 10 restarts", 2216, 3, blobs(4), many, sweep, request{Job: "sweep"}, false, skl},
		{"B", "sweep k = 2…10, 10 restarts", 100_000, 3, blobs(4), some, sweep, request{Job: "sweep"}, false, skl},
		{"C", "sweep k = 2…10, 10 restarts", 1_000_000, 3, blobs(4), few, sweep, request{Job: "sweep"}, false, skl},
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

// slower is how many times as long as with the other number of threads a first
// run takes, for the number to be tried no further.
const slower = 1.3

// run times ours and every peer in turn, for several rounds, each with two
// threads and with one, of which the better counts.
func (c benchmark) run(ctx context.Context, p *peers) ([]line, error) {
	x := c.data(c.rows, c.columns)
	if err := p.load(x); err != nil {
		return nil, err
	}
	runners := []*runner{{threads: []int{2, 1}}}
	for _, peer := range c.peers {
		if p.has[peer] {
			runners = append(runners, &runner{peer: peer, threads: p.threads(peer)})
		}
	}
	for round := range c.rounds {
		seed := uint64(round + 1)
		var inertia []float64
		for _, r := range runners {
			first := map[int]float64{}
			for _, threads := range r.threads {
				a, err := c.once(ctx, p, x, r.peer, threads, seed)
				if err != nil {
					return nil, err
				}
				if first[threads] = a.Seconds; r.peer == "" {
					inertia = a.Inertia
				}
				r.add(threads, a, inertia)
			}
			if round == 0 {
				r.threads = slices.DeleteFunc(r.threads, func(t int) bool { return first[t] > slower*min(first[1], first[2]) })
			}
		}
	}
	var out []line
	ours, theirs := runners[0], runners[1:]
	for _, r := range theirs {
		out = append(out, c.line(r.peer, ours, r))
	}
	if len(theirs) > 1 && theirs[0].peer == scikit && theirs[1].peer == intel {
		of := theirs[0]
		if theirs[1].best().least < of.best().least {
			of = theirs[1]
		}
		out = slices.Insert(out, 2, c.line(fastest, ours, of))
	}
	return out, nil
}

// once runs ours, where peer is empty, or a peer.
func (c benchmark) once(ctx context.Context, p *peers, x *mat.Dense, peer string, threads int, seed uint64) (answer, error) {
	if peer == "" {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		s, inertia, err := c.ours(ctx, x, seed)
		return answer{Seconds: s.seconds, Processor: s.processor, Inertia: inertia}, err
	}
	r := c.theirs
	r.Peer, r.Threads, r.Seed = peer, threads, seed
	if c.sameInit {
		r.Init = lists(initial(x, r.K, seed))
	}
	return p.ask(x, r)
}

func (c benchmark) line(peer string, ours, theirs *runner) line {
	l := line{Case: c.name, Peer: peer, text: c.text, FellBack: theirs.fellBack}
	l.compare(ours.best(), theirs.best())
	l.Excess = worstMedian(theirs.above)
	return l
}

// runner is what is timed in a case: ours, or a peer.
type runner struct {
	peer     string
	threads  []int             // with which it is still tried
	times    map[int][]float64 // by threads
	least    float64           // processor time; 0 where not known
	above    [][]float64       // excess of our inertia, by run and k
	fellBack bool
}

func (r *runner) add(threads int, a answer, ours []float64) {
	if r.times == nil {
		r.times = map[int][]float64{}
	}
	r.times[threads] = append(r.times[threads], a.Seconds)
	if r.least == 0 || a.Processor < r.least {
		r.least = a.Processor
	}
	r.above = append(r.above, excesses(ours, a.Inertia))
	r.fellBack = r.fellBack || a.FellBack
}

// best is the least time of all, the least median of those of a number of threads,
// and the least processor time.
func (r *runner) best() timing {
	out := timing{math.Inf(1), math.Inf(1), r.least}
	for _, times := range r.times {
		t := timingOf(times)
		out.least, out.median = min(out.least, t.least), min(out.median, t.median)
	}
	return out
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
