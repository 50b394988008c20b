package segment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
)

// Words returns the words of each column of words, in the order of their codes:
// code i of a column is Words()[column][i]. Nil where all columns are numbers.
func (m *Model) Words() map[string][]string { return orZero(m).f.Pipeline.Words() }

// Matrix returns Columns of a table as the n×d matrix that PredictMatrix takes: words
// as the codes of Words, a missing value as NaN. The table says which of its columns
// has a name (a *features.Table looks past case, blanks and signs), and may have
// others.
//
// Errors: ErrNotModel for a model that was never trained, those of the table,
// ErrEmpty for one without rows, ErrUnknownCategory for a word that the model does
// not know, and that of ctx. Where the encoder accepts unknown words, such a
// word has the code −1.
func (m *Model) Matrix(ctx context.Context, t preprocess.Table) (*mat.Dense, error) {
	m = orZero(m)
	if m.K() == 0 {
		return nil, errNotTrained
	}
	x, err := m.f.Pipeline.Matrix(orBackground(ctx), t)
	if err != nil {
		return nil, pipelineError(err)
	}
	return x, nil
}

// PredictTable is Predict for each row of a table. Errors: those of Matrix and of
// Predict, with the row.
func (m *Model) PredictTable(ctx context.Context, t preprocess.Table) ([]Prediction, error) {
	m = orZero(m)
	x, err := m.Matrix(ctx, t)
	if err != nil {
		return nil, err
	}
	out, err := m.PredictMatrix(ctx, x)
	if err != nil {
		return nil, err
	}
	words := map[string][]string{}
	for i := range out {
		err := nameWords(out[i].Warnings, func(column string) (string, error) {
			if words[column] == nil {
				if words[column], err = t.Words(ctx, column); err != nil {
					return "", err
				}
			}
			return words[column][i], nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// PredictValues is Predict for one row of values by the names of Columns: a string
// for words, any number or a bool (1 or 0) for numbers, nil or the empty string for
// a missing value. A name is that of a column or, where no name is, one that differs
// from it only in case and in what is neither letter nor digit ("Annual Income" for
// annual_income). Further values are not looked at.
//
// Errors: those of Predict, ErrWidth for a column without a value or with two, and
// ErrUnknownCategory for a word that the model does not know, with those that it
// does; where the encoder accepts unknown words, that is a warning.
func (m *Model) PredictValues(values map[string]any) (Prediction, error) {
	m = orZero(m)
	if m.K() == 0 {
		return Prediction{}, errNotTrained
	}
	named, row, err := m.row(values)
	if err != nil {
		return Prediction{}, err
	}
	p, err := m.Predict(row)
	if err != nil {
		return Prediction{}, err
	}
	return p, nameWords(p.Warnings, func(column string) (string, error) { return named[column].(string), nil })
}

// Row returns the values of one row, by the names of Columns, as Predict takes it:
// see PredictValues, whose errors it has.
func (m *Model) Row(values map[string]any) ([]float64, error) {
	m = orZero(m)
	if m.K() == 0 {
		return nil, errNotTrained
	}
	_, row, err := m.row(values)
	return row, err
}

func (m *Model) row(values map[string]any) (map[string]any, []float64, error) {
	named, err := m.named(values)
	if err != nil {
		return nil, nil, err
	}
	row, err := m.f.Pipeline.Row(named)
	if err != nil {
		return nil, nil, pipelineError(err)
	}
	return named, row, nil
}

// named returns the values by the very names of the columns.
func (m *Model) named(values map[string]any) (map[string]any, error) {
	similar := map[string][]string{}
	for name := range values {
		similar[letters(name)] = append(similar[letters(name)], name)
	}
	out := make(map[string]any, len(m.f.Columns))
	for _, column := range m.f.Columns {
		if v, ok := values[column]; ok {
			out[column] = v
			continue
		}
		names := slices.DeleteFunc(slices.Sorted(slices.Values(similar[letters(column)])), func(name string) bool {
			return slices.Contains(m.f.Columns, name) // of another column
		})
		switch len(names) {
		case 0:
			return nil, fmt.Errorf("%w: there is no value for the column %q; want nil where it is missing", ErrWidth, column)
		case 1:
			out[column] = values[names[0]]
		default:
			return nil, fmt.Errorf("%w: %q may be each of the values %q; give one", ErrWidth, column, names)
		}
	}
	return out, nil
}

// letters returns the letters and digits of a name, in lower case.
func letters(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// nameWords fills in the words that warnings of unknown words are about, as word
// gives them for a column.
func nameWords(warnings []Warning, word func(column string) (string, error)) (err error) {
	for i := range warnings {
		if w := &warnings[i]; w.Kind == UnknownCategory && w.Known != "" {
			if w.Word, err = word(w.Column); err != nil {
				return err
			}
		}
	}
	return nil
}

// wordsShown is how many known words a warning names.
const wordsShown = 12

// listed returns words in one line, of many the first ones.
func listed(words []string) string {
	if more := len(words) - wordsShown; more > 0 {
		return strings.Join(words[:wordsShown], ", ") + fmt.Sprintf(" and %d more", more)
	}
	return strings.Join(words, ", ")
}
