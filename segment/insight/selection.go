package insight

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// SelectionOptions are how SelectK looks for the number of clusters. The zero
// value works.
type SelectionOptions struct {
	// MinK and MaxK are the range in which k is chosen; default 2 and 10. MaxK
	// shrinks to the number of distinct rows where those are fewer, and Notes
	// say so.
	MinK, MaxK int

	// Seed and Restarts are those of the sweep, as in Sweep: without Restarts most
	// of the search is on a coarse picture of the rows, with them each restart is
	// on all rows. The same seed yields the same bits.
	Seed     uint64
	Restarts int

	S *float64 // sensitivity of the search for the knee, as in KneeLocator; nil stands for 1

	// Sweep has clusterings of the rows, as of a training; nil for none. They are not
	// fitted anew, Restarts and S are those of it, and its weights count in the curve
	// alone.
	Sweep *segment.SweepResult

	// References is the number of reference sets of the gap statistic, and
	// Resamples that of the bootstrap: default 100 each, at least 2 and 1. A
	// negative number leaves that figure out.
	References, Resamples int

	EachRestarts int // of k-means for each k on each reference set and resample; default 10

	// Rows bounds the rows for silhouettes, gap statistic and bootstrap, whose
	// cost grows fast: of more rows a fixed sample of that many is taken. At
	// least 2; default 10,000.
	Rows int

	Workers  int                     // bounds the goroutines; default GOMAXPROCS
	Progress func(SelectionProgress) // called as the work goes on, by one goroutine at a time; nil for none
}

// SelectionProgress is how far a Selection has come.
type SelectionProgress struct {
	Stage       string // "sweep", "silhouette", "gap" or "stability", in this order
	Done, Total int    // of this stage
}

// Selection sets side by side what speaks for each number of clusters.
type Selection struct {
	// MinK and MaxK are the range in which k is chosen. Points begin with k = 1
	// all the same, for the gap statistic and the curve.
	MinK   int              `json:"min_k"`
	MaxK   int              `json:"max_k"`
	Points []SelectionPoint `json:"points"`
	// Choices are what each index alone would choose.
	Choices []CriterionChoice `json:"choices"`
	// K is what the library chooses, and By why: as SweepResult.Choose.
	K  int        `json:"k"`
	By segment.By `json:"chosen_by"`
	// KneeFromOne is the knee of the curve from k = 1 on, 0 for none: the knee
	// depends on where the curve begins.
	KneeFromOne int `json:"knee_from_one"`
	// Rows is how many rows there were, Sampled how many of them silhouettes,
	// gap statistic and bootstrap were computed of.
	Rows    int `json:"rows"`
	Sampled int `json:"sampled"`
	// Notes are what few rows left out or cut short.
	Notes []SelectionNote `json:"notes"`
}

// SelectionNote is something that few rows left out or cut short.
type SelectionNote struct {
	Kind NoteKind `json:"kind"`
	Rows int      `json:"rows"` // of the sample; all for FewDistinct
	// Distinct is how many of them differ; 0 for FewInResamples.
	Distinct int `json:"distinct,omitempty"`
	// Wanted is the MaxK that FewDistinct cuts, and the k from which on
	// FewInResamples leaves the stability out.
	Wanted int `json:"wanted,omitempty"`
}

// NoteKind is what a SelectionNote is about.
type NoteKind string

// The kinds of notes.
const (
	FewDistinct       NoteKind = "few_distinct"        // fewer distinct rows than MaxK, at which k ends
	FewDistinctSample NoteKind = "few_distinct_sample" // of the sample, at which silhouettes, gap statistic and stability end
	FewInResamples    NoteKind = "few_in_resamples"    // resamples hold too few distinct rows for Wanted clusters and more
)

// SelectionPoint is all figures of one k. Those that do not exist (silhouettes
// of one cluster, what was left out) are NaN or nil, and null in JSON.
type SelectionPoint struct {
	K                int     `json:"k"`
	Inertia          float64 `json:"inertia"`
	Silhouette       float64 `json:"silhouette"`        // mean; higher is better
	CalinskiHarabasz float64 `json:"calinski_harabasz"` // higher is better
	DaviesBouldin    float64 `json:"davies_bouldin"`    // lower is better
	Gap              float64 `json:"gap"`
	GapSE            float64 `json:"gap_se"`
	// Stability is that of each cluster, the largest first, and LeastStability
	// the least mean Jaccard among them.
	Stability      []ClusterStability `json:"stability"`
	LeastStability float64            `json:"least_stability"`
}

