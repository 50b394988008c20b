package preprocess

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

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
// the codes 0 and 2 becomes education=0 and education=2. It equals
// scikit-learn's OneHotEncoder with dense output. Codes of strings come from
// [LabelEncoder].
type OneHotEncoder struct {
	// Unknown is Refuse if not set. With Accept, an unseen code becomes 0 in all
	// columns that its column became.
	Unknown UnknownPolicy

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
	categories := make([][]float64, d)
	err = scan(ctx, x, n, d, d, func(b block, first int) error {
		for i := range b.n {
			for j, v := range b.row(i) {
				if !num.Finite(v) {
					return &ValueError{"one-hot encoder", first + i, names[j], v, ErrNotFinite}
				}
				at, found := slices.BinarySearch(categories[j], v)
				if found {
					continue
				}
				if len(categories[j]) == limit {
					return fmt.Errorf("preprocess: one-hot encoder: column %q has more than %d distinct values; leave it out or raise MaxCategories: %w", names[j], limit, ErrOptions)
				}
				categories[j] = slices.Insert(categories[j], at, v+0) // −0 is 0
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f, err := newOneHot(t.Unknown, names, categories)
	if err != nil {
		return nil, fmt.Errorf("preprocess: one-hot encoder: %w", err)
	}
	return f, nil
}

// FitTransform returns what Fit returns for x, and x transformed by it.
func (t OneHotEncoder) FitTransform(ctx context.Context, x mat.Matrix, columns ...string) (*FittedOneHotEncoder, *mat.Dense, error) {
	return fitTransform(ctx, t.Fit, x, columns)
}

func newOneHot(policy UnknownPolicy, columns []string, categories [][]float64) (*FittedOneHotEncoder, error) {
	f := &FittedOneHotEncoder{policy: policy, columns: columns, categories: categories}
	for j, values := range categories {
		for _, v := range values {
			f.outputs = append(f.outputs, columns[j]+"="+strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	return f, checkNames(f.outputs)
}

// FittedOneHotEncoder is a [OneHotEncoder] that knows the categories.
type FittedOneHotEncoder struct {
	policy           UnknownPolicy
	columns, outputs []string
	categories       [][]float64
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
			switch {
			case found:
				group[at] = 1
			case !num.Finite(v):
				return &ValueError{"one-hot encoder", first + i, f.columns[j], v, ErrNotFinite}
			case f.policy == Refuse:
				return &ValueError{"one-hot encoder", first + i, f.columns[j], v, ErrUnknownCategory}
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
}

// MarshalJSON writes all that was fitted, at full precision.
func (f *FittedOneHotEncoder) MarshalJSON() ([]byte, error) {
	g := orZero(f)
	j := oneHotJSON{header{"one_hot_encoder", 1}, g.columns, g.policy.String(), nil}
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
	g, err := newOneHot(UnknownPolicy(policy), j.Columns, categories)
	if err != nil {
		return malformed("one_hot_encoder", "%v", err)
	}
	*f = *g
	return nil
}
