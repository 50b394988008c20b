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