// Criterion names an index that chooses a number of clusters.
type Criterion string

// The criteria of a Selection.
const (
	CriterionKnee             Criterion = "knee"
	CriterionSilhouette       Criterion = "silhouette"
	CriterionCalinskiHarabasz Criterion = "calinski_harabasz"
	CriterionDaviesBouldin    Criterion = "davies_bouldin"
	CriterionGap              Criterion = "gap"
	CriterionStability        Criterion = "stability"
)

// CriterionChoice is what one index would choose.
type CriterionChoice struct {
	Index Criterion `json:"index"`
	K     int       `json:"k"` // 0 where it chooses none
}

// SelectK computes the Selection of the rows of x, n×d, as they are clustered:
// behind the pipeline. It ends soon after ctx does, with its error. Errors:
// those of Sweep.Fit, GapStatistic.Fit and Stability.Fit, but few distinct rows
// are none as long as they are at least MinK: what they are too few for is left
// out, and Notes say so.
func SelectK(ctx context.Context, x mat.Matrix, o SelectionOptions) (*Selection, error) {
	ctx = cmp.Or(ctx, context.Background())
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &Selection{Notes: []SelectionNote{}}
	o.MaxK = r.shrink(x, o)
	var err error
	if r.MinK, r.MaxK, err = (segment.Sweep{MinK: o.MinK, MaxK: o.MaxK}).Range(ctx, x); err != nil {
		return nil, err
	}
	swept, err := o.sweep(ctx, x, r.MaxK)
	if err != nil {
		return nil, err
	}
	r.Rows, _ = x.Dims()
	gaps, err := r.indices(ctx, x, swept, o)
	if err != nil {
		return nil, err
	}
	return r, r.choose(swept, gaps)
}

// sweep returns the clusterings of up to maxK clusters.
func (o SelectionOptions) sweep(ctx context.Context, x mat.Matrix, maxK int) (*segment.SweepResult, error) {
	progress := func(p segment.Progress) {
		if o.Progress != nil {
			o.Progress(SelectionProgress{"sweep", p.Done, p.Total})
		}
	}
	if o.Sweep == nil {
		return segment.Sweep{MinK: 1, MaxK: maxK, Seed: o.Seed, Restarts: o.Restarts, S: o.S, Workers: o.Workers, Progress: progress}.Fit(ctx, x)
	}
	swept, err := o.Sweep.Extend(ctx, x, 1, maxK)
	if err == nil {
		progress(segment.Progress{Done: 1, Total: 1})
	}
	return swept, err
}

// The defaults of package segment, for figures that are compared with its own.
const (
	defaultMinK, defaultMaxK = 2, 10
	eachRestarts             = 10     // for each k and each of many random data sets
	sampleRows               = 10_000 // of which silhouettes, gaps and bootstraps are computed
)

// shrink returns MaxK, or the number of distinct rows where those are fewer and
// MinK allows it.
func (r *Selection) shrink(x mat.Matrix, o SelectionOptions) int {
	n, _ := num.Dims(x)
	least := max(cmp.Or(o.MinK, defaultMinK), 1)
	most := cmp.Or(o.MaxK, max(least, defaultMaxK))
	if n == 0 {
		return o.MaxK
	}
	found := rows.Distinct(x, nil, most)
	if found == most || found < least {
		return o.MaxK
	}
	r.Notes = append(r.Notes, SelectionNote{Kind: FewDistinct, Rows: n, Distinct: found, Wanted: most})
	return found
}

func (o *SelectionOptions) check() error {
	o.Rows, o.EachRestarts = cmp.Or(o.Rows, sampleRows), cmp.Or(o.EachRestarts, eachRestarts)
	switch {
	case o.Rows < 2:
		return fmt.Errorf("%w: Rows is %d; it must be at least 2 (0 stands for %d)", segment.ErrOption, o.Rows, sampleRows)
	case o.EachRestarts < 1:
		return fmt.Errorf("%w: EachRestarts is %d; it must be at least 1 (0 stands for %d)", segment.ErrOption, o.EachRestarts, eachRestarts)
	case o.References == 1:
		return fmt.Errorf("%w: References is 1; it must be at least 2 (0 stands for 100, and less leaves the gap statistic out)", segment.ErrOption)
	}
	return nil
}

