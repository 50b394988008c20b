package preprocess

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
)

// UnknownPolicy is what an encoder, here or in package features, does with a
// category that it has not seen in fitting.
type UnknownPolicy int

const (
	// Refuse returns an error that names the category ([ErrUnknownCategory]).
	Refuse UnknownPolicy = iota
	// Accept encodes the category with a code of its own: see the encoder.
	Accept
)

var policyNames = []string{"refuse", "accept"}

// String returns the policy's name.
func (p UnknownPolicy) String() string { return enumName(policyNames, int(p), "UnknownPolicy") }

// OneHotEncoder replaces each column of category codes by one column of 0 and 1
// for each of its distinct values, in ascending order: column education with
// the codes 0 and 2 becomes education=0 and education=2, or education=Graduate and
// education=PhD where Words says so. It equals scikit-learn's OneHotEncoder with
// dense output. Codes of words come from [Encode].
type OneHotEncoder struct {
	// Unknown is Refuse if not set. With Accept, an unseen code becomes 0 in all
	// columns that its column became.
	Unknown UnknownPolicy

	// Words are the words that the codes of a column stand for, by the name of the
	// column: code i is Words[column][i], in ascending order of their bytes, as
	// [Encode] returns them. The column then has all of them for
	// categories (scikit-learn's parameter of that name), and of other codes only
	// −1 is taken, for an unseen word under Accept. A column that is not in Words
	// has numbers for categories.
	Words map[string][]string

	// MaxCategories is the most that one column may have; more are an error.
	// 0 means 1000.
	MaxCategories int
}

