package insight

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/rows"
)

// The meaning of a mean Jaccard similarity of a cluster, by Hennig: from
// StableFrom on it is a valid, stable cluster; up to DissolvedAt it does not
// survive.
const (
	StableFrom  = 0.75
	DissolvedAt = 0.5
)

// Stability measures whether clusters come back when the data is drawn anew:
// rows are drawn with replacement as many times as there are rows, those that
// were drawn are clustered, and each cluster is compared, among the rows drawn,
// with the most similar new one. The zero value does so 100 times.
//
// Hennig (2007). Cluster-wise assessment of cluster stability. Comput. Stat.
// Data Anal. 52, 258–271. https://doi.org/10.1016/j.csda.2006.11.025. As
// clusterboot of R's package fpc with bootmethod = "boot": a row that was drawn
// several times counts once.
type Stability struct {
	Resamples int // how often rows are drawn; default 100

	// Restarts is how often k-means is tried for each k on each resample;
	// default 10. With fewer, unlucky seeds pass for unstable clusters: on the
	// campaign data and k = 5 one restart finds a mean Jaccard of 0.69, ten find
	// 0.80, and 200 find 0.81.
	Restarts int

	Seed    uint64 // of the random numbers; the same seed yields the same bits
	Workers int    // bounds the goroutines; default GOMAXPROCS

	// Progress, when not nil, is called after each resample, by one goroutine at a time.
	Progress func(done, total int)
}

// ClusterStability is how often one cluster came back.
type ClusterStability struct {
	Cluster int `json:"cluster"`
	Size    int `json:"size"` // rows
	// Jaccard is the mean over the resamples of the Jaccard similarity
	// |A∩B|/|A∪B| with the most similar new cluster.
	Jaccard float64 `json:"jaccard"`
	// Recovered and Dissolved are in how many of the resamples it was above
	// StableFrom, and at DissolvedAt or below.
	Recovered int `json:"recovered"`
	Dissolved int `json:"dissolved"`
}

