package segment

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

const (
	defaultMinK = 2
	defaultMaxK = 10

	// silhouetteRows bounds the rows of which silhouettes are taken for a
	// whole sweep or model: their cost grows with the square of the rows.
	silhouetteRows = 10_000
)

// Sweep fits a k-means for every number of clusters in a range, to see how the
// inertia falls with it. The zero value sweeps k = 2…10.
type Sweep struct {
	// MinK and MaxK are the range, both included; default 2 and 10. The default
	// of MaxK shrinks to the number of distinct rows where those are fewer.
	MinK, MaxK int

	// ShrinkMaxK lowers a MaxK that is set, as its default is, to the number of
	// distinct rows. Fewer of these than MinK are a DistinctError.
	ShrinkMaxK bool

	// Seed, Restarts, MaxIter, Tol, Weights and Workers are those of KMeansPP, whose
	// fits return the same clusterings; but without Restarts one of many rows and
	// few clusters, which searches a sample and not the cells that a sweep shares,
	// may find another optimum.
	Seed     uint64
	Restarts int
	MaxIter  int
	Tol      float64
	Weights  []float64
	Workers  int

	// S is the sensitivity of the search for the knee, as in KneeLocator.
	S *float64

	// Progress, when not nil, is called after each restart of each k, by one
	// goroutine at a time.
	Progress func(Progress)
}

// SweepPoint is one point of the WCSS curve.
type SweepPoint struct {
	K       int     `json:"k"`
	Inertia float64 `json:"inertia"`
}

// MarshalJSON writes numbers that are not finite as null or, told apart, as strings.
func (p SweepPoint) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(p) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *SweepPoint) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, p) }

// SweepResult holds the clusterings of a Sweep. It is immutable and safe for
// concurrent use.
type SweepResult struct {
	clusterings []*Clustering
	sweep       Sweep // that was fitted
	knee        KneeResult
}

// Fit clusters the rows of x (n×d) once for every k in the range, and looks
// for the knee of the inertia. Errors are those of KMeansPP.Fit.
func (s Sweep) Fit(ctx context.Context, x mat.Matrix) (*SweepResult, error) {
	ks, err := s.ks(ctx, x)
	if err != nil {
		return nil, err
	}
	return s.fit(orBackground(ctx), x, ks)
}

// Range returns the numbers of clusters, both included, that Fit tries on the
// rows of x. Errors: ErrOption, [*DistinctError], and that of ctx.
func (s Sweep) Range(ctx context.Context, x mat.Matrix) (minK, maxK int, err error) {
	ks, err := s.ks(ctx, x)
	if err != nil {
		return 0, 0, err
	}
	return ks[0], ks[len(ks)-1], nil
}

func (s Sweep) ks(ctx context.Context, x mat.Matrix) ([]int, error) {
	if err := cause.Of(ctx); err != nil { // the rows are gone through once
		return nil, err
	}
	lo, hi := cmp.Or(s.MinK, defaultMinK), s.MaxK
	shrink := s.ShrinkMaxK && hi >= lo
	if hi == 0 {
		hi, shrink = max(lo, defaultMaxK), true
	}
	if n, _ := num.Dims(x); n > 0 && shrink {
		got := rows.Distinct(x, s.Weights, hi)
		if s.ShrinkMaxK && got < lo {
			return nil, &DistinctError{lo, got}
		}
		hi = max(lo, min(hi, got))
	}
	if lo < 1 || hi < lo {
		return nil, fmt.Errorf("%w: a sweep from k = %d to %d; it must go upwards, from 1 at least", ErrOption, lo, hi)
	}
	var ks []int
	for k := lo; k <= hi; k++ {
		ks = append(ks, k)
	}
	return ks, nil
}

func (s Sweep) fit(ctx context.Context, x mat.Matrix, ks []int) (*SweepResult, error) {
	clusterings, err := fitAll(ctx, x, s.options(), ks)
	if err != nil {
		return nil, err
	}
	return s.result(clusterings)
}

func (s Sweep) options() KMeansPP {
	return KMeansPP{
		Seed: s.Seed, Restarts: s.Restarts, MaxIter: s.MaxIter, Tol: s.Tol,
		Weights: s.Weights, Workers: s.Workers, Progress: s.Progress,
	}
}

func (s Sweep) result(clusterings []*Clustering) (*SweepResult, error) {
	r := &SweepResult{clusterings: clusterings, sweep: s}
	var err error
	r.knee, err = knee(clusterings, s.S)
	return r, err
}