// Fit finds the categories of each column of the n×d matrix x, n ≥ 1.
func (t OneHotEncoder) Fit(ctx context.Context, x mat.Matrix, columns ...string) (*FittedOneHotEncoder, error) {
	if t.Unknown != Refuse && t.Unknown != Accept {
		return nil, fmt.Errorf("preprocess: one-hot encoder: the policy %d is neither Refuse nor Accept: %w", t.Unknown, ErrOptions)
	}
	if t.MaxCategories < 0 {
		return nil, fmt.Errorf("preprocess: one-hot encoder: at most %d categories; 0 stands for 1000: %w", t.MaxCategories, ErrOptions)
	}
	limit := cmp.Or(t.MaxCategories, 1000)
	n, d, names, err := fitInput("one-hot encoder", x, columns)
	if err != nil {
		return nil, err
	}
	f := &FittedOneHotEncoder{policy: t.Unknown, columns: names, categories: make([][]float64, d)}
	if err := f.setWords(t.Words, limit); err != nil {
		return nil, fmt.Errorf("preprocess: one-hot encoder: %w: %w", err, ErrOptions)
	}
	err = scan(ctx, x, n, d, d, func(b block, first int) error {
		for i := range b.n {
			for j, v := range b.row(i) {
				if err := f.see(first+i, j, v, limit); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := f.nameOutputs(); err != nil {
		return nil, fmt.Errorf("preprocess: one-hot encoder: %w", err)
	}
	return f, nil
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t OneHotEncoder) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedOneHotEncoder, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

// setWords makes the words of columns their categories.
func (f *FittedOneHotEncoder) setWords(words map[string][]string, limit int) error {
	for _, column := range slices.Sorted(maps.Keys(words)) {
		j := slices.Index(f.columns, column)
		list := words[column]
		switch {
		case j < 0:
			return fmt.Errorf("there are words for %q, and the columns are %s", column, someOf(f.columns))
		case len(list) == 0 || len(list) > limit:
			return fmt.Errorf("column %q has %d words; it needs 1 to %d", column, len(list), limit)
		}
		for i, word := range list {
			if !utf8.ValidString(word) || word == "" || i > 0 && word <= list[i-1] {
				return fmt.Errorf("column %q has the word %q in place %d (counted from 0); words must ascend and be valid UTF-8, and none may be empty", column, word, i)
			}
		}
		if f.words == nil {
			f.words = make([][]string, len(f.columns))
		}
		f.words[j] = slices.Clone(list)
		f.categories[j] = make([]float64, len(list))
		for code := range list {
			f.categories[j][code] = float64(code)
		}
	}
	return nil
}

// see takes the code of a row for a category of column j.
func (f *FittedOneHotEncoder) see(row, j int, v float64, limit int) error {
	if !num.Finite(v) {
		return &ValueError{"one-hot encoder", row, f.columns[j], v, ErrNotFinite}
	}
	at, found := slices.BinarySearch(f.categories[j], v)
	switch {
	case found:
		return nil
	case f.isWords(j):
		return f.unknown(row, j, v)
	case len(f.categories[j]) == limit:
		return fmt.Errorf("preprocess: one-hot encoder: column %q has more than %d distinct values; leave it out or raise MaxCategories: %w", f.columns[j], limit, ErrOptions)
	}
	f.categories[j] = slices.Insert(f.categories[j], at, v+0) // −0 is 0
	return nil
}

// unknownCode is the code of a word that was not seen in fitting.
const unknownCode = -1

// unknown returns the error on a code that is no category of column j, or nil
// where it is accepted.
func (f *FittedOneHotEncoder) unknown(row, j int, v float64) error {
	switch {
	case !num.Finite(v):
		return &ValueError{"one-hot encoder", row, f.columns[j], v, ErrNotFinite}
	case f.policy == Refuse || f.isWords(j) && v != unknownCode:
		return &ValueError{"one-hot encoder", row, f.columns[j], v, ErrUnknownCategory}
	}
	return nil
}

func (f *FittedOneHotEncoder) isWords(j int) bool { return f.words != nil && f.words[j] != nil }

// nameOutputs names one output for each category.
func (f *FittedOneHotEncoder) nameOutputs() error {
	for j, values := range f.categories {
		for i, v := range values {
			name := strconv.FormatFloat(v, 'g', -1, 64)
			if f.isWords(j) {
				name = f.words[j][i]
			}
			f.outputs = append(f.outputs, f.columns[j]+"="+name)
		}
	}
	return checkNames(f.outputs)
}

// FittedOneHotEncoder is a [OneHotEncoder] that knows the categories.
type FittedOneHotEncoder struct {
	policy           UnknownPolicy
	columns, outputs []string
	categories       [][]float64
	words            [][]string // by column, nil for one of numbers; nil where all are
}

// Words returns the words of each column that has some, in the order of their
// codes; nil where no column has.
func (f *FittedOneHotEncoder) Words() map[string][]string {
	var all map[string][]string
	for j, list := range orZero(f).words {
		if list == nil {
			continue
		}
		if all == nil {
			all = map[string][]string{}
		}
		all[f.columns[j]] = slices.Clone(list)
	}
	return all
}

// Categories returns the codes of each column, ascending.
func (f *FittedOneHotEncoder) Categories() [][]float64 {
	var all [][]float64
	for _, values := range orZero(f).categories {
		all = append(all, slices.Clone(values))
	}
	return all
}

// Unknown returns the policy fitted with.
func (f *FittedOneHotEncoder) Unknown() UnknownPolicy { return orZero(f).policy }

// InputColumns returns the names of the columns fitted on.
func (f *FittedOneHotEncoder) InputColumns() []string { return slices.Clone(orZero(f).columns) }

// OutputColumns returns column=code for each column and each of its codes.
func (f *FittedOneHotEncoder) OutputColumns() []string { return slices.Clone(orZero(f).outputs) }

// Transform returns 1 where a row has the category and 0 elsewhere.
func (f *FittedOneHotEncoder) Transform(ctx context.Context, x mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.TransformTo, x)
}

// TransformTo transforms x into dst; dst may be x where the widths are equal.
func (f *FittedOneHotEncoder) TransformTo(ctx context.Context, dst *mat.Dense, x mat.Matrix) error {
	return transform(ctx, "one-hot encoder", orZero(f).kernels()[0], orZero(f).columns, dst, x)
}

// InverseTransform returns for each row and column the code of the largest of its
// indicators, the first of equal ones. Where none is above 0, the category was
// unknown, and that is an error ([ErrUnknownCategory]).
func (f *FittedOneHotEncoder) InverseTransform(ctx context.Context, z mat.Matrix) (*mat.Dense, error) {
	return fresh(ctx, f.InverseTransformTo, z)
}

// InverseTransformTo maps z back into dst; dst may be z where the widths are
// equal.
func (f *FittedOneHotEncoder) InverseTransformTo(ctx context.Context, dst *mat.Dense, z mat.Matrix) error {
	return transform(ctx, "one-hot encoder", orZero(f).kernels()[1], orZero(f).outputs, dst, z)
}

// kernels returns the kernels there and back.
func (f *FittedOneHotEncoder) kernels() [2]kernel {
	d, k := len(f.columns), len(f.outputs)
	return [2]kernel{{d, k, k, f.apply}, {k, d, k, f.invert}}
}

// apply writes only to the right of what it has still to read, so that dst may
// be src.
func (f *FittedOneHotEncoder) apply(dst, src block, first int) error {
	for i := range src.n {
		to := dst.row(i)
		for j, v := range src.row(i) {
			group := to[:len(f.categories[j])]
			to = to[len(group):]
			at, found := slices.BinarySearch(f.categories[j], v)
			clear(group)
			if found {
				group[at] = 1
			} else if err := f.unknown(first+i, j, v); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *FittedOneHotEncoder) invert(dst, src block, first int) error {
	for i := range src.n {
		to, from := dst.row(i), src.row(i)
		at := 0
		for j, codes := range f.categories {
			best := -1
			largest := 0.0
			for c := range codes {
				v := from[at+c]
				if !num.Finite(v) {
					return &ValueError{"one-hot encoder (inverse)", first + i, f.outputs[at+c], v, ErrNotFinite}
				}
				if v > largest {
					best, largest = c, v
				}
			}
			if best < 0 {
				return &ValueError{"one-hot encoder (inverse)", first + i, f.columns[j], 0, ErrUnknownCategory}
			}
			at += len(codes)
			to[j] = codes[best]
		}
	}
	return nil
}

type oneHotJSON struct {
	header
	Columns    []string `json:"columns"`
	Unknown    string   `json:"unknown"`
	Categories []floats `json:"categories"`
	// Words makes the version 2.
	Words map[string][]string `json:"words,omitempty"`
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedOneHotEncoder) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	j := oneHotJSON{header{"one_hot_encoder", 1}, g.columns, g.policy.String(), nil, g.Words()}
	if j.Words != nil {
		j.Version = 2
	}
	for _, values := range g.categories {
		j.Categories = append(j.Categories, values)
	}
	return marshal("one-hot encoder", len(g.columns) > 0, j)
}

// UnmarshalJSON reads what MarshalJSON wrote and refuses anything else with
// ErrFormat. Nobody else may be using f.
func (f *FittedOneHotEncoder) UnmarshalJSON(data []byte) error {
	var j oneHotJSON
	if err := decodeStrict(data, "one_hot_encoder", &j.header, &j); err != nil {
		return err
	}
	policy, err := enumOf("one_hot_encoder", "policy", policyNames, j.Unknown)
	if err != nil {
		return err
	}
	if err := checkColumns("one_hot_encoder", j.Columns); err != nil {
		return err
	}
	if len(j.Categories) != len(j.Columns) {
		return malformed("one_hot_encoder", "%d columns, but categories of %d", len(j.Columns), len(j.Categories))
	}
	categories := make([][]float64, len(j.Categories))
	for i, values := range j.Categories {
		if len(values) == 0 || !allFinite(values) {
			return malformed("one_hot_encoder", "column %q has no categories, or some that are not finite", j.Columns[i])
		}
		for k := 1; k < len(values); k++ {
			if values[k] <= values[k-1] {
				return malformed("one_hot_encoder", "the categories of column %q do not ascend", j.Columns[i])
			}
		}
		categories[i] = values
	}
	g := FittedOneHotEncoder{policy: UnknownPolicy(policy), columns: j.Columns, categories: slices.Clone(categories)}
	if err := g.setWords(j.Words, math.MaxInt); err != nil {
		return malformed("one_hot_encoder", "%v", err)
	}
	for i := range categories {
		if g.isWords(i) && !slices.Equal(g.categories[i], categories[i]) {
			return malformed("one_hot_encoder", "column %q has %d words, and other codes than from 0 to %d", g.columns[i], len(g.words[i]), len(g.words[i])-1)
		}
	}
	if (j.Version == 2) != (g.words != nil) {
		return malformed("one_hot_encoder", "words go with the version 2, and it is %d", j.Version)
	}
	if err := g.nameOutputs(); err != nil {
		return malformed("one_hot_encoder", "%v", err)
	}
	*f = g
	return nil
}
