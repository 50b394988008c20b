package features

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/preprocess"
)

// EncodeOptions fix the classes of an encoding. With the zero value they are
// found in the table.
type EncodeOptions struct {
	Classes map[string][]string // classes of a column, in the order of their codes; as in Encoded.Classes of an earlier table

	// Unknown is what is done with values outside of Classes: Refuse, the default,
	// refuses the table, Accept codes them as −1.
	Unknown preprocess.UnknownPolicy
}

// Encoded is a table as numbers only. The columns that are constant, identify a
// row or repeat another are left out (id, year_birth, marital_status,
// dt_customer, z_cost_contact, z_revenue, living_with, age_group), and words
// are replaced by the position of their value among the sorted classes, from 0,
// as scikit-learn's LabelEncoder does. It is immutable.
type Encoded struct{ *Table }

// Len returns the number of rows.
func (e *Encoded) Len() int { return orZero(e).Table.Len() }

// ColumnNames returns the names of the encoded columns, in order.
func (e *Encoded) ColumnNames() []string { return orZero(e).Table.ColumnNames() }

// Matrix returns the named columns, or all, as [Table.Matrix] does.
func (e *Encoded) Matrix(ctx context.Context, columns ...string) (*mat.Dense, error) {
	return orZero(e).Table.Matrix(ctx, columns...)
}

// WriteCSV writes the encoded table, as [Table.WriteCSV] does.
func (e *Encoded) WriteCSV(ctx context.Context, w io.Writer) error {
	return orZero(e).Table.WriteCSV(ctx, w)
}

// Encode label-encodes the words of a table of customers. A value outside of
// given classes is a [*ValueError] or the code −1, as the options say; classes
// for a column that is not encoded are a [*ColumnError]. The error of ctx is returned
// once it has ended.
func (t *Table) Encode(ctx context.Context, o EncodeOptions) (*Encoded, error) {
	given := map[string][]string{}
	for name, classes := range o.Classes {
		col, err := lookup(name)
		if err != nil {
			return nil, err
		}
		if f := schema[col]; f.Kind != Category || !f.encoded {
			return nil, notEncoded(name)
		}
		given[schema[col].Name] = classes
	}
	var columns []Series
	for _, f := range schema {
		if !f.encoded {
			continue
		}
		s, err := t.Column(f.Name)
		switch err = cmp.Or(err, cause.Of(ctx)); {
		case err != nil:
			return nil, err
		case f.Kind == Category && s.Kind() != Category:
			return nil, &ColumnError{Column: f.Name, Err: ErrNotWords}
		case !s.fits(&f):
			return nil, &ColumnError{Column: f.Name, Err: ErrNotNumeric}
		case f.Kind == Category:
			classes := slices.Clone(given[f.Name])
			if classes == nil {
				classes = s.distinct()
			}
			if s, err = s.encode(classes, o.Unknown); err != nil {
				return nil, err
			}
		case f.Kind == Bool:
			flag := *s.vector
			flag.column.Kind = Flag
			s = Series{&flag}
		}
		columns = append(columns, s)
	}
	out, err := NewTable(t.AsOf(), columns...)
	return &Encoded{out}, err
}

// EncodeAll label-encodes a table of any columns: numbers, shares and flags as they
// are, words as the positions of their sorted values; ids, days and free text, which
// are no numbers, are left out. Options and errors are those of [Table.Encode], with
// ErrNoRows for a table of which nothing is left.
func (t *Table) EncodeAll(ctx context.Context, o EncodeOptions) (*Encoded, error) {
	t = orZero(t)
	given := map[string][]string{}
	for name, classes := range o.Classes {
		s, err := t.Column(name)
		if err != nil {
			return nil, err
		}
		if s.Kind() != Category {
			return nil, &ColumnError{Column: s.Name(), Err: ErrNotWords}
		}
		given[s.Name()] = classes
	}
	var columns []Series
	for _, s := range t.series {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		switch k := s.Kind(); {
		case k == Category:
			classes := slices.Clone(given[s.Name()])
			if classes == nil {
				classes = s.distinct()
			}
			var err error
			if s, err = s.encode(classes, o.Unknown); err != nil {
				return nil, err
			}
		case !k.Numeric():
			continue
		}
		columns = append(columns, s)
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: the table has no column of numbers or words; want one to encode", ErrNoRows)
	}
	out, err := NewTable(t.AsOf(), columns...)
	return &Encoded{out}, err
}

func notEncoded(column string) error {
	return &ColumnError{Column: column, Near: []string{"education", "education_level"}, Err: ErrUnknownColumn}
}

// distinct returns the words of a column, sorted, the empty one among them
// where some are missing.
func (s Series) distinct() []string {
	words := s.groups()
	slices.Sort(words)
	return words
}

// groups returns the levels, and the empty word behind them where some are missing.
func (s Series) groups() []string {
	words := append([]string{}, s.levels...)
	if slices.Contains(s.codes, -1) {
		words = append(words, "")
	}
	return words
}

// encode returns the positions of a column's words among classes, which are its levels.
func (s Series) encode(classes []string, unknown preprocess.UnknownPolicy) (Series, error) {
	to := make([]float64, len(s.levels)+1) // by code, and last for missing
	for code, word := range append(s.Levels(), "") {
		to[code] = float64(slices.Index(classes, word))
	}
	out := make([]float64, s.n)
	for i, code := range s.codes {
		if code < 0 {
			code = int32(len(s.levels))
		}
		if out[i] = to[code]; out[i] < 0 && unknown != preprocess.Accept {
			return Series{}, &ValueError{Row: i, Column: s.column.Name, Value: s.Word(i), Want: "one of the classes " + list(classes, "or"), Err: ErrCategory}
		}
	}
	c := s.Column()
	c.Kind, c.Levels = Integer, nil
	return Series{&vector{column: c, n: s.n, numbers: out, levels: classes}}, nil
}

// Classes returns the values that the codes of a column stand for: code 0 for
// the first. It is nil for a column that is not encoded. The slice is the
// caller's own.
func (e *Encoded) Classes(column string) []string {
	s, _ := orZero(e).Column(column)
	return s.Levels()
}

// AllClasses returns the classes of every encoded column by its name: what
// [EncodeOptions] take for the next table.
func (e *Encoded) AllClasses() map[string][]string {
	all := map[string][]string{}
	for _, name := range orZero(e).ColumnNames() {
		if classes := e.Classes(name); classes != nil {
			all[name] = classes
		}
	}
	return all
}

// Decode returns the value that a code of a column stands for.
func (e *Encoded) Decode(column string, code float64) (string, error) {
	col, err := lookup(column)
	if err != nil {
		return "", err
	}
	classes := e.Classes(column)
	if i := int(code); float64(i) == code && i >= 0 && i < len(classes) {
		return classes[i], nil
	}
	if classes == nil {
		return "", notEncoded(column)
	}
	return "", &ValueError{Row: -1, Column: schema[col].Name, Value: fmt.Sprint(code), Want: fmt.Sprintf("a code from 0 to %d", len(classes)-1), Err: ErrCategory}
}
