package preprocess

import "context"

// Extent is how far the columns of rows reach.
type Extent struct {
	Rows            int
	Known           []int     // values that are not missing, by column
	Least, Greatest []float64 // of these; +Inf and −Inf where there are none
}

// Sum is an exact sum, rounded once to High + Low with |Low| ≤ ulp(High)/2: about 106
// bits.
type Sum struct{ High, Low float64 }

// Moments are exact sums over the values that are not missing of
//
//	v = float64((x − Center[j])·Power[j])
//
// the difference and the product rounded to float64 each.
type Moments struct {
	Known    []int // values of each column
	Sums     []Sum // Σ v
	Squares  []Sum // Σ float64(v·v)
	Products []Sum // d×d, row by row: Σ float64(v_i·v_j) over rows where both are known; nil unless asked for
}

// MomentsOptions say what Moments are taken of.
type MomentsOptions struct {
	Center, Power []float64 // of each column; nil: 0, and 1
	Products      bool      // of pairs of columns
}

// Aggregator is where rows are that stay there: it answers what fitting has to ask of
// them. The rows go through the steps of behind first, where it is not nil.
type Aggregator interface {
	Extent(ctx context.Context, behind *FittedPipeline) (Extent, error)

	// Ranks returns for each column the known values of the given ranks, counted from
	// 0 in order of size.
	Ranks(ctx context.Context, behind *FittedPipeline, ranks [][]int) ([][]float64, error)

	Moments(ctx context.Context, behind *FittedPipeline, o MomentsOptions) (Moments, error)
}
