package insight

import "github.com/customer-personality/segmentation/preprocess"

// What the tests look at from outside.
var (
	Assign   = assign
	CohenH   = cohenH
	Jaccards = jaccards
)

func (e *Explainer) Centres() [][]float64 { return e.centres }

// Map is the affine map z = W·x + B of a pipeline.
type Map struct {
	D, Q    int
	W, B    []float64
	Imputed func(row []float64) []float64
}

func NewMap(p *preprocess.FittedPipeline) (*Map, error) {
	a, err := newAffine(p)
	if err != nil {
		return nil, err
	}
	return &Map{a.d, a.q, a.w, a.b, a.imputed}, nil
}
