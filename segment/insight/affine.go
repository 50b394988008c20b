package insight

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

// affine is a pipeline as one map z = W·u + b to its q columns. u is the row of
// the columns before it or, where there are steps of head, the row of d values that
// these make of the columns, each of one column alone: indicators of categories, a
// logarithm. A missing value is replaced by its fill first.
type affine struct {
	d, q  int
	w     []float64    // q×d, row by row
	b     []float64    // q
	paths []steps.Path // of the columns before the pipeline
	head  []steps.Step
	tail  []steps.Step // those behind head
	group []int        // the column before the pipeline that each of the d belongs to
}

// newAffine multiplies the steps of a pipeline out. Errors: ErrNotLinear.
func newAffine(p *preprocess.FittedPipeline) (*affine, error) {
	split := steps.SplitOf(p)
	a := &affine{d: len(split.Group), paths: split.Paths, head: split.Head, tail: split.Tail, group: split.Group}
	a.q, a.w, a.b = a.d, make([]float64, a.d*a.d), make([]float64, a.d)
	for j := range a.d {
		a.w[j*a.d+j] = 1
	}
	for _, s := range a.tail {
		switch f := s.Fitted.(type) {
		case *preprocess.FittedImputer: // behind the first step nothing is missing
		case *preprocess.FittedScaler:
			center, scale := f.Center(), f.Scale()
			for i := range a.q {
				for j := range a.d {
					a.w[i*a.d+j] /= scale[i]
				}
				a.b[i] = (a.b[i] - center[i]) / scale[i]
			}
		case *preprocess.FittedPCA:
			a.project(f)
		default:
			return nil, fmt.Errorf("%s is a %T: %w; only imputers, scalers and PCA are, and steps on each column alone before any PCA", s.Where, s.Fitted, segment.ErrNotLinear)
		}
	}
	return a, nil
}

// inputs returns u of a complete row of the columns.
func (a *affine) inputs(row []float64) ([]float64, error) {
	if len(a.head) == 0 {
		return row, nil
	}
	u, err := through(a.head, mat.NewDense(1, len(row), slices.Clone(row)))
	if err != nil {
		return nil, err
	}
	return u.RawRowView(0), nil
}

// through runs rows through steps.
func through(list []steps.Step, x *mat.Dense) (*mat.Dense, error) {
	for _, s := range list {
		var err error
		if x, err = s.Fitted.Transform(context.Background(), x); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Where, err)
		}
	}
	return x, nil
}

// back runs rows through the inverses of steps, the last first.
func back(list []steps.Step, z *mat.Dense) (*mat.Dense, error) {
	for _, s := range slices.Backward(list) {
		var err error
		if z, err = s.Fitted.(preprocess.Inverter).InverseTransform(context.Background(), z); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Where, err)
		}
	}
	return z, nil
}

func (a *affine) project(s *preprocess.FittedPCA) {
	components, mean := s.Components(), s.Mean()
	q, _ := components.Dims()
	w, b := make([]float64, q*a.d), make([]float64, q)
	for k := range q {
		for i, c := range components.RawRowView(k) {
			for j := range a.d {
				w[k*a.d+j] += float64(c * a.w[i*a.d+j])
			}
			b[k] += float64(c * (a.b[i] - mean[i]))
		}
	}
	a.q, a.w, a.b = q, w, b
}

// imputed returns a copy of a row with the missing values filled in.
func (a *affine) imputed(row []float64) []float64 {
	row = slices.Clone(row)
	for j, v := range row {
		if v != v {
			row[j] = a.paths[j].Fill
		}
	}
	return row
}

// column returns column l of W: what one unit of u[l] adds to the row behind the pipeline.
func (a *affine) column(l int) []float64 {
	out := make([]float64, a.q)
	for i := range out {
		out[i] = a.w[i*a.d+l]
	}
	return out
}

// raw returns the value of a column of numbers of which head makes v in the place l
// of u, whose other places hold values that head gives; NaN where there is none.
func (a *affine) raw(u []float64, l int, v float64) float64 {
	if len(a.head) == 0 {
		return v
	}
	row := slices.Clone(u)
	row[l] = v
	x, err := back(a.head, mat.NewDense(1, len(row), row))
	if err != nil {
		return math.NaN()
	}
	return x.At(0, a.group[l])
}
