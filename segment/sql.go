package segment

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/internal/sqlname"
)

// A Dialect is the SQL of a database.
type Dialect string

// The dialects that a model can be written in.
const (
	Postgres Dialect = "postgres" // PostgreSQL from 9.3, and what is compatible with it
	SQLite   Dialect = "sqlite"   // SQLite from 3.35, with its mathematical functions
)

// SQLOptions are what Model.SQL reads. Table must be set.
type SQLOptions struct {
	// Table is the table with the columns of the model. It is taken as it
	// stands, with case and blanks, but for a dot: schema.table is a table of
	// that schema, each in double quotes where it has a dot itself ("a.b" for a
	// table of that name).
	Table string

	// Schema is where Table lies, which then stands for itself, dots and quotes
	// included; default: the schema in Table, or the search path of the database.
	Schema string

	// Columns is, by column of the model, the name in the table where it is
	// another one.
	Columns map[string]string

	// Keep names columns of the table that the result has too, before its own:
	// "id", say.
	Keep []string
}

// SQL returns the whole model as one SELECT: for each row of a table cluster,
// tier, distance and margin, as [Model.Predict] returns them, computed by the
// database alone. Cluster and tier are the same but for rows that lie within
// the last bits of a border, distance and margin to about 1e-9. With one
// cluster the margin is NULL.
//
// NULL is a missing value, and NaN on PostgreSQL, which takes columns of any type of
// numbers; of words the empty one is, too, and they are compared to the byte. A row
// that Predict refuses (a missing value and no imputer, an infinity, an unknown
// category or word, a value without a logarithm) has NULL in all four columns; so has
// one with text for a number in SQLite, or with a number that is outside of training
// by more than 2^20 times the range of its column (2^20 where it was constant, and
// 1e100 at the most), or whose power is beyond 1e147: their squared distances only
// Predict can tell apart.
//
// Names are quoted, so that any is harmless. On PostgreSQL a condition on the
// kept columns, such as that on the id in a view of the statement, reaches the
// table; on SQLite all rows are computed first.
//
// Errors: ErrOption for an unknown dialect, a name that no database takes, a
// kept column named as one of the result, no Table, or a step of the pipeline that
// is none of package preprocess, which has no SQL.
func (m *Model) SQL(d Dialect, o SQLOptions) (string, error) {
	m = orZero(m)
	w := &sqlWriter{dialect: d, keep: o.Keep, model: m}
	if d != Postgres && d != SQLite {
		return "", fmt.Errorf("%w: the SQL dialect is %q; it must be %s or %s", ErrOption, string(d), Postgres, SQLite)
	}
	if o.Table == "" {
		return "", fmt.Errorf("%w: Table is empty; name the table with the columns %s", ErrOption, strings.Join(m.f.Columns, ", "))
	}
	if o.Schema == "" {
		o.Schema, o.Table = sqlname.Split(o.Table)
	}
	for name := range o.Columns {
		if !slices.Contains(m.f.Columns, name) {
			return "", fmt.Errorf("%w: the model has no column %q to be named otherwise; it has %s", ErrOption, name, strings.Join(m.f.Columns, ", "))
		}
	}
	source := mapped(m.f.Columns, func(name string) string { return cmp.Or(o.Columns[name], name) })
	for i, name := range slices.Concat([]string{o.Schema, o.Table}, source, o.Keep) {
		if name == "" && i > 0 || !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
			return "", fmt.Errorf("%w: %q cannot be the name of a table or column", ErrOption, name)
		}
	}
	for i, name := range o.Keep {
		if slices.Contains([]string{"cluster", "tier", "distance", "margin"}, strings.ToLower(name)) || slices.Contains(o.Keep[:i], name) {
			return "", fmt.Errorf("%w: the column %q to be kept is one of the result, or there twice", ErrOption, name)
		}
	}
	if len(m.f.Tiers) == 0 {
		return "", errNotTrained
	}
	for column, words := range m.Words() {
		if i := slices.IndexFunc(words, func(word string) bool { return strings.ContainsRune(word, 0) }); i >= 0 {
			return "", fmt.Errorf("%w: the word %q of column %s has a zero byte, which no literal of SQL can have", ErrOption, words[i], column)
		}
	}

	table := quoteName(o.Table)
	if o.Schema != "" {
		table = quoteName(o.Schema) + "." + table
	}
	w.start(table, source)
	if _, err := w.apply("", m.f.Pipeline, 0, len(w.columns)); err != nil {
		return "", err
	}
	w.nearest(m)
	return w.String(), nil
}

