package preprocess

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
)

// Table is a table of named columns of numbers and of words, such as a
// *features.Table.
type Table interface {
	// Matrix returns the named columns of numbers, at least one, as an n×d matrix
	// in which NaN is a missing value; once ctx has ended, its error.
	Matrix(ctx context.Context, columns ...string) (*mat.Dense, error)

	// Words returns the values of a column of words; the empty word is a missing
	// one. A column of numbers is an error, as is that of ctx.
	Words(ctx context.Context, column string) ([]string, error)
}

// Encode returns the named columns of a table as an n×d matrix in which words are
// codes: the i-th of the distinct words of a column in ascending order of their
// bytes is i, and a missing word is NaN. It returns the words too, by column, as
// [OneHotEncoder] takes them. Codes have no order that means something: a step
// that computes with them (a [Scaler], say) must have an encoder before it.
//
// words names those of the columns that hold words; the others hold numbers. A
// word that is not valid UTF-8 and a column of words without any are errors.
// scikit-learn's OrdinalEncoder gives the same codes.
func Encode(ctx context.Context, t Table, columns []string, words ...string) (x *mat.Dense, classes map[string][]string, err error) {
	if _, err := positions(columns, words); err != nil {
		return nil, nil, fmt.Errorf("preprocess: encode: %w", err)
	}
	classes = map[string][]string{}
	coders := make([]*FittedLabelEncoder, len(columns))
	for j, name := range columns {
		if !slices.Contains(words, name) {
			continue
		}
		list, err := wordsOf(ctx, t, name)
		if err != nil {
			return nil, nil, err
		}
		known := slices.DeleteFunc(slices.Clone(list), func(word string) bool { return word == "" })
		if len(known) == 0 {
			return nil, nil, fmt.Errorf("preprocess: encode: column %q has no word in any of %d rows: %w", name, len(list), ErrAllMissing)
		}
		if coders[j], err = (LabelEncoder{}).Fit(ctx, known); err != nil {
			return nil, nil, fmt.Errorf("column %q: %w", name, err)
		}
		classes[name] = coders[j].Classes()
	}
	x, err = encodeTable(ctx, t, columns, coders)
	if err != nil {
		return nil, nil, err
	}
	return x, classes, nil
}

// wordsOf returns a column of words of a table, which may be nil.
func wordsOf(ctx context.Context, t Table, column string) ([]string, error) {
	if isNil(t) {
		return nil, fmt.Errorf("preprocess: encode: the table is nil: %w", ErrMatrix)
	}
	list, err := t.Words(ctx, column)
	if err != nil {
		return nil, fmt.Errorf("preprocess: encode: %w", err)
	}
	return list, nil
}

// encodeTable returns the columns of a table, those with a coder as codes.
func encodeTable(ctx context.Context, t Table, columns []string, coders []*FittedLabelEncoder) (*mat.Dense, error) {
	if isNil(t) {
		return nil, fmt.Errorf("preprocess: encode: the table is nil: %w", ErrMatrix)
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("preprocess: encode: no columns are named: %w", ErrColumns)
	}
	if err := checkNames(columns); err != nil {
		return nil, fmt.Errorf("preprocess: encode: %w", err)
	}
	var numbers []string
	for j, name := range columns {
		if coders[j] == nil {
			numbers = append(numbers, name)
		}
	}
	n := -1
	var values *mat.Dense
	if len(numbers) > 0 {
		var err error
		if values, err = t.Matrix(ctx, numbers...); err != nil {
			return nil, fmt.Errorf("preprocess: encode: %w", err)
		}
		n, _ = values.Dims()
	}
	var x *mat.Dense
	next := 0 // of the columns of numbers
	for j, name := range columns {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		var column []float64
		if coders[j] == nil {
			column = mat.Col(nil, next, values)
			next++
		} else {
			var err error
			if column, err = encodeWords(ctx, t, name, coders[j]); err != nil {
				return nil, err
			}
		}
		switch {
		case n >= 0 && len(column) != n:
			return nil, fmt.Errorf("preprocess: encode: column %q has %d rows, and the others %d: %w", name, len(column), n, ErrMatrix)
		case len(column) == 0:
			return nil, fmt.Errorf("preprocess: encode: the table has no rows: %w", ErrNoRows)
		case x == nil:
			n = len(column)
			x = mat.NewDense(n, len(columns), nil)
		}
		x.SetCol(j, column)
	}
	return x, nil
}

// encodeWords returns the codes of a column of words.
func encodeWords(ctx context.Context, t Table, name string, coder *FittedLabelEncoder) ([]float64, error) {
	list, err := wordsOf(ctx, t, name)
	if err != nil {
		return nil, err
	}
	codes := make([]float64, len(list))
	for i, word := range list {
		if i%blockValues == 0 && cause.Of(ctx) != nil {
			return nil, cause.Of(ctx)
		}
		if codes[i], err = codeOf(coder, i, name, word); err != nil {
			return nil, err
		}
	}
	return codes, nil
}

