package segment

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
)

// KReportOptions say how NewKReport looks for the number of clusters. The zero
// value works.
type KReportOptions struct {
	// MinK and MaxK are the range in which k is chosen; default 2 and 10. MaxK
	// shrinks to the number of distinct rows where those are fewer, and Notes
	// say so.
	MinK, MaxK int

	// Seed and Restarts are those of the sweep, as in Sweep: without Restarts
	// most of the search is on a coarse picture of the rows, with them each
	// restart is on all rows. The same seed gives the same bits.
	Seed     uint64
	Restarts int

	// S is the sensitivity of the search for the knee, as in KneeLocator; nil
	// stands for 1.
	S *float64

	// References is the number of reference sets of the gap statistic, and
	// Resamples that of the bootstrap: default 100 each, at least 2 and 1. A
	// negative number leaves that figure out.
	References, Resamples int

	// EachRestarts is how often k-means is tried for each k on each reference
	// set and resample; default 10.
	EachRestarts int

	// Rows bounds the rows for silhouettes, gap statistic and bootstrap, whose
	// cost grows fast: of more rows a fixed sample of that many is taken. At
	// least 2; default 10,000.
	Rows int

	// Workers bounds the goroutines; default GOMAXPROCS.
	Workers int

	// Progress, when not nil, is called as the work goes on, by one goroutine
	// at a time.
	Progress func(KProgress)
}

// KProgress tells how far a KReport has come.
type KProgress struct {
	Stage       string // "sweep", "silhouette", "gap" or "stability", in this order
	Done, Total int    // of this stage
}

// KReport sets side by side what speaks for each number of clusters.
type KReport struct {
	// MinK and MaxK are the range in which k is chosen. Points begin with k = 1
	// all the same, for the gap statistic and the curve.
	MinK   int      `json:"min_k"`
	MaxK   int      `json:"max_k"`
	Points []KPoint `json:"points"`
	// Choices are what each index alone would choose.
	Choices []KChoice `json:"choices"`
	// K is what the library chooses, and By why: as SweepResult.Choose.
	K  int `json:"k"`
	By By  `json:"chosen_by"`
	// KneeFromOne is the knee of the curve from k = 1 on, 0 for none: the knee
	// depends on where the curve begins.
	KneeFromOne int `json:"knee_from_one"`
	// Rows is how many rows there were, Sampled how many of them silhouettes,
	// gap statistic and bootstrap were computed of.
	Rows    int `json:"rows"`
	Sampled int `json:"sampled"`
	// Notes are sentences on what few rows left out or cut short.
	Notes []string `json:"notes"`
}

// MarshalJSON adds the Sentences.
func (r KReport) MarshalJSON() ([]byte, error) {
	return jsonfloat.Marshal(r, jsonfloat.Member{Name: "sentences", Value: r.Sentences()})
}

// KPoint is all figures of one k. Those that do not exist (silhouettes of one
// cluster, what was left out) are NaN or nil, and null in JSON.
type KPoint struct {
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

// MarshalJSON writes numbers that are not finite as null or, where that would be
// another one, as a string.
func (p KPoint) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(p) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *KPoint) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, p) }

// KIndex names an index that chooses a number of clusters.
type KIndex string

// The indices of a KReport.
const (
	IndexKnee             KIndex = "knee"
	IndexSilhouette       KIndex = "silhouette"
	IndexCalinskiHarabasz KIndex = "calinski_harabasz"
	IndexDaviesBouldin    KIndex = "davies_bouldin"
	IndexGap              KIndex = "gap"
	IndexStability        KIndex = "stability"
)

var indexNames = map[KIndex]string{
	IndexKnee: "knee", IndexSilhouette: "silhouette", IndexCalinskiHarabasz: "Calinski–Harabasz",
	IndexDaviesBouldin: "Davies–Bouldin", IndexGap: "gap statistic", IndexStability: "stability",
}

// KChoice is what one index would choose.
type KChoice struct {
	Index    KIndex `json:"index"`
	K        int    `json:"k"` // 0 where it chooses none
	Sentence string `json:"sentence"`
}

