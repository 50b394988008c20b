package segment

import (
	"errors"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// Pass is what is asked of all rows in one go. A Tally answers the parts that are set.
type Pass struct {
	// Columns are the names of the columns of the raw rows.
	Columns []string

	// Pipeline is what the rows go through first; nil: they are taken as they are.
	Pipeline *preprocess.FittedPipeline

	// Extent asks how far the columns reach, the raw ones and those behind Pipeline.
	Extent bool

	// Cuts are for each column behind Pipeline rising numbers that part its values into
	// cells: from −Inf to the first, from the first, which belongs to it, to the second,
	// and so on. Asked for are the values in each, and the least and greatest of them.
	Cuts [][]float64

	// Moments asks for sums of the columns behind Pipeline.
	Moments *preprocess.MomentsOptions

	// Centroids are sets of centroids behind Pipeline, k×d each. Asked for are the
	// SufficientStatistics of each.
	Centroids []*mat.Dense

	// Clusters asks for the sums of the raw columns by the nearest of Centroids[0].
	Clusters bool

	// Sample asks for that many rows behind Pipeline: those of the lowest hash of Seed
	// and content, so that they are the same however the rows are cut and ordered. Equal
	// rows are one, with the number of them.
	Sample int
	Seed   uint64

	// Cells asks for counts and means by the cells of a grid behind Pipeline.
	Cells *Cells

	// Bounds are those of the columns behind Pipeline, by which sums are exact, from an
	// Extent of an earlier pass. Moments, Centroids and Cells need them.
	Bounds []Bound

	// RawBounds are those of the raw columns, which Clusters needs.
	RawBounds []Bound
}

// Bound is how far the values of a column may reach.
type Bound struct{ Least, Greatest float64 }

// BoundsOf returns the bounds of the columns of an extent.
func BoundsOf(e preprocess.Extent) []Bound {
	out := make([]Bound, len(e.Least))
	for j := range out {
		out[j] = Bound{e.Least[j], e.Greatest[j]}
	}
	return out
}

// Cells is a grid of cells of equal width in all columns over a box, and of growing
// width beyond it.
type Cells struct {
	Box    []Bound // where most rows lie, by column
	Most   int     // cells of which a row may lie in; where there are more, pairs are joined
	Widest int     // divisions of the widest column of the box, a power of two; 0: 1,024
}

// MarshalBinary writes the pass, for those who run it elsewhere.
func (p *Pass) MarshalBinary() ([]byte, error) { return nil, errors.ErrUnsupported }

// UnmarshalBinary reads what MarshalBinary wrote and refuses anything else with
// ErrSource.
func (p *Pass) UnmarshalBinary(data []byte) error { return errors.ErrUnsupported }
