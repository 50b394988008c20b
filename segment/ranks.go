package segment

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/customer-personality/segmentation/preprocess"
)

// rankCuts is about how many cuts a column gets in a pass.
const rankCuts = 4096

// bracket is where the value of a rank lies: among count values from least to greatest,
// before which lie so many others.
type bracket struct {
	before, count   int
	least, greatest float64
}

// value returns the value of a rank, and whether it is known yet: it is where all values
// of the bracket are the same, and at its ends.
func (b bracket) value(rank int) (float64, bool) {
	switch {
	case rank == b.before:
		return b.least + 0, true // not −0, whose place among zeros is by chance
	case b.least == b.greatest || rank == b.before+b.count-1:
		return b.greatest + 0, true
	}
	return 0, false
}

// cuts appends cuts that part the bracket from other values and into about n cells: half
// of them evenly, and half evenly by the numbers that float64 has, so that each pass
// shortens it however the values lie.
func (b bracket) cuts(to []float64, n int) []float64 {
	to = append(to, b.least, math.Nextafter(b.greatest, math.Inf(1)))
	n /= 2
	low, high := ordinal(b.least), ordinal(b.greatest)
	for i := 1; i <= n; i++ {
		share := float64(i) / float64(n+1)
		to = append(to, float64(b.least*(1-share))+float64(b.greatest*share), fromOrdinal(low+int64(uint64(float64(share*float64(uint64(high-low)))))))
	}
	return to
}

// ordinal numbers the float64 in order of size.
func ordinal(v float64) int64 {
	i := int64(math.Float64bits(v))
	if i < 0 {
		return math.MinInt64 - i
	}
	return i
}

func fromOrdinal(i int64) float64 {
	if i < 0 {
		i = math.MinInt64 - i
	}
	return math.Float64frombits(uint64(i))
}

func (s *distributed) Ranks(ctx context.Context, behind *preprocess.FittedPipeline, ranks [][]int) ([][]float64, error) {
	e, err := s.Extent(ctx, behind)
	if err != nil {
		return nil, err
	}
	if len(ranks) != len(e.Known) {
		return nil, fmt.Errorf("%w: ranks of %d columns; there are %d", ErrWidth, len(ranks), len(e.Known))
	}
	out, in := make([][]float64, len(ranks)), make([][]bracket, len(ranks))
	for j, of := range ranks {
		out[j] = make([]float64, len(of))
		for _, rank := range of {
			if rank < 0 || rank >= e.Known[j] {
				return nil, fmt.Errorf("%w: rank %d of column %d; it has %d values", ErrOption, rank, j, e.Known[j])
			}
			in[j] = append(in[j], bracket{0, e.Known[j], e.Least[j], e.Greatest[j]})
		}
	}
	for {
		cuts := make([][]float64, len(ranks))
		open := false
		for j, of := range ranks {
			cuts[j] = rankCutsOf(of, in[j], out[j])
			open = open || len(cuts[j]) > 0
		}
		if !open {
			return out, nil
		}
		t, err := s.run(ctx, Pass{Pipeline: behind, Cuts: cuts})
		if err != nil {
			return nil, err
		}
		for j, cells := range t.Cuts() {
			if len(cuts[j]) == 0 {
				continue
			}
			for i, rank := range ranks[j] {
				if in[j][i], err = narrowed(in[j][i], cells, rank); err != nil {
					return nil, err
				}
			}
		}
	}
}

// rankCutsOf writes the values of ranks that are known, and returns cuts for the others.
func rankCutsOf(ranks []int, in []bracket, out []float64) []float64 {
	var open []bracket
	for i, rank := range ranks {
		v, ok := in[i].value(rank)
		if out[i] = v; !ok {
			open = append(open, in[i])
		}
	}
	slices.SortFunc(open, func(a, b bracket) int { return a.before - b.before })
	open = slices.Compact(open)
	var cuts []float64
	for _, b := range open {
		cuts = b.cuts(cuts, max(16, rankCuts/len(open)))
	}
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// narrowed returns the cell in which a rank lies, which is known to lie in b.
func narrowed(b bracket, cells []Cut, rank int) (bracket, error) {
	if _, ok := b.value(rank); ok {
		return b, nil
	}
	before := 0
	for _, c := range cells {
		if rank < before+c.Count {
			if before < b.before || before+c.Count > b.before+b.count || c.Least < b.least || c.Greatest > b.greatest {
				break
			}
			return bracket{before, c.Count, c.Least, c.Greatest}, nil
		}
		before += c.Count
	}
	return b, fmt.Errorf("%w: a pass counts other values around rank %d than the one before", ErrSource, rank)
}
