package engine

import (
	"context"
	"iter"
	"slices"

	"gonum.org/v1/gonum/floats"

	"github.com/customer-personality/segmentation/internal/cause"
)

// A Source returns the sufficient statistics of its rows for each of several sets
// of centroids, in one pass. Those of a Stream are exact.
type Source interface {
	Statistics(ctx context.Context, sets [][]float64) ([]Statistics, error)
}

// Batch runs Lloyd's iteration from several sets of centroids at once: each step
// is one pass of the source for all sets that have not converged.
type Batch struct {
	Source     Source
	Cols       int
	Sample     []float64 // rows that an emptied cluster can be given
	About      []float64 // near the mean of the rows, that squares do not cancel out
	Weights    []float64 // theirs, where Source is a Stream of weighted rows; nil: 1
	MaxIter    int
	Limit      float64 // squared shift of all centroids of a set at which it ends
	Tol        float64 // likewise, as a part of the mean variance of the columns
	Gain       float64 // the part of the inertia that steps to come may gain at most; 0: any
	Accelerate bool    // as Best does and From does not
	Others     []Other
	Passed     func() // where it is not nil, called after each pass
	Done       func(set int, r Result)
}

// Other is what a set may start from too: the first step decides, by the inertia.
type Other struct {
	Set       int
	Centroids []float64
}

// Run returns the results, without labels, in the order of the sets. Each set is a
// coroutine that yields the centroids of its next step.
func (o Batch) Run(ctx context.Context, sets [][]float64) ([]Result, error) {
	sets = slices.Clone(sets)
	answers, limit, err := o.first(ctx, sets)
	if err != nil {
		return nil, err
	}
	g, values := &bins{}, o.Cols
	if s, ok := o.Source.(*Stream); ok {
		g, values = s.g, s.width()
	} else {
		most := make([]float64, o.Cols)
		greatest(o.Sample, most)
		g = newBins(len(o.Sample)/o.Cols, most)
	}
	iterate := lloyd
	if o.Accelerate {
		iterate = acceleratedLloyd
	}
	results, errs := make([]Result, len(sets)), make([]error, len(sets))
	sources := make([]*externalSource, len(sets))
	next := make([]func() ([]float64, bool), len(sets))
	for i, c := range sets {
		k, r := len(c)/o.Cols, &results[i]
		s := &externalSource{d: o.Cols, g: g, sample: o.Sample, weights: o.Weights, statistics: answers[i], answered: true}
		var stop func()
		next[i], stop = iter.Pull(func(ask func([]float64) bool) {
			s.request = ask
			r.Centroids = slices.Clone(c)
			until := criterion{maxIter: o.MaxIter, shift: limit}
			if o.Gain > 0 {
				until.settled = s.settled(o.Gain)
			}
			r.Iterations, r.Converged, errs[i] = iterate(ctx, s, r.Centroids, k, until, newClusterSums(k, values))
			r.Counts = s.statistics.Counts
			for _, v := range s.statistics.Inertia {
				r.Inertia += v
			}
		})
		defer stop()
		sources[i] = s
	}
	for {
		var asked []*externalSource
		var batch [][]float64
		for i := range sets {
			if next[i] == nil {
				continue
			}
			if c, ok := next[i](); ok {
				asked, batch = append(asked, sources[i]), append(batch, c)
				continue
			}
			if errs[i] != nil {
				return nil, errs[i]
			}
			next[i] = nil
			o.Done(i, results[i])
		}
		if len(batch) == 0 {
			return results, nil
		}
		answers, err = o.ask(ctx, batch)
		if err != nil {
			return nil, err
		}
		for i, s := range asked {
			s.statistics = answers[i]
		}
	}
}

// ask makes one pass.
func (o Batch) ask(ctx context.Context, sets [][]float64) ([]Statistics, error) {
	answers, err := o.Source.Statistics(ctx, sets)
	if err == nil && o.Passed != nil {
		o.Passed()
	}
	return answers, err
}

// first makes the pass of the first step of all sets, of which it keeps the better ones,
// and returns the limit of the shift too, for which the same pass finds the variance.
func (o Batch) first(ctx context.Context, sets [][]float64) (answers []Statistics, limit float64, err error) {
	asked := slices.Clone(sets)
	for _, c := range o.Others {
		asked = append(asked, c.Centroids)
	}
	if o.Tol > 0 {
		asked = append(asked, o.About)
	}
	if answers, err = o.ask(ctx, asked); err != nil {
		return nil, 0, err
	}
	for i, c := range o.Others {
		if other := answers[len(sets)+i]; floats.Sum(other.Inertia) < floats.Sum(answers[c.Set].Inertia) {
			sets[c.Set], answers[c.Set] = c.Centroids, other
		}
	}
	if o.Tol == 0 {
		return answers, o.Limit, nil
	}
	s := answers[len(asked)-1]
	mean := make([]float64, o.Cols)
	for j := range mean {
		mean[j] = s.Total(0, j) / s.Counts[0]
	}
	variance := max(0, s.Inertia[0]/s.Counts[0]-SquaredDistance(mean, o.About)) / float64(o.Cols)
	return answers, max(o.Limit, o.Tol*variance), nil
}

// externalSource is the source of one set of centroids, the steps of which a Source
// answers.
type externalSource struct {
	request    func(c []float64) bool // false: there will be no answer
	statistics Statistics
	answered   bool // statistics are those of the first step
	d          int
	g          *bins
	sample     []float64
	weights    weights
	labels     []int32
	dist       []float64
}

func (s *externalSource) step(_ context.Context, c []float64, k int, t *clusterSums) error {
	if !s.answered && !s.request(c) {
		return context.Canceled
	}
	s.answered = false
	copy(t.rows, s.statistics.Counts)
	copy(t.sum, s.statistics.Totals)
	return nil
}

// settled returns whether moves to the means of the clusters are about to end: what all
// to come will gain of the inertia, as a geometric series by the ratio of the latest two,
// is no more than a part of it.
func (s *externalSource) settled(part float64) func(from, to []float64, t *clusterSums) bool {
	before := 0.0
	return func(from, to []float64, t *clusterSums) bool {
		gain, inertia := 0.0, floats.Sum(s.statistics.Inertia)
		for q := range t.k {
			gain += float64(t.weight(q, s.d) * SquaredDistance(from[q*s.d:(q+1)*s.d], to[q*s.d:(q+1)*s.d]))
		}
		ratio := 0.7 // where there is no move before: that of slow ones
		if before > 0 {
			ratio = max(0.3, gain/before) // lest a lucky one end it
		}
		before = gain
		return ratio < 1 && gain*ratio/(1-ratio) <= part*inertia
	}
}

// assignment returns the assignment of the sample: an emptied cluster can be given a row of it.
func (s *externalSource) assignment(ctx context.Context, c []float64, k int) ([]int32, []float64, error) {
	n := len(s.sample) / s.d
	if s.labels == nil {
		s.labels, s.dist = make([]int32, n), make([]float64, n)
	}
	for i := range n {
		l, v := Nearest(s.sample[i*s.d:(i+1)*s.d], c)
		s.labels[i], s.dist[i] = int32(l), v
	}
	return s.labels, s.dist, cause.Of(ctx)
}

func (s *externalSource) value(i int, row []float64) {
	weigh(s.sample[i*s.d:(i+1)*s.d], s.weights.of(i), row)
}

func (s *externalSource) shape() (n, d int, g *bins) { return len(s.sample) / s.d, s.d, s.g }