// NewKReport computes the report of the rows of x, n×d, as they are clustered:
// behind the pipeline. It ends soon after ctx does, with its error. Errors:
// those of Sweep.Fit, GapStatistic.Fit and Stability.Fit, but few distinct rows are
// none as long as they are at least MinK: what they are too few for is left out,
// and Notes say so.
func NewKReport(ctx context.Context, x mat.Matrix, o KReportOptions) (*KReport, error) {
	ctx = orBackground(ctx)
	if err := o.check(); err != nil {
		return nil, err
	}
	r := &KReport{Notes: []string{}}
	o.MaxK = r.shrink(x, o)
	ks, err := Sweep{MinK: o.MinK, MaxK: o.MaxK}.ks(x)
	if err != nil {
		return nil, err
	}
	r.MinK, r.MaxK = ks[0], ks[len(ks)-1]
	sweep := Sweep{MinK: 1, MaxK: r.MaxK, Seed: o.Seed, Restarts: o.Restarts, S: o.S, Workers: o.Workers}
	if o.Progress != nil {
		sweep.Progress = func(p Progress) { o.Progress(KProgress{"sweep", p.Done, p.Total}) }
	}
	swept, err := sweep.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	r.Rows, _ = x.Dims()
	if err := r.indices(ctx, x, swept, o); err != nil {
		return nil, err
	}
	return r, r.choose(swept, o)
}

// shrink gives MaxK, or the number of distinct rows where those are fewer and
// MinK allows it.
func (r *KReport) shrink(x mat.Matrix, o KReportOptions) int {
	least, most := max(o.MinK, 1), o.MaxK
	if o.MinK == 0 {
		least = defaultMinK
	}
	if most == 0 {
		most = max(least, defaultMaxK)
	}
	if n, _ := dims(x); n == 0 {
		return o.MaxK
	}
	found := distinct(x, nil, most)
	if found == most || found < least {
		return o.MaxK
	}
	are := "are"
	if found == 1 {
		are = "is"
	}
	r.note("There %s %s, so k ends at %d and not at %d.", are, counted(found, "distinct row"), found, most)
	return found
}

func (r *KReport) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

func (o *KReportOptions) check() error {
	if o.Rows == 0 {
		o.Rows = silhouetteRows
	}
	if o.EachRestarts == 0 {
		o.EachRestarts = eachRestarts
	}
	switch {
	case o.Rows < 2:
		return fmt.Errorf("%w: Rows is %d; it must be at least 2 (0 stands for %d)", ErrOption, o.Rows, silhouetteRows)
	case o.EachRestarts < 1:
		return fmt.Errorf("%w: EachRestarts is %d; it must be at least 1 (0 stands for %d)", ErrOption, o.EachRestarts, eachRestarts)
	case o.References == 1:
		return fmt.Errorf("%w: References is 1; it must be at least 2 (0 stands for 100, and less leaves the gap statistic out)", ErrOption)
	}
	return nil
}

// indices fills in the figures of each k.
func (r *KReport) indices(ctx context.Context, x mat.Matrix, swept *SweepResult, o KReportOptions) error {
	nan := math.NaN()
	clusterings := swept.clusterings
	for _, c := range clusterings {
		p := KPoint{K: c.k, Inertia: c.inertia, Silhouette: nan, CalinskiHarabasz: nan, DaviesBouldin: nan, Gap: nan, GapSE: nan, LeastStability: nan}
		if c.k > 1 && c.k < r.Rows {
			var err error
			if p.CalinskiHarabasz, err = CalinskiHarabasz(x, c.Labels()); err != nil {
				return err
			}
			if p.DaviesBouldin, err = DaviesBouldin(x, c.Labels()); err != nil {
				return err
			}
		}
		r.Points = append(r.Points, p)
	}

	// From here on a sample stands for many rows, and what is compared with
	// the random data sets is fitted on it.
	sample := x
	if r.Sampled = min(r.Rows, o.Rows); r.Sampled < r.Rows {
		sample = sampleRows(x, r.Sampled)
		// Points begin with k = 1, so that the first clusterings are the first
		// points also where the sample has fewer distinct rows than MaxK.
		ks := make([]int, distinct(sample, nil, len(clusterings)))
		if len(ks) < len(clusterings) {
			r.note("The sample of %d rows has %s: silhouettes, gap statistic and stability end at k = %d.", r.Sampled, counted(len(ks), "distinct row"), len(ks))
		}
		for i := range ks {
			ks[i] = i + 1
		}
		var err error
		clusterings, err = fitAll(ctx, sample, KMeansPP{Seed: o.Seed, Restarts: o.Restarts, Workers: o.Workers}, ks)
		if err != nil {
			return err
		}
	}
	stage := func(name string) func(done, total int) {
		return func(done, total int) {
			if o.Progress != nil {
				o.Progress(KProgress{name, done, total})
			}
		}
	}
	if err := r.silhouettes(ctx, sample, clusterings); err != nil {
		return err
	}
	stage("silhouette")(1, 1)
	if o.References >= 0 && r.Sampled > 1 {
		gap := GapStatistic{References: o.References, Restarts: o.EachRestarts, Seed: o.Seed, Workers: o.Workers, Progress: stage("gap")}
		if err := gap.check(); err != nil {
			return err
		}
		ks := make([]int, len(clusterings))
		for i, c := range clusterings {
			ks[i] = c.k
		}
		logs, err := gap.references(ctx, sample, ks)
		if err != nil {
			return err
		}
		for i, p := range gaps(clusterings, logs) {
			r.Points[i].Gap, r.Points[i].GapSE = p.Gap, p.SE
		}
	}
	if o.Resamples >= 0 {
		bootstrap := Stability{Resamples: o.Resamples, Restarts: o.EachRestarts, Seed: o.Seed, Workers: o.Workers, Progress: stage("stability")}
		return r.stability(ctx, sample, clusterings, bootstrap)
	}
	return nil
}

