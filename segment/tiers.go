package segment

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/internal/jsonfloat"
	"github.com/customer-personality/segmentation/internal/num"
)

// DefaultTierNames returns the names of the tiers, the most valuable first.
func DefaultTierNames() []string { return []string{"Platinum", "Gold", "Silver", "Bronze"} }

// Tier is one line of the decision that names clusters.
type Tier struct {
	Cluster int     `json:"cluster"` // index into the scores that were given
	Rank    int     `json:"rank"`    // 0 for the most valuable
	Score   float64 `json:"score"`   // what the ranking went by
	Size    float64 `json:"size"`    // rows, or their weight
	Name    string  `json:"tier"`
}

// MarshalJSON writes numbers that are not finite as null or, told apart, as strings.
func (t Tier) MarshalJSON() ([]byte, error) { return jsonfloat.Marshal(t) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (t *Tier) UnmarshalJSON(data []byte) error { return jsonfloat.Unmarshal(data, t) }

// TierOptions are how tiers are named.
type TierOptions struct {
	// Names are those of the tiers, the most valuable first; default:
	// DefaultTierNames.
	Names []string
}

// Tiers ranks clusters by score, the highest first, and names them; the result
// is in the order of rank. Scores and sizes hold one value for each cluster;
// of equal scores the lower cluster comes first.
//
// With more clusters than names, neighbours in rank share one: the ranked scores are
// cut into runs, one for each name, with the least variance within the runs, weighted
// by size (Jenks' natural breaks; Fisher, On Grouping for Maximum Homogeneity, 1958,
// doi:10.1080/01621459.1958.10501479). With fewer, the last cluster has the last name:
// of four names, three clusters have Platinum, Gold, Bronze and two Platinum, Bronze.
//
// Errors: ErrEmpty, ErrWidth for slices of different length, ErrNotFinite,
// ErrOption for a size that is not positive or a name that is empty or there
// twice.
func Tiers(scores, sizes []float64, o TierOptions) ([]Tier, error) {
	names := o.Names
	if len(names) == 0 {
		names = DefaultTierNames()
	}
	if err := checkTiers(scores, sizes, names); err != nil {
		return nil, err
	}
	tiers := make([]Tier, len(scores))
	for c := range tiers {
		tiers[c] = Tier{Cluster: c, Score: scores[c], Size: sizes[c]}
	}
	slices.SortStableFunc(tiers, func(a, b Tier) int { return cmp.Compare(b.Score, a.Score) })
	k, last := len(tiers), len(names)-1
	runs := split(tiers, min(k, len(names)))
	for i := range tiers {
		name := runs[i]
		if i == k-1 && k > 1 {
			name = last
		}
		tiers[i].Rank, tiers[i].Name = i, names[name]
	}
	return tiers, nil
}

func checkTiers(scores, sizes []float64, names []string) error {
	if len(scores) == 0 {
		return fmt.Errorf("%w: no cluster to rank", ErrEmpty)
	}
	if len(sizes) != len(scores) {
		return fmt.Errorf("%w: %d sizes for %d scores", ErrWidth, len(sizes), len(scores))
	}
	for c, s := range scores {
		if !num.Finite(s) {
			return fmt.Errorf("%w: the score of cluster %d is %v", ErrNotFinite, c, s)
		}
		if !(sizes[c] > 0) || math.IsInf(sizes[c], 0) {
			return fmt.Errorf("%w: the size of cluster %d is %v; it must be positive", ErrOption, c, sizes[c])
		}
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return fmt.Errorf("%w: tier name %d is %q; each must be there, and once", ErrOption, i, name)
		}
	}
	return nil
}

// split cuts the ranked scores into the given number of runs, none of them
// empty, with the least weighted sum of squares within runs, and returns the
// run of each rank. It tries all cuts by dynamic programming; of equally good
// ones it takes those that leave the later runs longer.
func split(ranked []Tier, runs int) []int {
	k := len(ranked)
	// within[i][j] is the sum of squares of ranks i to j (inclusive), updated
	// by one rank at a time (Welford 1962).
	within := make([][]float64, k)
	for i := range within {
		within[i] = make([]float64, k)
		var w, mean, sum float64
		for j := i; j < k; j++ {
			size, e := ranked[j].Size, ranked[j].Score-mean
			w += size
			mean += e * size / w
			sum += float64(size * e * (ranked[j].Score - mean))
			within[i][j] = sum
		}
	}
	// cost[r][i] is the best for ranks i to the end in r+1 runs, first[r][i]
	// where its second run begins.
	cost := make([][]float64, runs)
	first := make([][]int, runs)
	for r := range cost {
		cost[r], first[r] = make([]float64, k+1), make([]int, k+1)
		for i := range cost[r] {
			cost[r][i] = math.Inf(1)
		}
		for i := 0; i < k; i++ {
			if r == 0 {
				cost[r][i], first[r][i] = within[i][k-1], k
				continue
			}
			for j := i + 1; j < k; j++ {
				if c := within[i][j-1] + cost[r-1][j]; c < cost[r][i] {
					cost[r][i], first[r][i] = c, j
				}
			}
		}
	}
	out := make([]int, k)
	for r, i := runs-1, 0; r >= 0; r-- {
		for end := first[r][i]; i < end; i++ {
			out[i] = runs - 1 - r
		}
	}
	return out
}
