package preprocess

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// Preparation chooses the steps that make columns of any kind ready for distances,
// by what the columns hold. Its zero value works for columns of numbers.
type Preparation struct {
	// Words are the words of the columns that hold codes of them, as [Encode]
	// returns them. The other columns are numbers.
	Words map[string][]string

	// Unknown is what the encoder does with words that it has not seen: Refuse if
	// not set.
	Unknown UnknownPolicy

	// Skewness is the one above which the logarithm of a column is taken: 0 stands
	// for 1. +Inf takes none.
	Skewness float64

	// PCAAbove is the number of columns, words counting one each, above which
	// principal components are taken: 0 stands for 5, a negative one for never.
	PCAAbove int

	// Variance is the share of the variance that the components keep, up to 1: 0
	// stands for 0.9 (Jolliffe 2002, 6.1.1: 70 to 90 %).
	Variance float64
}

// ChoiceKind is what a [Choice] is about.
type ChoiceKind int

const (
	// ImputeMedian fills the missing numbers of a column with its median.
	ImputeMedian ChoiceKind = iota
	// ImputeMostFrequent fills the missing words of a column with its most
	// frequent one.
	ImputeMostFrequent
	// TakeLog takes ln(1+x) of a column that is skewed and has no negative value.
	TakeLog
	// KeepSkewed leaves a skewed column as it is: it has negative values, or its
	// logarithm is skewed as much.
	KeepSkewed
	// EncodeWords makes a column for each word of a column.
	EncodeWords
	// Standardise brings all columns to mean 0 and deviation 1.
	Standardise
	// TakeComponents takes principal components.
	TakeComponents
	// KeepColumns takes no components, for there are few columns.
	KeepColumns
)

var choiceNames = []string{"impute_median", "impute_most_frequent", "take_log", "keep_skewed", "encode_words", "standardise", "take_components", "keep_columns"}

// String returns the kind's name.
func (k ChoiceKind) String() string { return enumName(choiceNames, int(k), "ChoiceKind") }

// Choice is a step that was chosen, or not, and the figures that decided.
type Choice struct {
	Kind   ChoiceKind
	Column string // empty where it is about all

	Missing    int     // values of the column: ImputeMedian, ImputeMostFrequent
	Skewness   float64 // of the column: TakeLog, KeepSkewed
	LogSkew    float64 // skewness of ln(1+x), NaN where that is not defined: TakeLog, KeepSkewed
	Least      float64 // value of the column: TakeLog, KeepSkewed
	Categories int     // words of the column: EncodeWords
	Columns    int     // in all, words counting one each: TakeComponents, KeepColumns
	Limit      float64 // that Skewness or Columns was held against
	Variance   float64 // share that is kept: TakeComponents
}

// Choose returns the pipeline for the n×d matrix x, n ≥ 1, and why it is that one:
//
//   - missing numbers become the median, missing words the most frequent one;
//   - columns of numbers whose skewness is above 1 become their ln(1+x), where no
//     value is negative and the logarithm is less skewed (those of two values stay,
//     for a logarithm changes nothing but their scale);
//   - words become one column each (see [OneHotEncoder]);
//   - everything is brought to mean 0 and deviation 1;
//   - of more than five columns, the principal components are taken that explain 90 %
//     of the variance.
//
// The steps are named impute, log, encode, scale and pca. Skewness is the third
// standardised moment of the known values, as scipy.stats.skew has it. Choices are
// in the order of the steps and, within one, of the columns. Nothing is fitted.
//
// Errors: [ErrOptions], [ErrNotFinite] for ±Inf, [ErrAllMissing], those of Fit on
// the matrix and names, and that of ctx.
func (t Preparation) Choose(ctx context.Context, x mat.Matrix, columns ...string) (Pipeline, []Choice, error) {
	n, d, names, err := fitInput("preparation", x, columns)
	if err == nil {
		t, err = t.withDefaults(names)
	}
	if err != nil {
		return Pipeline{}, nil, err
	}
	var fill, logs, encode []Choice
	values := make([]float64, 0, n)
	for j, name := range names {
		if values, err = column(ctx, values[:0], x, n, j); err != nil {
			return Pipeline{}, nil, err
		}
		known, err := knownValues(values, name)
		if err != nil {
			return Pipeline{}, nil, err
		}
		words, isWords := t.Words[name]
		kind := ImputeMedian
		if isWords {
			kind = ImputeMostFrequent
			encode = append(encode, Choice{Kind: EncodeWords, Column: name, Categories: len(words)})
		} else if c := t.skewed(name, known); c.Skewness > t.Skewness {
			logs = append(logs, c)
		}
		if missing := n - len(known); missing > 0 {
			fill = append(fill, Choice{Kind: kind, Column: name, Missing: missing})
		}
	}
	last := Choice{Kind: KeepColumns, Columns: d, Limit: float64(t.PCAAbove)}
	if t.PCAAbove >= 0 && d > t.PCAAbove {
		last.Kind, last.Variance = TakeComponents, t.Variance
	}
	choices := slices.Concat(fill, logs, encode, []Choice{{Kind: Standardise}, last})
	return t.pipeline(names, choices), choices, nil
}