// From returns the part of the sweep from minK clusters on, with the knee of
// that part: the knee of a curve depends on where it begins. Errors: ErrOption
// for a number beyond the range.
func (r *SweepResult) From(minK int) (*SweepResult, error) {
	r = orZero(r)
	i := slices.IndexFunc(r.clusterings, func(c *Clustering) bool { return c.k >= minK })
	if i < 0 {
		return nil, fmt.Errorf("%w: the sweep has no clustering of %d clusters or more", ErrOption, minK)
	}
	return r.sweep.result(r.clusterings[i:])
}

// Extend returns the sweep from minK to maxK clusters: its own clusterings and, for
// each k that it lacks, one that is fitted to x with its options. The rows of x, n×d,
// are those that it was fitted to. Errors: ErrOption for a range that does not go
// upwards, ErrWidth for other rows, ErrEmpty for a sweep of nothing, those of
// KMeansPP.Fit.
func (r *SweepResult) Extend(ctx context.Context, x mat.Matrix, minK, maxK int) (*SweepResult, error) {
	r = orZero(r)
	if minK < 1 || maxK < minK {
		return nil, fmt.Errorf("%w: a sweep from k = %d to %d; it must go upwards, from 1 at least", ErrOption, minK, maxK)
	}
	if len(r.clusterings) == 0 {
		return nil, fmt.Errorf("%w: there is no clustering beside which others could be; Sweep.Fit makes them", ErrEmpty)
	}
	n, d := num.Dims(x)
	var all []*Clustering
	var lacking []int
	for k := minK; k <= maxK; k++ {
		c, ok := r.Clustering(k)
		if !ok {
			lacking = append(lacking, k)
			continue
		}
		if c.d != d || c.labels.len() != n {
			return nil, fmt.Errorf("%w: the sweep has labels of %d rows and %d columns, and x is %d×%d; want the rows that it was fitted to", ErrWidth, c.labels.len(), c.d, n, d)
		}
		all = append(all, c)
	}
	o := r.sweep.options()
	o.Progress = nil // of the fit that is done
	if len(lacking) > 0 {
		fitted, err := fitAll(orBackground(ctx), x, o, lacking)
		if err != nil {
			return nil, err
		}
		all = append(all, fitted...)
		slices.SortFunc(all, func(a, b *Clustering) int { return a.k - b.k })
	}
	return r.sweep.result(all)
}

// Clusterings returns the clusterings, of rising k.
func (r *SweepResult) Clusterings() []*Clustering { return slices.Clone(orZero(r).clusterings) }

// knee returns the knee of the inertia of clusterings, of rising k.
func knee(clusterings []*Clustering, s *float64) (KneeResult, error) {
	k := mapped(clusterings, func(c *Clustering) float64 { return float64(c.k) })
	inertia := mapped(clusterings, func(c *Clustering) float64 { return c.inertia })
	// Where tiny numbers lose digits, those of the scaled rows have them: the knee
	// does not depend on the unit.
	if slices.Max(inertia) < 0x1p-900 && clusterings[0].scaled > 0 {
		inertia = mapped(clusterings, func(c *Clustering) float64 { return c.scaled })
	}
	return KneeLocator{S: s, Curve: Convex, Direction: Decreasing}.Find(k, inertia)
}

// Points returns the curve: the inertia of each k, upwards.
func (r *SweepResult) Points() []SweepPoint {
	return mapped(orZero(r).clusterings, func(c *Clustering) SweepPoint { return SweepPoint{c.k, c.inertia} })
}

// Clustering returns the clustering into k clusters; ok is false where k is
// outside the range.
func (r *SweepResult) Clustering(k int) (c *Clustering, ok bool) {
	for _, c := range orZero(r).clusterings {
		if c.k == k {
			return c, true
		}
	}
	return nil, false
}

// Knee returns the knee of the curve, with what is needed to draw it. There may
// be none: test Found.
func (r *SweepResult) Knee() KneeResult { return orZero(r).knee }

// By is what decided the number of clusters.
type By string

// The ways in which the number of clusters is decided.
const (
	ByKnee       By = "knee"       // the knee of the WCSS curve
	BySilhouette By = "silhouette" // no knee: the best mean silhouette
	ByCaller     By = "caller"     // TrainOptions.K
	ByDefault    By = "only"       // there was no other k to choose from
)