// stability fills in that of each k for which resamples hold enough distinct
// rows.
func (r *KReport) stability(ctx context.Context, x mat.Matrix, clusterings []*Clustering, bootstrap Stability) error {
	of := slices.IndexFunc(clusterings, func(c *Clustering) bool { return c.k >= max(2, r.MinK) })
	if of < 0 {
		return nil
	}
	if err := bootstrap.check(x, clusterings); err != nil {
		return err
	}
	most := clusterings[len(clusterings)-1].k
	if usual := bootstrap.usual(x, most); usual < most {
		r.note("Resamples of the %d rows hold too few distinct ones for %d clusters and more, whose stability is left out.", len(clusterings[0].labels), max(usual+1, clusterings[of].k))
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
func (r *KReport) silhouettes(ctx context.Context, x mat.Matrix, clusterings []*Clustering) error {
	var labelings [][]int
	var of []int
	for i, c := range clusterings {
		if c.k > 1 && c.k < len(c.labels) {
			labelings, of = append(labelings, c.Labels()), append(of, i)
		}
	}
	if len(of) == 0 {
		return nil
	}
	scores, err := Silhouettes(ctx, x, labelings...)
	if err != nil {
		return err
	}
	for i, s := range scores {
		r.Points[of[i]].Silhouette = s.Mean
	}
	return nil
}

// sampleRows gives a fixed random choice of the rows, in their order.
func sampleRows(x mat.Matrix, size int) *mat.Dense {
	n, d := x.Dims()
	rows := rand.New(rand.NewPCG(0, 0)).Perm(n)[:size]
	slices.Sort(rows)
	out := mat.NewDense(size, d, nil)
	for i, row := range rows {
		for j := range d {
			out.Set(i, j, x.At(row, j))
		}
	}
	return out
}

// choose lets each index choose, and says so.
func (r *KReport) choose(swept *SweepResult, o KReportOptions) error {
	if swept.knee.Found {
		r.KneeFromOne = int(swept.knee.Knee)
	}
	within := r.Points[r.MinK-1:]
	knee, err := knee(swept.clusterings[r.MinK-1:], o.S)
	if err != nil {
		return err
	}
	c := KChoice{Index: IndexKnee, Sentence: fmt.Sprintf("The curve of the inertia has no knee over k = %d…%d.", r.MinK, r.MaxK)}
	if knee.Found {
		c.K = int(knee.Knee)
		c.Sentence = fmt.Sprintf("The knee of the inertia is at %d over k = %d…%d.", c.K, r.MinK, r.MaxK)
	}
	if r.MinK > 1 && r.KneeFromOne != c.K {
		at := "there is none"
		if r.KneeFromOne > 0 {
			at = fmt.Sprintf("it is at %d", r.KneeFromOne)
		}
		c.Sentence += fmt.Sprintf(" Over 1…%d %s: the knee depends on the range.", r.MaxK, at)
	}
	r.Choices = append(r.Choices, c)
	r.best(within, IndexSilhouette, "The mean silhouette is highest at %d (%.3f).", func(p KPoint) (float64, float64) { return p.Silhouette, p.Silhouette })
	r.best(within, IndexCalinskiHarabasz, "Calinski–Harabasz is highest at %d (%.0f).", func(p KPoint) (float64, float64) { return p.CalinskiHarabasz, p.CalinskiHarabasz })
	r.best(within, IndexDaviesBouldin, "Davies–Bouldin is lowest at %d (%.3f).", func(p KPoint) (float64, float64) { return p.DaviesBouldin, -p.DaviesBouldin })
	r.gap()
	r.stable(within)

	r.K, r.By = r.MinK, ByDefault
	if knee.Found {
		r.K, r.By = int(knee.Knee), ByKnee
	} else if s := r.Choice(IndexSilhouette); s.K > 0 && len(within) > 1 {
		r.K, r.By = s.K, BySilhouette
	}
	return nil
}

// best adds the choice of the k with the greatest value; of equal ones, the
// lowest. Value gives what is told and what is compared.
func (r *KReport) best(within []KPoint, index KIndex, sentence string, value func(KPoint) (told, compared float64)) {
	c := KChoice{Index: index, Sentence: fmt.Sprintf("%s has no value here.", indexNames[index])}
	most := math.Inf(-1)
	for _, p := range within {
		if told, v := value(p); v > most {
			most, c.K, c.Sentence = v, p.K, fmt.Sprintf(sentence, p.K, told)
		}
	}
	r.Choices = append(r.Choices, c)
}

func (r *KReport) gap() {
	var g GapResult
	for _, p := range r.Points {
		if !math.IsNaN(p.Gap) {
			g = append(g, GapPoint{K: p.K, Gap: p.Gap, SE: p.GapSE})
		}
	}
	if len(g) == 0 {
		return
	}
	k, ok := g.Choose()
	c := KChoice{Index: IndexGap, K: k}
	switch {
	case !ok:
		c.K = 0
		c.Sentence = fmt.Sprintf("The gap statistic grows up to k = %d, the largest tried, and chooses none.", k)
	case k == 1:
		c.Sentence = "The gap statistic chooses 1: it sees no clusters that would not be found in uniform data too."
	default:
		c.Sentence = fmt.Sprintf("The gap statistic chooses %d.", k)
	}
	r.Choices = append(r.Choices, c)
}

// stable chooses the largest k all of whose clusters are stable.
func (r *KReport) stable(within []KPoint) {
	c := KChoice{Index: IndexStability}
	any := false
	for _, p := range within {
		any = any || p.Stability != nil
		if p.LeastStability >= StableFrom {
			c.K = p.K
			c.Sentence = fmt.Sprintf("The largest k all of whose clusters come back in resamples is %d (mean Jaccard at least %.2f).", p.K, p.LeastStability)
		}
	}
	if !any {
		return
	}
	if c.K == 0 {
		c.Sentence = fmt.Sprintf("For no k do all clusters come back in resamples (mean Jaccard of at least %.2f).", StableFrom)
	}
	r.Choices = append(r.Choices, c)
}

// Choice gives what an index chooses; its K is 0 where it chooses none or was
// left out.
func (r KReport) Choice(index KIndex) KChoice {
	i := slices.IndexFunc(r.Choices, func(c KChoice) bool { return c.Index == index })
	if i < 0 {
		return KChoice{Index: index}
	}
	return r.Choices[i]
}

// Point gives the figures of one k; ok is false where it was not looked at.
func (r KReport) Point(k int) (p KPoint, ok bool) {
	if k < 1 || k > len(r.Points) {
		return KPoint{}, false
	}
	return r.Points[k-1], true
}

// Sentences tell what each index chooses, whether they agree, and what is taken.
func (r KReport) Sentences() []string {
	out := slices.Clone(r.Notes)
	by := map[int][]string{}
	for _, c := range r.Choices {
		out = append(out, c.Sentence)
		if c.K > 0 {
			by[c.K] = append(by[c.K], indexNames[c.Index])
		}
	}
	var ks []int
	for k := range by {
		ks = append(ks, k)
	}
	slices.Sort(ks)
	switch {
	case len(ks) == 1 && len(by[ks[0]]) > 1:
		out = append(out, fmt.Sprintf("They agree on %d.", ks[0]))
	case len(ks) > 1:
		var parts []string
		for _, k := range ks {
			parts = append(parts, fmt.Sprintf("%d (%s)", k, strings.Join(by[k], ", ")))
		}
		out = append(out, fmt.Sprintf("They disagree: %s. There is no one right number here; it is a choice of how fine the segments are to be.", strings.Join(parts, ", ")))
	}
	s := fmt.Sprintf("Taken: %d", r.K)
	switch r.By {
	case ByKnee:
		s += ", by the knee"
	case BySilhouette:
		s += ", by the silhouette, as there is no knee"
	}
	if p, ok := r.Point(r.K); ok && p.Stability != nil {
		stable := 0
		for _, c := range p.Stability {
			if c.Jaccard >= StableFrom {
				stable++
			}
		}
		are := "are"
		if stable == 1 {
			are = "is"
		}
		s += fmt.Sprintf("; %d of its %d clusters %s stable", stable, len(p.Stability), are)
	}
	return append(out, s+".")
}