// withDefaults returns the options with their defaults, if they can be used.
func (t Preparation) withDefaults(columns []string) (Preparation, error) {
	if t.Unknown != Refuse && t.Unknown != Accept {
		return t, fmt.Errorf("preprocess: preparation: the policy %d is neither Refuse nor Accept: %w", t.Unknown, ErrOptions)
	}
	if !(t.Skewness >= 0) {
		return t, fmt.Errorf("preprocess: preparation: the skewness is %v; want a number above 0, or 0 for 1: %w", t.Skewness, ErrOptions)
	}
	if !(t.Variance >= 0 && t.Variance <= 1) {
		return t, fmt.Errorf("preprocess: preparation: the share of variance is %v and must lie between 0 and 1: %w", t.Variance, ErrOptions)
	}
	if _, err := positions(columns, slices.Sorted(maps.Keys(t.Words))); err != nil {
		return t, fmt.Errorf("preprocess: preparation: words: %w: %w", err, ErrOptions)
	}
	if t.Skewness == 0 {
		t.Skewness = 1
	}
	if t.Variance == 0 {
		t.Variance = 0.9
	}
	if t.PCAAbove == 0 {
		t.PCAAbove = 5
	}
	return t, nil
}

// knownValues returns the values of a column that are not missing, in place.
func knownValues(values []float64, name string) ([]float64, error) {
	for i, v := range values {
		if math.IsInf(v, 0) {
			return nil, &ValueError{"preparation", i, name, v, ErrNotFinite}
		}
	}
	known := slices.DeleteFunc(values, func(v float64) bool { return v != v })
	if len(known) == 0 {
		return nil, fmt.Errorf("preprocess: preparation: column %q has no value in any of %d rows: %w", name, len(values), ErrAllMissing)
	}
	return known, nil
}

// skewed returns the choice on the logarithm of a column, for one that is skewed
// beyond the limit.
func (t Preparation) skewed(name string, values []float64) Choice {
	c := Choice{Kind: KeepSkewed, Column: name, Limit: t.Skewness, LogSkew: math.NaN(), Least: slices.Min(values), Skewness: skewness(values)}
	high := slices.Max(values)
	if !slices.ContainsFunc(values, func(v float64) bool { return v != c.Least && v != high }) {
		c.Skewness = 0 // of two values, which a logarithm only moves
		return c
	}
	if c.Least >= 0 && c.Skewness > t.Skewness {
		logs := make([]float64, len(values))
		for i, v := range values {
			logs[i] = num.Log1p(v)
		}
		if c.LogSkew = skewness(logs); math.Abs(c.LogSkew) < c.Skewness {
			c.Kind = TakeLog
		}
	}
	return c
}

// skewness returns the third standardised moment, Σ(x−x̄)³/n over that of the second
// to the power of 3/2; 0 for a constant.
func skewness(values []float64) float64 {
	low, high := slices.Min(values), slices.Max(values)
	if sameButRounding(low, high) {
		return 0
	}
	m := mean(values)
	half := float64(m / 2)
	power, _ := num.UnitPower(max(float64(high/2)-half, half-float64(low/2)))
	var squares, cubes sum
	for _, v := range values {
		v = float64((float64(v/2) - half) * power)
		squares.add(float64(v * v))
		cubes.add(float64(float64(v*v) * v))
	}
	second := squares.over(len(values))
	return cubes.over(len(values)) / float64(second*math.Sqrt(second))
}

// pipeline returns the pipeline of choices.
func (t Preparation) pipeline(columns []string, choices []Choice) Pipeline {
	var logs []string
	var components Choice
	for _, c := range choices {
		switch c.Kind {
		case TakeLog:
			logs = append(logs, c.Column)
		case TakeComponents:
			components = c
		}
	}
	isWords := func(name string) bool { _, ok := t.Words[name]; return ok }
	words := slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return !isWords(name) })
	numbers := slices.DeleteFunc(slices.Clone(columns), isWords)
	impute := NewStep("impute", Imputer{})
	if len(words) > 0 {
		parts := []Part{{words, NewStep("words", Imputer{Strategy: MostFrequent})}}
		if len(numbers) > 0 {
			parts = append([]Part{{numbers, NewStep("numbers", Imputer{})}}, parts...)
		}
		impute = NewStep("impute", ColumnTransformer{parts})
	}
	steps := []Step{impute}
	if len(logs) > 0 {
		steps = append(steps, NewStep("log", ColumnTransformer{[]Part{{logs, NewStep("log1p", Log1p{})}}}))
	}
	if len(words) > 0 {
		encoder := OneHotEncoder{Unknown: t.Unknown, Words: maps.Clone(t.Words)}
		steps = append(steps, NewStep("encode", ColumnTransformer{[]Part{{words, NewStep("words", encoder)}}}))
	}
	steps = append(steps, NewStep("scale", Scaler{}))
	if components.Kind == TakeComponents {
		steps = append(steps, NewStep("pca", PCA{Variance: components.Variance}))
	}
	return Pipeline{Steps: steps}
}