// Choose returns the number of clusters to use: the knee or, where the curve
// has none, the k of the best mean silhouette over x, the rows that were fitted
// (of more than 10,000 rows, a fixed sample of that many). Of equal silhouettes
// the lower k wins. After FitStream x is any sample of the rows, and rows have
// the clusters that Predict returns. Weights count in silhouettes, unless one
// between 0 and 1 says that they are not how often rows occur: then each row of
// positive weight counts once.
func (r *SweepResult) Choose(ctx context.Context, x mat.Matrix) (k int, by By, err error) {
	r = orZero(r)
	return r.choose(orBackground(ctx), x, repeats(r.sweep.Weights))
}

// choose is Choose with weights that say how often each row of x counts.
func (r *SweepResult) choose(ctx context.Context, x mat.Matrix, weights []float64) (k int, by By, err error) {
	if r.knee.Found {
		return int(r.knee.Knee), ByKnee, nil
	}
	if len(r.clusterings) == 0 {
		return 0, "", fmt.Errorf("%w: there is no clustering to choose from; Sweep.Fit makes them", ErrEmpty)
	}
	if len(r.clusterings) == 1 {
		return r.clusterings[0].K(), ByDefault, nil
	}
	n, _ := num.Dims(x)
	labels := r.clusterings[0].labels.len()
	if labels != 0 && labels != n {
		return 0, "", fmt.Errorf("%w: %d rows for a clustering of %d", ErrWidth, n, labels)
	}
	if n == 0 {
		return 0, "", fmt.Errorf("%w: the curve has no knee, and the clusterings of a stream no labels; to choose by silhouettes, give a sample of the rows", ErrEmpty)
	}
	total := 0.0
	for i := range n {
		total += weightOf(weights, i)
	}
	var usable []*Clustering
	for _, c := range r.clusterings {
		if c.K() > 1 && float64(c.K()) < total {
			usable = append(usable, c)
		}
	}
	if len(usable) == 0 {
		return r.clusterings[0].K(), ByDefault, nil
	}
	s, err := silhouettes(ctx, x, weights, usable)
	if err != nil {
		return 0, "", err
	}
	return usable[floats.MaxIdx(s)].K(), BySilhouette, nil
}

// repeats returns weights that say how often each row counts: 1 for each positive
// one where the weights cannot mean that.
func repeats(weights []float64) []float64 {
	if !slices.ContainsFunc(weights, func(w float64) bool { return w > 0 && w < 1 }) {
		return weights
	}
	out := make([]float64, len(weights))
	for i, w := range weights {
		if w > 0 {
			out[i] = 1
		}
	}
	return out
}

// silhouettes returns the mean silhouette of each clustering over x, or over a
// fixed sample of its rows where they are many. Clusterings of a stream have
// the labels that they predict.
func silhouettes(ctx context.Context, x mat.Matrix, weights []float64, clusterings []*Clustering) ([]float64, error) {
	n, _ := x.Dims()
	of := make([]labels, len(clusterings))
	for l, c := range clusterings {
		if of[l] = c.labels; of[l].len() > 0 {
			continue
		}
		predicted, err := c.Predict(ctx, x)
		if err != nil {
			return nil, err
		}
		of[l] = packLabels(predicted, c.k)
	}
	chosen := rows.Spread(n, n)
	if n > silhouetteRows {
		chosen = silhouetteSample(n, weights, clusterings, of)
		x = rows.Take(x, chosen)
		if weights != nil {
			weights = mapped(chosen, func(i int) float64 { return weights[i] })
		}
	}
	labelings := make([][]int, len(of))
	for l := range of {
		labelings[l] = mapped(chosen, of[l].at)
	}
	results, err := Silhouettes(ctx, x, labelings, SilhouetteOptions{Weights: weights})
	if err != nil {
		return nil, err
	}
	return mapped(results, func(s SilhouetteScores) float64 { return s.Mean }), nil
}

// silhouetteSample returns silhouetteRows of the rows of positive weight, and one
// more of each cluster that none of them is in.
func silhouetteSample(n int, weights []float64, clusterings []*Clustering, of []labels) []int {
	counting := slices.DeleteFunc(rows.Spread(n, n), func(i int) bool { return weightOf(weights, i) == 0 })
	chosen := counting
	if len(counting) > silhouetteRows {
		chosen = mapped(rows.Sample(len(counting), silhouetteRows), func(i int) int { return counting[i] })
	}
	for l, c := range clusterings {
		found := make([]bool, c.k)
		for _, i := range chosen {
			found[of[l].at(i)] = true
		}
		for _, i := range counting {
			if at := of[l].at(i); !found[at] {
				found[at], chosen = true, append(chosen, i)
			}
		}
	}
	slices.Sort(chosen)
	return chosen
}
