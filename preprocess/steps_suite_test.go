package preprocess_test

import (
	"fmt"

	"github.com/customer-personality/segmentation/preprocess"
)

// suiteWords are words for the codes that subjects with codes are fitted on.
var suiteWords = func() map[string][]string {
	words := map[string][]string{}
	for j, name := range suiteColumns {
		for code := range j + 2 {
			words[name] = append(words[name], fmt.Sprint("word ", code))
		}
	}
	return words
}()

// stepSubjects returns the transformers for skewed columns and words, and those of
// some columns.
func stepSubjects() []subject {
	all := []subject{subjectOf("log1p", preprocess.Log1p{}).with(func(s *subject) { s.amounts = true })}
	for _, d := range []preprocess.Distribution{preprocess.Uniform, preprocess.Normal} {
		for _, q := range []int{0, 50} {
			all = append(all, subjectOf(fmt.Sprint("quantile transformer ", d, q), preprocess.QuantileTransformer{Output: d, Quantiles: q}).with(func(s *subject) {
				s.lossy = true // between 50 quantiles a line is drawn there and back, but the ends are cut
			}))
		}
	}
	for _, unscaled := range []bool{false, true} {
		all = append(all, subjectOf(fmt.Sprint("power transformer ", unscaled), preprocess.PowerTransformer{Unscaled: unscaled}).with(func(s *subject) { s.inexact = true }))
	}
	for _, u := range []preprocess.UnknownPolicy{preprocess.Refuse, preprocess.Accept} {
		all = append(all, subjectOf("one-hot encoder of words "+u.String(), preprocess.OneHotEncoder{Unknown: u, Words: suiteWords}).with(func(s *subject) { s.codes, s.named = true, true }))
	}
	parts := func(list ...preprocess.Part) preprocess.ColumnTransformer {
		return preprocess.ColumnTransformer{Parts: list}
	}
	scale := preprocess.Part{Columns: []string{"income", "age"}, Step: preprocess.NewStep("scale", preprocess.Scaler{})}
	log := preprocess.Part{Columns: []string{"spent"}, Step: preprocess.NewStep("log", preprocess.Log1p{})}
	double := preprocess.Part{Columns: []string{"children", "tenure"}, Step: preprocess.NewStep("double", doubler{})}
	hot := preprocess.Part{Columns: []string{"children"}, Step: preprocess.NewStep("hot", preprocess.OneHotEncoder{Words: map[string][]string{"children": suiteWords["children"]}})}
	some := parts(scale, log)
	foreign := parts(double, log)
	whole := parts(double, log, scale)
	chain := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("some", &some),
		preprocess.NewStep("project", preprocess.PCA{}),
	}}
	imputed := preprocess.Pipeline{Steps: []preprocess.Step{
		preprocess.NewStep("impute", preprocess.Imputer{}),
		preprocess.NewStep("parts", parts(preprocess.Part{Columns: suiteColumns[1:4], Step: preprocess.NewStep("inner", preprocess.Pipeline{Steps: []preprocess.Step{
			preprocess.NewStep("power", preprocess.PowerTransformer{}),
			preprocess.NewStep("project", preprocess.PCA{}),
		}})})),
	}}
	return append(all,
		subjectOf("column transformer", some).with(func(s *subject) { s.named, s.amounts, s.inexact = true, true, true }),
		subjectOf("column transformer with a foreign step", foreign).with(func(s *subject) { s.named, s.amounts, s.inexact = true, true, true }),
		subjectOf("column transformer with a foreign step, all columns taken", whole).with(func(s *subject) { s.named, s.amounts, s.inexact = true, true, true }),
		subjectOf("column transformer of words", parts(hot)).with(func(s *subject) { s.named, s.codes = true, true }),
		subjectOf("pipeline of a column transformer", chain).with(func(s *subject) { s.named, s.amounts, s.inexact = true, true, true }),
		subjectOf("pipeline of a foreign column transformer", preprocess.Pipeline{Steps: []preprocess.Step{preprocess.NewStep("foreign", foreign)}}).with(func(s *subject) {
			s.named, s.amounts, s.inexact = true, true, true
		}),
		subjectOf("column transformer of a pipeline", imputed).with(func(s *subject) { s.named, s.missing, s.lossy, s.inexact = true, true, true, true }),
	)
}