// Fit returns the stability of the clusters of each of the clusterings, all of
// the rows of x, n×d. It ends soon after ctx does, with its error. Errors:
// ErrWidth for clusterings of other rows, ErrOption, ErrTooFew where resamples
// hold fewer distinct rows than clusters, and those of KMeansPP.Fit.
func (o Stability) Fit(ctx context.Context, x mat.Matrix, clusterings ...*segment.Clustering) ([][]ClusterStability, error) {
	ctx = cmp.Or(ctx, context.Background())
	if err := o.check(x, clusterings); err != nil || len(clusterings) == 0 {
		return nil, err
	}
	n, _ := x.Dims()
	most := 0
	labelings := make([][]int, len(clusterings))
	for i, c := range clusterings {
		most, labelings[i] = max(most, c.K()), c.Labels()
	}

	similar := make([][][]float64, o.Resamples) // by resample, clustering, cluster
	err := rows.Each(ctx, o.Workers, o.Resamples, o.Progress, func(r int) error {
		rng := rand.New(rand.NewPCG(o.Seed, 2<<32|uint64(r)))
		drawn, sample, err := resample(ctx, x, n, most, rng)
		if err != nil {
			return fmt.Errorf("resample %d: %w", r, err)
		}
		again, seed := make([][]int, most+1), rng.Uint64() // labels by k
		for i, c := range clusterings {
			if again[c.K()] == nil {
				found, err := segment.KMeansPP{K: c.K(), Seed: seed, Restarts: o.Restarts, Workers: 1}.Fit(ctx, sample)
				if err != nil {
					return fmt.Errorf("resample %d: %w", r, err)
				}
				again[c.K()] = found.Labels()
			}
			labels := make([]int, len(drawn))
			for j, row := range drawn {
				labels[j] = labelings[i][row]
			}
			similar[r] = append(similar[r], jaccards(labels, again[c.K()], c.K(), c.K()))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := make([][]ClusterStability, len(clusterings))
	for i, c := range clusterings {
		out[i] = make([]ClusterStability, c.K())
		sizes := make([]int, c.K())
		for _, l := range labelings[i] {
			sizes[l]++
		}
		for cluster := range out[i] {
			s := ClusterStability{Cluster: cluster, Size: sizes[cluster]}
			for r := range similar {
				v := similar[r][i][cluster]
				s.Jaccard += v
				if v > StableFrom {
					s.Recovered++
				}
				if v <= DissolvedAt {
					s.Dissolved++
				}
			}
			s.Jaccard /= float64(o.Resamples)
			out[i][cluster] = s
		}
	}
	return out, nil
}

func (o *Stability) check(x mat.Matrix, clusterings []*segment.Clustering) error {
	o.Resamples, o.Restarts = cmp.Or(o.Resamples, 100), cmp.Or(o.Restarts, eachRestarts)
	n, d := num.Dims(x)
	switch {
	case n == 0 || d == 0:
		return fmt.Errorf("%w: the matrix is %d×%d", segment.ErrEmpty, n, d)
	case o.Resamples < 1:
		return fmt.Errorf("%w: Resamples is %d; it must be at least 1 (0 stands for 100)", segment.ErrOption, o.Resamples)
	case o.Workers < 0:
		return fmt.Errorf("%w: Workers is %d; it must not be negative (0 stands for GOMAXPROCS)", segment.ErrOption, o.Workers)
	}
	for i, c := range clusterings {
		labels := c.Labels()
		if c.K() > 0 && len(labels) == 0 {
			return fmt.Errorf("%w: clustering %d is one of a stream, whose rows have no labels; fit a sample of them", segment.ErrWidth, i)
		}
		if _, width := c.Centroids().Dims(); len(labels) != n || width != d {
			return fmt.Errorf("%w: clustering %d is not one of the %d×%d rows", segment.ErrWidth, i, n, d)
		}
	}
	if i, j, bad := num.NotFinite(x); bad {
		return fmt.Errorf("%w: row %d, column %d of the data is %v", segment.ErrNotFinite, i, j, x.At(i, j))
	}
	return nil
}

// usual returns the largest k, up to most, for which at least half of the
// resamples hold k distinct points when they are drawn for the first time: a
// resample holds about 0.63 of them.
func (o Stability) usual(x mat.Matrix, most int) int {
	// Of four times as many points, resamples practically never hold too few.
	if rows.Distinct(x, nil, 4*most) == 4*most {
		return most
	}
	n, _ := x.Dims()
	enough := make([]int, most+1) // resamples with so many points at least
	for r := range o.Resamples {
		_, sample := draw(x, n, rand.New(rand.NewPCG(o.Seed, 2<<32|uint64(r))))
		for k := range rows.Distinct(sample, nil, most) {
			enough[k+1]++
		}
	}
	for most > 0 && 2*enough[most] < o.Resamples {
		most--
	}
	return most
}

// resample draws n of the n rows, with replacement, and returns those that were
// drawn, ascending. It draws again where they hold fewer distinct points than
// clusters are to be found, but not for ever.
func resample(ctx context.Context, x mat.Matrix, n, k int, rng *rand.Rand) ([]int, *mat.Dense, error) {
	for range 100 {
		if err := cause.Of(ctx); err != nil {
			return nil, nil, err
		}
		drawn, sample := draw(x, n, rng)
		if rows.Distinct(sample, nil, k) == k {
			return drawn, sample, nil
		}
	}
	return nil, nil, fmt.Errorf("%w: %d clusters are asked for, and rows drawn from the %d hold fewer distinct points", segment.ErrTooFew, k, n)
}

// draw draws n of the n rows, with replacement, and returns those that were
// drawn, ascending.
func draw(x mat.Matrix, n int, rng *rand.Rand) ([]int, *mat.Dense) {
	chosen := make([]int, n)
	for i := range chosen {
		chosen[i] = rng.IntN(n)
	}
	slices.Sort(chosen)
	chosen = slices.Compact(chosen)
	return chosen, rows.Take(x, chosen)
}

// jaccards returns for each of k clusters of a the similarity |A∩B|/|A∪B| with
// the most similar of the l clusters of b, two labelings of the same rows; 0
// for a cluster without rows.
func jaccards(a, b []int, k, l int) []float64 {
	both := make([]int, k*l)
	inA, inB := make([]int, k), make([]int, l)
	for i := range a {
		both[a[i]*l+b[i]]++
		inA[a[i]]++
		inB[b[i]]++
	}
	out := make([]float64, k)
	for i := range out {
		for j := range l {
			if common := both[i*l+j]; common > 0 {
				out[i] = max(out[i], float64(common)/float64(inA[i]+inB[j]-common))
			}
		}
	}
	return out
}
