package segment

import (
	"errors"
	"fmt"
	"slices"

	"github.com/customer-personality/segmentation/preprocess"
)

// ErrNotLinear means a pipeline with a step that is no imputer, scaler, PCA or
// pipeline of these, so that a row behind it is no linear function of the row
// before it.
var ErrNotLinear = errors.New("segment: the pipeline is not linear")

// affine is a pipeline as one map z = W·x + b of the d columns before it to
// the q behind it. A missing value is replaced by its fill first.
type affine struct {
	d, q int
	w    []float64 // q×d, row by row
	b    []float64 // q
	fill []float64 // d; nil where missing values are refused
}

// affine is the pipeline of the model as one map. Errors: ErrNotLinear,
// ErrNotModel for a model that was never trained.
func (m *Model) affine() (*affine, error) {
	if err := m.trained(); err != nil {
		return nil, err
	}
	return newAffine(m.pipeline)
}

func (m *Model) trained() error {
	if m == nil || len(m.tiers) == 0 {
		return errNotTrained
	}
	return nil
}

// newAffine multiplies the steps of a pipeline out. Errors: ErrNotLinear.
func newAffine(p *preprocess.FittedPipeline) (*affine, error) {
	d := len(p.InputColumns())
	a := &affine{d: d, q: d, w: make([]float64, d*d), b: make([]float64, d)}
	for j := range d {
		a.w[j*d+j] = 1
	}
	first := true
	if err := a.follow(p, &first); err != nil {
		return nil, err
	}
	return a, nil
}

// follow puts the steps of p behind a. first tells whether a step is the very
// first, the only one that can meet a missing value.
func (a *affine) follow(p *preprocess.FittedPipeline, first *bool) error {
	for name, step := range p.Steps() {
		switch s := step.(type) {
		case *preprocess.FittedPipeline:
			if err := a.follow(s, first); err != nil {
				return fmt.Errorf("step %q: %w", name, err)
			}
		case *preprocess.FittedImputer:
			if *first {
				a.fill = s.Statistics()
			}
		case *preprocess.FittedScaler:
			center, scale := s.Center(), s.Scale()
			for i := range a.q {
				for j := range a.d {
					a.w[i*a.d+j] /= scale[i]
				}
				a.b[i] = (a.b[i] - center[i]) / scale[i]
			}
		case *preprocess.FittedPCA:
			a.project(s)
		default:
			return fmt.Errorf("step %q is a %T: %w; only imputers, scalers and PCA are", name, step, ErrNotLinear)
		}
		*first = false
	}
	return nil
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

// imputed gives a copy of a row with the missing values filled in.
func (a *affine) imputed(row []float64) []float64 {
	row = slices.Clone(row)
	for j, v := range row {
		if v != v && a.fill != nil {
			row[j] = a.fill[j]
		}
	}
	return row
}

// column gives what one unit of column j adds to the row behind the pipeline.
func (a *affine) column(j int) []float64 {
	out := make([]float64, a.q)
	for i := range out {
		out[i] = a.w[i*a.d+j]
	}
	return out
}
