// Package sqltext writes what a fitted pipeline makes of the rows of a table as SQL.
package sqltext

import (
	"fmt"
	"math"
	"slices"
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
	// are NULL behind the pipeline, and no number fails the statement (see Apart).
	// Both 0: all are computed with, ±Inf too, and to the bit.
	Low, High float64
}

// A Writer nests sub-selects, one for each step, so that what a step computes is
// computed once: a database does not put the expressions of one sub-select into
// the next where that
//
//   - begins with a WITH, on PostgreSQL, though nothing reads it. Unlike OFFSET 0 it
//     lets conditions through, to an index (see Settled), and parallel workers compute
//     all of it;
//   - has a LIMIT, on SQLite.
//
// Each sub-select has the alias s, so that columns are named without it.
type Writer struct {
	dialect Dialect
	keep    []string // what the next sub-select has for the columns kept
	from    string   // so far
	columns []string // behind the pipeline so far: expressions of columns of from
	named   bool     // these are names
	apart   bool     // constants are kept apart from 0
	widest  int      // number of columns of the widest sub-select
}

// New returns a Writer of what a pipeline, as it is nil the identity, makes of these
// columns of a table: words as their codes, missing values as NULL, or as what the
// pipeline imputes. The table is as SQL names it; Name does. The columns to keep go
// along, under the names k0, k1, …. An error names the step that has no SQL.
func New(d Dialect, table string, columns []Column, keep []string, pipeline *preprocess.FittedPipeline) (*Writer, error) {
	w := &Writer{dialect: d, from: table + " AS t"}
	for i, name := range keep {
		w.keep = append(w.keep, "t."+Name(name)+" AS k"+strconv.Itoa(i))
	}
	for _, c := range columns {
		w.columns = append(w.columns, w.read(c))
		w.apart = w.apart || d == Postgres && (c.Low != 0 || c.High != 0)
	}
	fills := make([]float64, len(columns))
	for j := range fills {
		fills[j] = math.NaN()
	}
	if pipeline != nil {
		for j, path := range steps.SplitOf(pipeline).Paths {
			fills[j] = path.Fill
		}
	}
	for j, x := range w.names(0, len(columns)) {
		w.columns[j] = w.clean(x, columns[j], fills[j])
	}
	w.named = false
	if pipeline != nil {
		if _, err := w.apply("", pipeline, 0, len(columns)); err != nil {
			return nil, err
		}
	}
	w.names(0, len(w.columns))
	return w, nil
}

// CheckWidth returns an error where a sub-select so far has more columns than the
// database takes, unless it was built for more.
func (w *Writer) CheckWidth() error {
	most := 1664
	if w.dialect == SQLite {
		most = 2000
	}
	if w.widest > most {
		return fmt.Errorf("the pipeline comes to %d columns, and %s takes at most %d; want fewer categories, or other columns", w.widest, w.dialect, most)
	}
	return nil
}

// Sum returns the sum of terms. SQLite takes no expression that is nested deeper than
// 1000, as a plain sum of many is.
func Sum(terms []string) string {
	const most = 500
	if len(terms) <= most {
		return strings.Join(terms, " + ")
	}
	var parts []string
	for part := range slices.Chunk(terms, most) {
		parts = append(parts, "("+strings.Join(part, " + ")+")")
	}
	return Sum(parts)
}

// Apart returns what is to be subtracted in the place of c: c itself or, on PostgreSQL
// where c lies nearer to 0, the distance. PostgreSQL ends a statement with an error where
// a product or a quotient is too small for a number; what is left behind a number that is
// not near 0 is 0, or large enough to be multiplied.
func (w *Writer) Apart(c, distance float64) float64 {
	if w.apart && math.Abs(c) < distance {
		return math.Copysign(distance, c)
	}
	return c
}

// Columns returns the names of the columns behind the pipeline, before any Step.
func (w *Writer) Columns() []string { return w.columns }

// From returns the sub-selects so far, and their alias, as they stand behind FROM.
func (w *Writer) From() string { return w.from }

// As returns, before any Step, a SELECT of the columns kept and of those behind the
// pipeline under these names.
func (w *Writer) As(names ...string) string {
	list := slices.Clone(w.keep)
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
	list := slices.Clone(w.keep)
	for j, e := range expressions {
		names[j] = prefix + strconv.Itoa(j)
		list = append(list, e+" AS "+names[j])
	}
	w.widest = max(w.widest, len(list)+len(also))
	with, limit := "WITH fence AS (SELECT 1) ", ""
	if w.dialect == SQLite {
		with, limit = "", "\nLIMIT -1"
	}
	w.from = "(" + with + "SELECT " + strings.Join(append(list, also...), ", ") + "\nFROM " + w.from + limit + ") AS s"
	for i := range w.keep {
		w.keep[i] = "k" + strconv.Itoa(i)
	}
	return names
}

// Settled returns an expression that conditions do not go through: PostgreSQL puts
// what is computed into a condition on it on the way down to the table, step by step,
// so that it grows beyond all bounds, unless that is volatile. An expression is where
// it has a volatile part, though that is reached by NULL alone and adds nothing.
func (w *Writer) Settled(expression string) string {
	if w.dialect == SQLite {
		return expression
	}
	return "COALESCE(" + expression + ", CASE WHEN clock_timestamp() IS NULL THEN 0 END)"
}

// names returns the names of some of the columns, by which an expression may have each
// more than once. What is not named yet gets a sub-select.
func (w *Writer) names(from, to int) []string {
	if !w.named {
		w.columns, w.named = w.Step("c", w.columns), true
	}
	return slices.Clone(w.columns[from:to])
}

// replace puts expressions in the place of some columns, and returns where they end.
func (w *Writer) replace(from, to int, expressions []string) int {
	w.columns, w.named = slices.Concat(w.columns[:from], expressions, w.columns[to:]), false
	return from + len(expressions)
}

// read returns a column of the table, words as codes and what is missing as NULL.
func (w *Writer) read(c Column) string {
	e := "t." + Name(c.Name)
	switch {
	case c.Words != nil:
		e = w.codes(e, c.Words)
	case w.dialect == Postgres:
		e = "NULLIF(CAST(" + e + " AS double precision), 'NaN')"
	}
	return e
}

// clean returns x with a fill for what is missing, where that is a number, and NULL
// for what cannot be computed with.
func (w *Writer) clean(x string, c Column, fill float64) string {
	value, missing := x, ""
	var conditions []string
	if c.Words == nil && w.dialect == SQLite {
		value, conditions = "CAST("+x+" AS REAL)", []string{"typeof(" + x + ") IN ('integer', 'real')"}
	}
	if c.Words == nil && (c.Low != 0 || c.High != 0) {
		conditions = append(conditions, x+" BETWEEN "+Number(c.Low)+" AND "+Number(c.High))
	}
	if !math.IsNaN(fill) {
		missing = " WHEN " + x + " IS NULL THEN " + Number(fill)
	}
	switch {
	case conditions != nil:
		return "CASE WHEN " + strings.Join(conditions, " AND ") + " THEN " + value + missing + " END"
	case missing != "":
		return "CASE" + missing + " ELSE " + value + " END"
	}
	return value
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