// A sqlWriter nests or chains subqueries, one for each step, so that what a
// step computes is computed once. Columns of a step are named c0, c1, …, those
// kept k0, k1, ….
//
// PostgreSQL gets a chain of LATERAL subqueries, through which conditions reach the
// table; OFFSET 0 keeps it from putting the expressions into each other. In SQLite,
// without LATERAL, each step is a subquery of the next, and LIMIT −1 does the same.
type sqlWriter struct {
	dialect Dialect
	model   *Model
	keep    []string
	from    string   // so far
	n       int      // subqueries so far
	columns []string // expressions for the columns of the step before
	scope   []string // all columns before, which a subquery of PostgreSQL may refer to
}

// start adds the columns of the table, words as their codes and missing values as
// NULL, and then a step that makes NULL of what cannot be computed with.
func (w *sqlWriter) start(table string, source []string) {
	w.from = table + " AS t"
	first := make([]string, len(source))
	for j, name := range source {
		first[j] = "t." + quoteName(name)
		switch {
		case w.model.isWords(j):
			first[j] = w.codes(first[j], w.model.categorical[j].Words)
		case w.dialect == Postgres:
			first[j] = "NULLIF(CAST(" + first[j] + " AS double precision), 'NaN')"
		}
	}
	w.scope = mapped(source, func(name string) string { return "t." + quoteName(name) })
	w.step("c", first)
	w.clean()
}

// step adds a subquery with these expressions, and those of the step before
// that are to be seen behind it.
func (w *sqlWriter) step(prefix string, expressions []string, also ...string) {
	alias := "s" + strconv.Itoa(w.n)
	w.n++
	var list []string
	w.columns = nil
	for j, e := range expressions {
		name := prefix + strconv.Itoa(j)
		list = append(list, e+" AS "+name)
		w.columns = append(w.columns, alias+"."+name)
	}
	if w.dialect == Postgres {
		text := strings.Join(list, ", ")
		w.from += "\nCROSS JOIN LATERAL (SELECT " + text + w.fence(text) + " OFFSET 0) AS " + alias
		w.scope = append(w.scope, w.columns...)
		return
	}
	for i, name := range w.keep {
		from := "s" + strconv.Itoa(w.n-2) + ".k" + strconv.Itoa(i)
		if w.n == 1 {
			from = "t." + quoteName(name)
		}
		list = append(list, from+" AS k"+strconv.Itoa(i))
	}
	for _, a := range also {
		_, name, _ := strings.Cut(a, ".")
		list = append(list, a+" AS "+name)
	}
	w.from = "(SELECT " + strings.Join(list, ", ") + "\nFROM " + w.from + "\nLIMIT -1) AS " + alias
}

// mostReferences is how many references to columns before it a subquery of
// PostgreSQL may have: all are keys where the plan keeps results (Memoize, since
// version 14), repeated ones too, and a row of keys has at most 1,664 columns.
const mostReferences = 1600

// fence returns a FROM by which a subquery with too many references refers to each
// column before it once; nothing for one with few.
func (w *sqlWriter) fence(text string) string {
	if strings.Count(text, ".") <= mostReferences { // those of numbers counted with them
		return ""
	}
	var from []string
	var columns []string
	for i, column := range w.scope {
		if strings.Contains(text, column) {
			columns = append(columns, column)
		}
		alias, _, _ := strings.Cut(column, ".")
		if last := i == len(w.scope)-1; len(columns) > 0 && (last || !strings.HasPrefix(w.scope[i+1], alias+".")) {
			from, columns = append(from, "(SELECT "+strings.Join(columns, ", ")+" OFFSET 0) AS "+alias), nil
		}
	}
	return "\nFROM " + strings.Join(from, ", ")
}

// seen returns an expression of the step before as it is written after one more step that kept it.
func (w *sqlWriter) seen(expression string) string {
	if w.dialect == Postgres {
		return expression
	}
	_, name, _ := strings.Cut(expression, ".")
	return "s" + strconv.Itoa(w.n-1) + "." + name
}

// tooLarge is a size from which on squares and their sums may overflow, which
// PostgreSQL answers with an error for the whole statement.
const tooLarge = 1e100