// indices fills in the figures of each k, and returns the gaps.
func (r *Selection) indices(ctx context.Context, x mat.Matrix, swept *segment.SweepResult, o SelectionOptions) (gaps segment.GapResult, err error) {
	nan := math.NaN()
	clusterings := swept.Clusterings()
	for _, c := range clusterings {
		p := SelectionPoint{K: c.K(), Inertia: c.Inertia(), Silhouette: nan, CalinskiHarabasz: nan, DaviesBouldin: nan, Gap: nan, GapSE: nan, LeastStability: nan}
		if c.K() > 1 && c.K() < r.Rows {
			if p.CalinskiHarabasz, err = segment.CalinskiHarabasz(ctx, x, c.Labels()); err != nil {
				return nil, err
			}
			if p.DaviesBouldin, err = segment.DaviesBouldin(ctx, x, c.Labels()); err != nil {
				return nil, err
			}
		}
		r.Points = append(r.Points, p)
	}

	// From here on a sample stands for many rows, and what is compared with
	// the random data sets is fitted on it.
	sample := x
	if r.Sampled = min(r.Rows, o.Rows); r.Sampled < r.Rows {
		sample = rows.Take(x, rows.Sample(r.Rows, r.Sampled))
		// Points begin with k = 1, so that the first clusterings are the first
		// points also where the sample has fewer distinct rows than MaxK.
		most := rows.Distinct(sample, nil, len(clusterings))
		if most < len(clusterings) {
			r.Notes = append(r.Notes, SelectionNote{Kind: FewDistinctSample, Rows: r.Sampled, Distinct: most})
		}
		sampled, err := segment.Sweep{MinK: 1, MaxK: most, Seed: o.Seed, Restarts: o.Restarts, Workers: o.Workers}.Fit(ctx, sample)
		if err != nil {
			return nil, err
		}
		clusterings = sampled.Clusterings()
	}
	stage := func(name string) func(done, total int) {
		return func(done, total int) {
			if o.Progress != nil {
				o.Progress(SelectionProgress{name, done, total})
			}
		}
	}
	if err := r.silhouettes(ctx, sample, clusterings); err != nil {
		return nil, err
	}
	stage("silhouette")(1, 1)
	if o.References >= 0 && r.Sampled > 1 {
		gap := segment.GapStatistic{References: o.References, Restarts: o.EachRestarts, Seed: o.Seed, Workers: o.Workers, Progress: stage("gap")}
		if gaps, err = gap.Of(ctx, sample, clusterings); err != nil {
			return nil, err
		}
		for i, p := range gaps {
			r.Points[i].Gap, r.Points[i].GapSE = p.Gap, p.SE
		}
	}
	if o.Resamples >= 0 {
		bootstrap := Stability{Resamples: o.Resamples, Restarts: o.EachRestarts, Seed: o.Seed, Workers: o.Workers, Progress: stage("stability")}
		err = r.stability(ctx, sample, clusterings, bootstrap)
	}
	return gaps, err
}

// stability fills in that of each k for which resamples hold enough distinct
// rows.
func (r *Selection) stability(ctx context.Context, x mat.Matrix, clusterings []*segment.Clustering, bootstrap Stability) error {
	of := slices.IndexFunc(clusterings, func(c *segment.Clustering) bool { return c.K() >= max(2, r.MinK) })
	if of < 0 {
		return nil
	}
	if err := bootstrap.check(x, clusterings); err != nil {
		return err
	}
	most := clusterings[len(clusterings)-1].K()
	if usual := bootstrap.usual(x, most); usual < most {
		r.Notes = append(r.Notes, SelectionNote{Kind: FewInResamples, Rows: r.Sampled, Wanted: max(usual+1, clusterings[of].K())})
		clusterings = clusterings[:max(of, usual)]
	}
	stability, err := bootstrap.Fit(ctx, x, clusterings[of:]...)
	if err != nil {
		return err
	}
	for i, s := range stability {
		p := &r.Points[of+i]
		slices.SortStableFunc(s, func(a, b ClusterStability) int { return b.Size - a.Size })
		p.Stability, p.LeastStability = s, 1
		for _, c := range s {
			p.LeastStability = min(p.LeastStability, c.Jaccard)
		}
	}
	return nil
}

