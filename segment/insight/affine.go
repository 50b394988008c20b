package insight

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

// affine is a pipeline as one map z = W·u + b to its q columns. u is the row of
// the columns before it, and with a one-hot encoder the row of d indicators that
// the steps of head make of these. A missing value is replaced by its fill first.
type affine struct {
	d, q  int
	w     []float64 // q×d, row by row
	b     []float64 // q
	fill  []float64 // one for each column before the pipeline; nil where missing values are refused
	head  []steps.Step
	tail  []steps.Step // those behind head
	group []int        // the column before the pipeline that each of the d belongs to
}

// newAffine multiplies the steps of a pipeline out. Errors: ErrNotLinear.
func newAffine(p *preprocess.FittedPipeline) (*affine, error) {
	list := steps.Of(p)
	a := &affine{d: len(p.InputColumns()), fill: steps.Fill(list), tail: list}
	hot, at := steps.Encoder(list)
	if hot != nil {
		a.head, a.tail = list[:at+1], list[at+1:]
		for j, values := range hot.Categories() {
			for range values {
				a.group = append(a.group, j)
			}
		}
		a.d = len(a.group)
	} else {
		for j := range a.d {
			a.group = append(a.group, j)
		}
	}
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
			return nil, fmt.Errorf("%s is a %T: %w; only imputers, scalers, PCA and one one-hot encoder before any PCA are", s.Where, s.Fitted, segment.ErrNotLinear)
		}
	}
	return a, nil
}

// inputs returns u of a complete row of the columns.
func (a *affine) inputs(row []float64) ([]float64, error) {
	if a.head == nil {
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
		if v != v && a.fill != nil {
			row[j] = a.fill[j]
		}
	}
	return row
}

// column returns column j of W: what one unit of u[j] adds to the row behind the pipeline.
func (a *affine) column(j int) []float64 {
	out := make([]float64, a.q)
	for i := range out {
		out[i] = a.w[i*a.d+j]
	}
	return out
}
