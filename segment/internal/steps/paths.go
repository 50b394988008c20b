package steps

import (
	"math"
	"slices"

	"github.com/customer-personality/segmentation/preprocess"
)

// A Path is the way of one column of a pipeline as long as it is on its own.
type Path struct {
	// Column is its position among the columns of the pipeline.
	Column int
	// Fill is what the first step puts in the place of a missing value; NaN where
	// missing values are refused.
	Fill float64
	// Categories are those of the one-hot encoder that the column reaches behind
	// imputers and scalers alone, Words the words that these codes stand for; nil
	// where it reaches none, or one of numbers.
	Categories []float64
	Words      []string
	// Scaled is whether a scaler lies before the encoder, so that Categories are
	// not those of the column.
	Scaled bool
	// Curved is whether a logarithm, quantile or power transformer takes the column.
	Curved bool

	begun bool
}

// Split is a pipeline in two: the steps in which each column is on its own, and
// those behind them.
type Split struct {
	Paths []Path // of the columns
	// Head ends with the last step that is neither imputer nor scaler, of those up to
	// which every column is on its own; without such a step it is empty.
	Head, Tail []Step
	// Group is, for each column that Head gives, the column of the pipeline that it
	// is made of.
	Group []int
}

// lane is one column between two steps: of the path that it is on, the column
// itself (alone) or one of several that were made of it. No path stands for
// what several columns were mixed to.
type lane struct {
	*Path
	alone bool
}

// SplitOf follows the columns of a pipeline through its steps.
func SplitOf(p *preprocess.FittedPipeline) Split {
	list := Of(p)
	s := Split{Paths: make([]Path, len(p.InputColumns())), Tail: list}
	lanes := make([]lane, len(s.Paths))
	for j := range lanes {
		s.Paths[j] = Path{Column: j, Fill: math.NaN()}
		lanes[j], s.Group = lane{&s.Paths[j], true}, append(s.Group, j)
	}
	apart := true
	for i, step := range list {
		lanes = through(step.Fitted, lanes)
		apart = apart && !slices.ContainsFunc(lanes, func(l lane) bool { return l.Path == nil })
		switch step.Fitted.(type) {
		case *preprocess.FittedImputer, *preprocess.FittedScaler:
			continue
		}
		if apart {
			s.Head, s.Tail, s.Group = list[:i+1], list[i+1:], nil
			for _, l := range lanes {
				s.Group = append(s.Group, l.Column)
			}
		}
	}
	return s
}

// through returns the lanes behind a step, and notes on their paths what it does.
func through(step preprocess.Fitted, in []lane) []lane {
	switch f := step.(type) {
	case *preprocess.FittedImputer:
		statistics := f.Statistics()
		note(in, func(j int, p *Path) {
			if !p.begun {
				p.Fill = statistics[j]
			}
		})
		return in
	case *preprocess.FittedScaler:
		note(in, func(_ int, p *Path) { p.Scaled = true })
		return in
	case *preprocess.FittedLog1p, *preprocess.FittedQuantileTransformer, *preprocess.FittedPowerTransformer:
		note(in, func(_ int, p *Path) { p.Curved = true })
		return in
	case *preprocess.FittedOneHotEncoder:
		return encoded(f, in)
	case *preprocess.FittedColumnTransformer:
		return parted(f, in)
	case *preprocess.FittedPipeline:
		for _, s := range f.Steps() {
			in = through(s, in)
		}
		return in
	}
	return make([]lane, len(step.OutputColumns()))
}

// note calls f for the columns that are still themselves.
func note(lanes []lane, f func(j int, p *Path)) {
	for j, l := range lanes {
		if l.Path != nil && l.alone {
			f(j, l.Path)
			l.begun = true
		}
	}
}

func encoded(f *preprocess.FittedOneHotEncoder, in []lane) []lane {
	categories, words, columns := f.Categories(), f.Words(), f.InputColumns()
	note(in, func(j int, p *Path) {
		if !p.Curved {
			p.Categories, p.Words = categories[j], words[columns[j]]
		}
	})
	var out []lane
	for j, values := range categories {
		out = append(out, slices.Repeat([]lane{{in[j].Path, false}}, len(values))...)
	}
	return out
}

// parted leads lanes through the parts of a column transformer; behind them are
// those that are in none, in which missing values are refused.
func parted(f *preprocess.FittedColumnTransformer, in []lane) []lane {
	at := map[string]int{}
	for j, name := range f.InputColumns() {
		at[name] = j
	}
	var out []lane
	taken := make([]bool, len(in))
	for _, part := range f.Parts() {
		var some []lane
		for _, name := range part.InputColumns() {
			taken[at[name]] = true
			some = append(some, in[at[name]])
		}
		out = append(out, through(part, some)...)
	}
	rest := len(out)
	for j, l := range in {
		if !taken[j] {
			out = append(out, l)
		}
	}
	note(out[rest:], func(int, *Path) {})
	return out
}