// silhouettes fills in those of all k, which share their distances.
func (r *Selection) silhouettes(ctx context.Context, x mat.Matrix, clusterings []*segment.Clustering) error {
	var labelings [][]int
	var of []int
	for i, c := range clusterings {
		if c.K() > 1 && c.K() < r.Sampled {
			labelings, of = append(labelings, c.Labels()), append(of, i)
		}
	}
	if len(of) == 0 {
		return nil
	}
	scores, err := segment.Silhouettes(ctx, x, labelings, segment.SilhouetteOptions{})
	if err != nil {
		return err
	}
	for i, s := range scores {
		r.Points[of[i]].Silhouette = s.Mean
	}
	return nil
}

// choose sets the choice of each index and the notes on it.
func (r *Selection) choose(swept *segment.SweepResult, gaps segment.GapResult) error {
	if knee := swept.Knee(); knee.Found {
		r.KneeFromOne = int(knee.Knee)
	}
	within := r.Points[r.MinK-1:]
	part, err := swept.From(r.MinK)
	if err != nil {
		return err
	}
	knee, k := part.Knee(), 0
	if knee.Found {
		k = int(knee.Knee)
	}
	r.Choices = append(r.Choices, CriterionChoice{CriterionKnee, k})
	r.best(within, CriterionSilhouette, func(p SelectionPoint) float64 { return p.Silhouette })
	r.best(within, CriterionCalinskiHarabasz, func(p SelectionPoint) float64 { return p.CalinskiHarabasz })
	r.best(within, CriterionDaviesBouldin, func(p SelectionPoint) float64 { return -p.DaviesBouldin })
	gaps = slices.DeleteFunc(gaps, func(p segment.GapPoint) bool { return math.IsNaN(p.Gap) })
	if len(gaps) > 0 {
		chosen, ok := gaps.Choose()
		if !ok { // it grows up to the largest k tried
			chosen = 0
		}
		r.Choices = append(r.Choices, CriterionChoice{CriterionGap, chosen})
	}
	r.stable(within)

	r.K, r.By = r.MinK, segment.ByDefault
	if knee.Found {
		r.K, r.By = k, segment.ByKnee
	} else if s := r.Choice(CriterionSilhouette); s.K > 0 && len(within) > 1 {
		r.K, r.By = s.K, segment.BySilhouette
	}
	return nil
}

// best adds the choice of the k with the greatest value; of equal ones, the
// lowest.
func (r *Selection) best(within []SelectionPoint, index Criterion, value func(SelectionPoint) float64) {
	c := CriterionChoice{Index: index}
	most := math.Inf(-1)
	for _, p := range within {
		if v := value(p); v > most {
			most, c.K = v, p.K
		}
	}
	r.Choices = append(r.Choices, c)
}

// stable chooses the largest k all of whose clusters are stable.
func (r *Selection) stable(within []SelectionPoint) {
	if !slices.ContainsFunc(within, func(p SelectionPoint) bool { return p.Stability != nil }) {
		return
	}
	c := CriterionChoice{Index: CriterionStability}
	for _, p := range within {
		if p.LeastStability >= StableFrom {
			c.K = p.K
		}
	}
	r.Choices = append(r.Choices, c)
}

// Choice returns the choice of an index; its K is 0 where it chooses none or
// was left out.
func (r Selection) Choice(index Criterion) CriterionChoice {
	i := slices.IndexFunc(r.Choices, func(c CriterionChoice) bool { return c.Index == index })
	if i < 0 {
		return CriterionChoice{Index: index}
	}
	return r.Choices[i]
}

// Point returns the figures of one k; ok is false where it was not looked at.
func (r Selection) Point(k int) (p SelectionPoint, ok bool) {
	if k < 1 || k > len(r.Points) {
		return SelectionPoint{}, false
	}
	return r.Points[k-1], true
}
