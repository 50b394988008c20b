package narrate

import (
	"strconv"

	"github.com/customer-personality/segmentation/preprocess"
)

// Preparation returns what was chosen to prepare columns, and why, as sentences
// without full stops, in the order of the choices.
func (v Voice) Preparation(choices []preprocess.Choice) []string {
	out := make([]string, len(choices))
	for i, c := range choices {
		out[i] = v.chosen(c)
	}
	return out
}

// chosen returns the sentence on one choice.
func (v Voice) chosen(c preprocess.Choice) string {
	noun, skewness := v.Noun(c.Column), v.Number(c.Skewness, 1)
	key := "prepare." + c.Kind.String()
	switch c.Kind {
	case preprocess.ImputeMedian, preprocess.ImputeMostFrequent:
		return v.Count(key, c.Missing, noun, v.N(c.Missing))
	case preprocess.TakeLog:
		return v.T(key, noun, skewness, v.Number(c.LogSkew, 1))
	case preprocess.KeepSkewed:
		if c.Least < 0 {
			key += ".negative"
		}
		return v.T(key, noun, skewness)
	case preprocess.EncodeWords:
		return v.T(key, noun, strconv.Itoa(c.Categories))
	case preprocess.TakeComponents:
		return v.T(key, v.N(c.Columns), v.Number(c.Limit, 0), v.Percent(c.Variance, 0))
	case preprocess.KeepColumns:
		if c.Limit < 0 {
			return v.T(key + ".never")
		}
		return v.T(key, v.N(c.Columns), v.Number(c.Limit, 0))
	}
	return v.T(key)
}