// codeOf returns the code of a word, NaN for the empty one.
func codeOf(coder *FittedLabelEncoder, row int, column, word string) (float64, error) {
	if word == "" {
		return math.NaN(), nil
	}
	code, err := coder.Code(word)
	if err != nil {
		err = &WordError{row, column, word, coder.Classes()}
	}
	return float64(code), err
}

// Words returns the words of each column of words among InputColumns, in the order
// of their codes: those of the [OneHotEncoder] that the column reaches through
// imputers, column transformers and pipelines. Nil where all columns are numbers.
func (f *FittedPipeline) Words() map[string][]string {
	var all map[string][]string
	for _, column := range orZero(f).columns {
		if hot, _ := encoderOf(f, column); hot != nil {
			if all == nil {
				all = map[string][]string{}
			}
			all[column] = hot.Words()[column]
		}
	}
	return all
}

// encoderOf returns the encoder of the words of a column of a step; whole is
// whether the column comes out as it went in.
func encoderOf(step Fitted, column string) (hot *FittedOneHotEncoder, whole bool) {
	switch f := step.(type) {
	case *FittedOneHotEncoder:
		if j := slices.Index(f.columns, column); j >= 0 && f.isWords(j) {
			return f, false
		}
		return nil, false
	case *FittedImputer:
		return nil, true
	case *FittedColumnTransformer:
		for _, part := range f.steps {
			if slices.Contains(part.InputColumns(), column) {
				return encoderOf(part, column)
			}
		}
		return nil, true
	case *FittedPipeline:
		for _, s := range f.steps {
			if hot, whole = encoderOf(s, column); hot != nil || !whole {
				return hot, whole
			}
		}
		return nil, true
	}
	return nil, false
}

// coders returns the coder of each input column of words, nil for numbers.
func (f *FittedPipeline) coders() []*FittedLabelEncoder {
	out := make([]*FittedLabelEncoder, len(f.columns))
	for j, column := range f.columns {
		if hot, _ := encoderOf(f, column); hot != nil {
			out[j] = hot.coder(column)
		}
	}
	return out
}

// coder returns the coder of a column of words.
func (f *FittedOneHotEncoder) coder(column string) *FittedLabelEncoder {
	return &FittedLabelEncoder{f.words[slices.Index(f.columns, column)], f.policy, unknownCode}
}

// Matrix returns InputColumns of a table as the matrix that Transform takes: words
// as the codes that the pipeline knows, a missing value as NaN. A word that it has
// not seen is, as the encoder's policy says, a [*WordError], or the code −1.
func (f *FittedPipeline) Matrix(ctx context.Context, t Table) (*mat.Dense, error) {
	if !f.fitted() {
		return nil, notFitted("pipeline")
	}
	return encodeTable(ctx, t, f.columns, f.coders())
}

// Row returns one row as TransformRow takes it, of values by the names of
// InputColumns: a string for words, any number or a bool (1 or 0) for numbers, nil
// or the empty word for a missing value. A column that is not among values is an
// error ([ErrColumns]), further values are not looked at.
func (f *FittedPipeline) Row(values map[string]any) ([]float64, error) {
	if !f.fitted() {
		return nil, notFitted("pipeline")
	}
	row := make([]float64, len(f.columns))
	for j, coder := range f.coders() {
		v, ok := values[f.columns[j]]
		if !ok {
			return nil, fmt.Errorf("preprocess: pipeline: there is no value for the column %q; want nil where it is missing: %w", f.columns[j], ErrColumns)
		}
		var err error
		if row[j], err = numberOf(v, f.columns[j], coder); err != nil {
			return nil, err
		}
	}
	return row, nil
}

// numberOf returns a value as a number, of a column of words its code.
func numberOf(v any, column string, coder *FittedLabelEncoder) (float64, error) {
	if v == nil {
		return math.NaN(), nil
	}
	if coder != nil {
		word, ok := v.(string)
		if !ok {
			return 0, fmt.Errorf("preprocess: pipeline: column %q: %v is a %T; want a word: %w", column, v, v, ErrUnknownCategory)
		}
		return codeOf(coder, -1, column, word)
	}
	switch r := reflect.ValueOf(v); {
	case r.CanFloat():
		return r.Float(), nil
	case r.CanInt():
		return float64(r.Int()), nil
	case r.CanUint():
		return float64(r.Uint()), nil
	case r.Kind() == reflect.Bool && r.Bool():
		return 1, nil
	case r.Kind() == reflect.Bool:
		return 0, nil
	}
	return 0, fmt.Errorf("preprocess: pipeline: column %q: %q is a %T; want a number: %w", column, fmt.Sprint(v), v, ErrNotFinite)
}
