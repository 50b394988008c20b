package insight

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
)

// PlaneKind is what the axes of a Plane are.
type PlaneKind string

// The kinds of planes.
const (
	PlaneModel      PlaneKind = "model"      // the first components that the model itself takes
	PlaneComponents PlaneKind = "components" // components of what the model takes, which has none itself
	PlaneColumns    PlaneKind = "columns"    // the one or two columns that the model takes
)

// A Plane is the rows that a model clusters in two dimensions, as a map shows them.
type Plane struct {
	Kind PlaneKind
	// X is the n×2 matrix of the positions, each row a customer; n×1 where the model
	// takes one column alone.
	X *mat.Dense
	// Axes are what its columns are.
	Axes []PlaneAxis
}

// A PlaneAxis says what a dimension of a Plane is made of.
type PlaneAxis struct {
	// Columns are those that the component is mostly made of, the strongest first: the
	// fewest, but at most three, whose squared weights are 60 per cent of all.
	Columns []string
	// Weights are theirs in the component, a vector of length 1; below 0 where the
	// component falls as the column rises.
	Weights []float64
	// Share is that of the component in the variance, from 0 to 1; 0 for a column.
	Share float64
}

// What a component is mostly made of.
const (
	mostlyShare   = 0.6
	mostlyColumns = 3
)

// PlaneOf returns the plane of rows z behind the pipeline of a model, n×d: its first two
// principal components (Jolliffe 2002, Principal Component Analysis,
// https://doi.org/10.1007/b98835) where it takes such, or else two of z, which are
// computed here; with one column or two these themselves. Errors: ErrNotModel, ErrEmpty
// for no rows, ErrWidth, those of [preprocess.PCA.Fit], and that of ctx.
func PlaneOf(ctx context.Context, m *segment.Model, z *mat.Dense) (*Plane, error) {
	if err := trained(m); err != nil {
		return nil, err
	}
	names := m.Pipeline().OutputColumns()
	n, d := num.Dims(z)
	switch {
	case n == 0:
		return nil, fmt.Errorf("%w: there are no rows to place", segment.ErrEmpty)
	case d != len(names):
		return nil, fmt.Errorf("%w: the rows have %d columns, the pipeline makes %d", segment.ErrWidth, d, len(names))
	}
	var pca *preprocess.FittedPCA
	for _, step := range m.Pipeline().Steps() {
		// What follows may scale the components, but makes no other columns of them.
		if f, ok := step.(*preprocess.FittedPCA); ok && slices.Equal(f.OutputColumns(), names) {
			pca = f
		}
	}
	width := min(d, 2)
	p := &Plane{Kind: PlaneModel, X: mat.DenseCopyOf(z.Slice(0, n, 0, width))}
	if pca == nil && (d <= 2 || n < 2) {
		p.Kind = PlaneColumns
		for _, name := range names[:width] {
			p.Axes = append(p.Axes, PlaneAxis{Columns: []string{name}, Weights: []float64{1}})
		}
		return p, nil
	}
	if pca == nil {
		var err error
		if pca, p.X, err = (preprocess.PCA{Components: 2}).FitTransform(ctx, z, names...); err != nil {
			return nil, err
		}
		p.Kind = PlaneComponents
	}
	for i := range width {
		p.Axes = append(p.Axes, axisOf(pca.InputColumns(), pca.Components().RawRowView(i), pca.ExplainedVarianceRatio()[i]))
	}
	return p, nil
}

// axisOf says what a component is mostly made of.
func axisOf(columns []string, weights []float64, share float64) PlaneAxis {
	order, all := make([]int, len(columns)), 0.0
	for j, w := range weights {
		order[j] = j
		all += float64(w * w)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(weights[b]), math.Abs(weights[a])) })
	out, sum := PlaneAxis{Share: share}, 0.0
	for _, j := range order[:min(mostlyColumns, len(order))] {
		if sum >= mostlyShare*all && len(out.Columns) > 0 {
			break
		}
		out.Columns, out.Weights = append(out.Columns, columns[j]), append(out.Weights, weights[j])
		sum += float64(weights[j] * weights[j])
	}
	return out
}
