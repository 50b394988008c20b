package segment

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// GapStatistic computes for each k how much tighter the clusters are than those
// that k-means finds in rows drawn uniformly from the box that is aligned with the
// principal components of the data and just holds it.
// The zero value looks at k = 1…10 with 100 such reference sets.
//
// Tibshirani, Walther, Hastie (2001). Estimating the number of clusters in a
// data set via the gap statistic. J. R. Stat. Soc. B 63, 411–423.
// https://doi.org/10.1111/1467-9868.00293. As clusGap of R's package cluster
// with d.power = 2 and spaceH0 = "scaledPCA", whose log W is less by log 2.
type GapStatistic struct {
	// MaxK is the largest k; default 10, or the number of distinct rows where
	// those are fewer.
	MaxK int

	// References is the number of reference sets, at least 2; default 100.
	References int

	// Restarts is how often k-means is tried for each k, on the rows as on each
	// reference set; default 10. Unequal effort would pass for a gap.
	Restarts int

	// Seed starts the random numbers; the same seed yields the same bits.
	Seed uint64

	// Workers bounds the goroutines; default GOMAXPROCS.
	Workers int

	// Progress, when not nil, is called after each reference set, by one
	// goroutine at a time.
	Progress func(done, total int)
}

// GapPoint is the gap statistic of one k.
type GapPoint struct {
	K int `json:"k"`
	// LogW is the natural logarithm of the inertia of the rows, Expected its
	// mean over the reference sets.
	LogW     float64 `json:"log_w" null:"-Inf"`
	Expected float64 `json:"expected_log_w"`
	// Gap is Expected − LogW. It is +Inf where every row lies on its centroid,
	// and NaN, with Expected and SE, where every row of the reference sets does
	// too: for as many clusters as rows.
	Gap float64 `json:"gap" null:"+Inf"`
	// SE is the standard error s = sd·√(1+1/B) of the B reference sets, with
	// the standard deviation of a sample.
	SE float64 `json:"se"`
}

// MarshalJSON writes numbers that are not finite as null or, told apart, as strings.
func (p GapPoint) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(p) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *GapPoint) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, p) }

// GapResult is the gap statistic of k = 1, 2, …
type GapResult []GapPoint

// Choose returns the smallest k whose gap is at least that of k+1 less its
// standard error: the rule of Tibshirani et al. Where none is, it returns the
// largest k, and ok is false: the gap still grows. A k without a gap is passed
// over.
func (r GapResult) Choose() (k int, ok bool) {
	for len(r) > 0 && math.IsNaN(r[len(r)-1].Gap) {
		r = r[:len(r)-1]
	}
	for i := range r[:max(0, len(r)-1)] {
		if r[i].Gap >= r[i+1].Gap-r[i+1].SE {
			return r[i].K, true
		}
	}
	if len(r) == 0 {
		return 0, false
	}
	return r[len(r)-1].K, false
}

// Fit computes the gap statistic of the rows of x, n×d. It ends soon after ctx
// does, with its error. Errors: those of Sweep.Fit, and ErrTooFew for fewer than
// two rows.
func (o GapStatistic) Fit(ctx context.Context, x mat.Matrix) (GapResult, error) {
	ctx = orBackground(ctx)
	ks, err := Sweep{MinK: 1, MaxK: o.MaxK}.ks(ctx, x)
	if err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, err
	}
	clusterings, err := fitAll(ctx, x, KMeansPP{Seed: o.Seed, Restarts: o.Restarts, Workers: o.Workers}, ks)
	if err != nil {
		return nil, err
	}
	return o.Of(ctx, x, clusterings)
}

// Of computes the gap statistic of clusterings of the rows of x, n×d, which
// were fitted before, of rising k. Errors: as Fit; ErrWidth for a clustering of
// other rows or without labels, ErrOption for k that do not rise.
func (o GapStatistic) Of(ctx context.Context, x mat.Matrix, clusterings []*Clustering) (GapResult, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	n, d := num.Dims(x)
	ks := make([]int, len(clusterings))
	for i, c := range clusterings {
		c = orZero(c)
		if c.labels.len() != n || c.d != d {
			return nil, fmt.Errorf("%w: clustering %d is one of %d×%d labelled rows, not of the %d×%d given", ErrWidth, i, c.labels.len(), c.d, n, d)
		}
		if ks[i] = c.k; i > 0 && c.k <= ks[i-1] {
			return nil, fmt.Errorf("%w: clustering %d has %d clusters and the one before it %d; k must rise", ErrOption, i, c.k, ks[i-1])
		}
	}
	logs, err := o.references(orBackground(ctx), x, ks)
	if err != nil {
		return nil, err
	}
	return gaps(clusterings, logs), nil
}

// eachRestarts is the default number of restarts for each k and each of many
// random data sets.
const eachRestarts = 10

func (o *GapStatistic) check() error {
	o.References, o.Restarts = cmp.Or(o.References, 100), cmp.Or(o.Restarts, eachRestarts)
	switch {
	case o.References < 2:
		return fmt.Errorf("%w: References is %d; it must be at least 2 (0 stands for 100)", ErrOption, o.References)
	case o.Workers < 0:
		return fmt.Errorf("%w: Workers is %d; it must not be negative (0 stands for GOMAXPROCS)", ErrOption, o.Workers)
	}
	return nil
}

// references returns the logarithms of the inertias of the reference sets, one
// row for each set, one column for each k.
func (o GapStatistic) references(ctx context.Context, x mat.Matrix, ks []int) ([][]float64, error) {
	n, _ := num.Dims(x)
	if n < 2 {
		return nil, fmt.Errorf("%w: the gap statistic of %d row; at least 2 are needed", ErrTooFew, n)
	}
	pca, err := preprocess.PCA{}.Fit(ctx, x)
	if err != nil {
		return nil, err
	}
	scores, err := pca.Transform(ctx, x)
	if err != nil {
		return nil, err
	}
	_, q := scores.Dims()
	least, most := make([]float64, q), make([]float64, q)
	for j := range q {
		column := mat.Col(nil, j, scores)
		least[j], most[j] = floats.Min(column), floats.Max(column)
	}
	logs := make([][]float64, o.References)
	err = rows.Each(ctx, o.Workers, o.References, o.Progress, func(b int) error {
		rng := rand.New(rand.NewPCG(o.Seed, 1<<32|uint64(b)))
		uniform := mat.NewDense(n, q, nil)
		for i := range n {
			row := uniform.RawRowView(i)
			for j := range row {
				row[j] = least[j] + float64(rng.Float64()*(most[j]-least[j]))
			}
		}
		reference, err := pca.InverseTransform(ctx, uniform)
		if err != nil {
			return err
		}
		c, err := fitAll(ctx, reference, KMeansPP{Seed: rng.Uint64(), Restarts: o.Restarts, Workers: 1}, ks)
		if err != nil {
			return fmt.Errorf("reference set %d: %w", b, err)
		}
		for _, c := range c {
			logs[b] = append(logs[b], c.logInertia)
		}
		return nil
	})
	return logs, err
}

func gaps(clusterings []*Clustering, logs [][]float64) GapResult {
	out := make(GapResult, len(clusterings))
	for i, c := range clusterings {
		var m num.Moments
		for _, row := range logs {
			m.Add(row[i])
		}
		b := float64(len(logs))
		p := GapPoint{K: c.k, LogW: c.logInertia, Expected: m.Mean(), SE: math.Sqrt(m.Variance(1) * (1 + 1/b))}
		p.Gap = p.Expected - p.LogW
		out[i] = p
	}
	return out
}
