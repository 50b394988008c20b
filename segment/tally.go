package segment

import (
	"errors"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// Tally is what some of the rows answer to a Pass. Tallies of parts merge to the bits of
// the tally of the whole, in any order and grouping.
type Tally struct {
	pass *Pass
	rows int
}

// NewTally returns the tally of no rows.
func NewTally(p *Pass) (*Tally, error) { return nil, errors.ErrUnsupported }

// Add adds whole raw rows, row by row. NaN is a missing value.
func (t *Tally) Add(rows []float64) error { return errors.ErrUnsupported }

// Merge adds the rows of o, a tally of the same pass.
func (t *Tally) Merge(o *Tally) error { return errors.ErrUnsupported }

// Rows returns the number of rows.
func (t *Tally) Rows() int { return t.rows }

// Digest returns a checksum of the raw rows that does not depend on their order: that of
// other rows is another.
func (t *Tally) Digest() [16]byte { return [16]byte{} }

// Extent returns how far the columns behind the pipeline reach; zero where the pass does
// not ask for it.
func (t *Tally) Extent() preprocess.Extent { return preprocess.Extent{} }

// RawExtent returns how far the raw columns reach; zero where the pass does not ask for
// Extent.
func (t *Tally) RawExtent() preprocess.Extent { return preprocess.Extent{} }

// Cut is what lies in a cell between two cuts.
type Cut struct {
	Count           int     // of the values
	Least, Greatest float64 // of them; +Inf and −Inf where there are none
}

// Cuts returns for each column its cells in order, one more than there are cuts.
func (t *Tally) Cuts() [][]Cut { return nil }

// Moments returns the sums of the columns; zero where the pass does not ask for them.
func (t *Tally) Moments() preprocess.Moments { return preprocess.Moments{} }

// Statistics returns the sufficient statistics of each set of centroids.
func (t *Tally) Statistics() []SufficientStatistics { return nil }

// Clusters returns the sums of the raw columns by the nearest of the first centroids.
func (t *Tally) Clusters() ClusterSums { return ClusterSums{} }

// Sample returns different rows and how often each is there.
func (t *Tally) Sample() (x *mat.Dense, counts []int) { return nil, nil }

// Cells returns the means of the cells in which rows lie, and their numbers.
func (t *Tally) Cells() (x *mat.Dense, weights []float64) { return nil, nil }

// MarshalBinary writes the tally.
func (t *Tally) MarshalBinary() ([]byte, error) { return nil, errors.ErrUnsupported }

// UnmarshalBinary reads what MarshalBinary wrote of a tally of the same pass into one
// that NewTally made.
func (t *Tally) UnmarshalBinary(data []byte) error { return errors.ErrUnsupported }