// within returns the condition that a value of column j is not so far outside
// of training that squared distances tie by rounding.
func (w *sqlWriter) within(j int, x string) string {
	r := w.model.f.Ranges[j]
	low, high := max(r.Min-float64(farOutside*r.size()), -tooLarge), min(r.Max+float64(farOutside*r.size()), tooLarge)
	return x + " BETWEEN " + number(low) + " AND " + number(high)
}

// clean adds the step that fills in what is missing and the pipeline imputes, and
// makes NULL of what cannot be computed with.
func (w *sqlWriter) clean() {
	var out []string
	for j, x := range w.columns {
		e := "CASE"
		if fill, ok := w.model.imputed(j); ok {
			e += " WHEN " + x + " IS NULL THEN " + number(fill)
		}
		switch {
		case w.model.isWords(j):
			e += " ELSE " + x + " END"
			if !strings.Contains(e, "WHEN") {
				e = x
			}
		case w.dialect == SQLite:
			e += " WHEN typeof(" + x + ") IN ('integer', 'real') AND " + w.within(j, x) + " THEN CAST(" + x + " AS REAL) END"
		default:
			e += " WHEN " + w.within(j, x) + " THEN " + x + " END"
		}
		out = append(out, e)
	}
	w.step("c", out)
}

// nearest adds the squared distances to the centroids, the least of them, its
// cluster, and that of the second-nearest.
func (w *sqlWriter) nearest(m *Model) {
	k := m.K()
	x := w.columns
	var squares []string
	for _, centroid := range m.f.Centroids {
		var terms []string
		for j, e := range x {
			difference := "(" + e + " - " + number(centroid[j]) + ")"
			terms = append(terms, difference+" * "+difference)
		}
		squares = append(squares, strings.Join(terms, " + "))
	}
	w.step("d", squares)

	least := "least"
	if w.dialect == SQLite {
		least = "min"
	}
	distances := w.columns
	nearest := distances[0]
	if k > 1 { // min of one is an aggregate in SQLite
		nearest = least + "(" + strings.Join(distances, ", ") + ")"
	}
	w.step("least", []string{nearest}, distances...)

	distances, leastSquare := mapped(distances, w.seen), w.columns[0]
	cases := "CASE"
	for c, d := range distances {
		cases += fmt.Sprintf(" WHEN %s = %s THEN %d", d, leastSquare, c)
	}
	w.step("cluster", []string{cases + " END"}, append(slices.Clone(distances), leastSquare)...)

	distances, leastSquare = mapped(distances, w.seen), w.seen(leastSquare)
	cluster := w.columns[0]
	tier := "CASE " + cluster
	for c, t := range m.f.Tiers {
		tier += " WHEN " + strconv.Itoa(c) + " THEN " + quoteText(w.dialect, t.Name)
	}
	tier += " END"
	margin := "CAST(NULL AS double precision)"
	if k > 1 {
		var others []string
		for c, d := range distances {
			otherwise := ""
			if w.dialect == SQLite { // whose min does not pass NULL over, as PostgreSQL's least does
				otherwise = " ELSE 9e999"
			}
			others = append(others, fmt.Sprintf("CASE WHEN %s <> %d THEN %s%s END", cluster, c, d, otherwise))
		}
		margin = "sqrt(" + least + "(" + strings.Join(others, ", ") + ")) - sqrt(" + leastSquare + ")"
	}
	w.columns = []string{cluster + " AS cluster", tier + " AS tier", "sqrt(" + leastSquare + ") AS distance", margin + " AS margin"}
}

// String returns the statement, after nearest.
func (w *sqlWriter) String() string {
	var list []string
	for i, name := range w.keep {
		from := "t." + quoteName(name)
		if w.dialect == SQLite {
			from = "s" + strconv.Itoa(w.n-1) + ".k" + strconv.Itoa(i)
		}
		list = append(list, from+" AS "+quoteName(name))
	}
	list = append(list, w.columns...)
	return "SELECT " + strings.Join(list, ",\n\t") + "\nFROM " + w.from
}

// number returns the shortest literal that reads back to the same bits.
func number(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	if s[0] == '-' {
		s = "(" + s + ")" // two minus signs begin a comment
	}
	return s
}

// quoteName returns any name as an identifier.
func quoteName(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// quoteText returns any text without zero bytes as a literal, whatever the
// setting of PostgreSQL's standard_conforming_strings.
func quoteText(d Dialect, text string) string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\x00", ""), "'", "''")
	if d == Postgres && strings.Contains(text, `\`) {
		return " E'" + strings.ReplaceAll(text, `\`, `\\`) + "'"
	}
	return "'" + text + "'"
}
