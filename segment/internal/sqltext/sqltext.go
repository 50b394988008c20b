// Package sqltext writes what a fitted pipeline makes of the rows of a table as SQL.
package sqltext

import (
	"math"
	"strconv"
	"strings"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/steps"
)

// A Dialect is the SQL of a database.
type Dialect string

// The dialects.
const (
	Postgres Dialect = "postgres"
	SQLite   Dialect = "sqlite"
)

// A Column is a column of a table as a pipeline takes it.
type Column struct {
	Name string

	// Words are those of a column of words, by code; nil: the column is of numbers.
	Words []string

	// Low and High are the least and greatest number that is computed with: others
	// are NULL behind the pipeline. Both 0: all are, ±Inf too.
	Low, High float64
}

// A Writer nests sub-selects, one for each step, so that what a step computes is
// computed once: a database does not put the expressions of one sub-select into
// the next where that
//
//   - begins with a WITH, on PostgreSQL, though nothing reads it. Unlike OFFSET 0 it
//     lets conditions on the kept columns through, to an index, and parallel workers
//     compute all of it;
//   - has a LIMIT, on SQLite.
//
// Each sub-select has the alias s, so that columns are named without it.
type Writer struct {
	dialect Dialect
	keep    []string // as they are named in the sub-selects
	from    string   // so far
	columns []string // behind the pipeline so far
}

// New returns a Writer of what a pipeline, as it is nil the identity, makes of these
// columns of a table: words as their codes, missing values as NULL, or as what the
// pipeline imputes. The table is as SQL names it; Name does. The columns to keep go
// along, under the names k0, k1, …. An error names the step that has no SQL.
func New(d Dialect, table string, columns []Column, keep []string, pipeline *preprocess.FittedPipeline) (*Writer, error) {
	w := &Writer{dialect: d, from: table + " AS t"}
	w.read(columns, keep)
	fills := make([]float64, len(columns))
	for j := range fills {
		fills[j] = math.NaN()
	}
	if pipeline != nil {
		for j, path := range steps.SplitOf(pipeline).Paths {
			fills[j] = path.Fill
		}
	}
	w.clean(columns, fills)
	if pipeline == nil {
		return w, nil
	}
	_, err := w.apply("", pipeline, 0, len(columns))
	return w, err
}

// Columns returns the names of the columns behind the pipeline in From.
func (w *Writer) Columns() []string { return w.columns }

// From returns the sub-selects so far, and their alias, as they stand behind FROM.
func (w *Writer) From() string { return w.from }

// As returns a SELECT of the columns behind the pipeline under these names.
func (w *Writer) As(names ...string) string {
	list := append([]string(nil), w.keep...)
	for j, name := range names {
		list = append(list, w.columns[j]+" AS "+Name(name))
	}
	return "SELECT " + strings.Join(list, ", ") + "\nFROM " + w.from
}

// Step adds a sub-select with the columns kept, these expressions, and those columns
// of the sub-select before that are to be seen behind it too. It returns the names of
// the expressions: prefix0, prefix1, ….
func (w *Writer) Step(prefix string, expressions []string, also ...string) []string {
	names := make([]string, len(expressions))
	list := append([]string(nil), w.keep...)
	for j, e := range expressions {
		names[j] = prefix + strconv.Itoa(j)
		list = append(list, e+" AS "+names[j])
	}
	w.nest(append(list, also...))
	return names
}

func (w *Writer) nest(list []string) {
	with, limit := "WITH fence AS (SELECT 1) ", ""
	if w.dialect == SQLite {
		with, limit = "", "\nLIMIT -1"
	}
	w.from = "(" + with + "SELECT " + strings.Join(list, ", ") + "\nFROM " + w.from + limit + ") AS s"
}

// read adds the sub-select that reads the table.
func (w *Writer) read(columns []Column, keep []string) {
	var list []string
	for i, name := range keep {
		w.keep = append(w.keep, "k"+strconv.Itoa(i))
		list = append(list, "t."+Name(name)+" AS "+w.keep[i])
	}
	for j, c := range columns {
		e := "t." + Name(c.Name)
		switch {
		case c.Words != nil:
			e = w.codes(e, c.Words)
		case w.dialect == Postgres:
			e = "NULLIF(CAST(" + e + " AS double precision), 'NaN')"
		}
		w.columns = append(w.columns, "c"+strconv.Itoa(j))
		list = append(list, e+" AS "+w.columns[j])
	}
	w.nest(list)
}

// clean adds the step that fills in what is missing and the pipeline imputes (a fill
// that is not NaN), and makes NULL of what cannot be computed with.
func (w *Writer) clean(columns []Column, fills []float64) {
	var out []string
	for j, x := range w.columns {
		var conditions []string
		if columns[j].Words == nil && w.dialect == SQLite {
			conditions = append(conditions, "typeof("+x+") IN ('integer', 'real')")
		}
		if low, high := columns[j].Low, columns[j].High; columns[j].Words == nil && (low != 0 || high != 0) {
			conditions = append(conditions, x+" BETWEEN "+Number(low)+" AND "+Number(high))
		}
		value, e := x, "CASE"
		if columns[j].Words == nil && w.dialect == SQLite {
			value = "CAST(" + x + " AS REAL)"
		}
		if !math.IsNaN(fills[j]) {
			e += " WHEN " + x + " IS NULL THEN " + Number(fills[j])
		}
		switch {
		case len(conditions) > 0:
			e += " WHEN " + strings.Join(conditions, " AND ") + " THEN " + value + " END"
		case e == "CASE":
			e = value
		default:
			e += " ELSE " + value + " END"
		}
		out = append(out, e)
	}
	w.columns = w.Step("c", out)
}

// Number returns the shortest literal that reads back to the same bits.
func Number(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	if s[0] == '-' {
		s = "(" + s + ")" // two minus signs begin a comment
	}
	return s
}

// Name returns any name as an identifier.
func Name(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Text returns any text without zero bytes as a literal, whatever the setting of
// PostgreSQL's standard_conforming_strings.
func Text(d Dialect, text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "'", "''")
	if d == Postgres && strings.Contains(text, `\`) {
		return " E'" + strings.ReplaceAll(text, `\`, `\\`) + "'"
	}
	return "'" + text + "'"
}

func each[T any](list []T, f func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
