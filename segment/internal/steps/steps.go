// Package steps looks into fitted pipelines.
package steps

import (
	"fmt"

	"github.com/customer-personality/segmentation/preprocess"
)

// A Step is a step of a pipeline, or of one that lies in it.
type Step struct {
	Where  string // for errors: step "outer": step "inner"
	Fitted preprocess.Fitted
}

// Of returns the steps of a pipeline and of those that lie in it, in order.
func Of(p *preprocess.FittedPipeline) (steps []Step) {
	for name, s := range p.Steps() {
		where := fmt.Sprintf("step %q", name)
		inner, ok := s.(*preprocess.FittedPipeline)
		if !ok {
			steps = append(steps, Step{where, s})
			continue
		}
		for _, s := range Of(inner) {
			steps = append(steps, Step{where + ": " + s.Where, s.Fitted})
		}
	}
	return steps
}

// Encoder returns the one-hot encoder that columns reach one by one: at
// steps[at], behind imputers and scalers alone. at is −1 where there is none.
func Encoder(steps []Step) (hot *preprocess.FittedOneHotEncoder, at int) {
	for i, s := range steps {
		switch f := s.Fitted.(type) {
		case *preprocess.FittedImputer, *preprocess.FittedScaler:
		case *preprocess.FittedOneHotEncoder:
			return f, i
		default:
			return nil, -1
		}
	}
	return nil, -1
}

// Fill returns what missing values are imputed with; nil where they are
// refused.
func Fill(steps []Step) []float64 {
	if len(steps) > 0 {
		if imputer, ok := steps[0].Fitted.(*preprocess.FittedImputer); ok {
			return imputer.Statistics()
		}
	}
	return nil
}
