package segment

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/customer-personality/segmentation/internal/sqlname"
	"github.com/customer-personality/segmentation/segment/internal/sqltext"
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
// numbers (a numeric that is no double precision, such as 1e400, fails the statement);
// of words the empty one is, too, and they are compared to the byte. A row
// that Predict refuses (a missing value and no imputer, an infinity, an unknown
// category or word, a value without a logarithm) has NULL in all four columns; so has
// one with text for a number in SQLite, or with a number that is outside of training
// by more than 2^20 times the range of its column (2^20 where it was constant, and
// 1e100 at the most), or whose power is beyond 1e147: their squared distances only
// Predict can tell apart.
//
// Names are quoted, so that any is harmless. On PostgreSQL parallel workers compute
// the rows, and a condition on the kept columns, such as that on the id in a view of
// the statement, reaches the table and its index; on SQLite all rows are computed first.
//
// Errors: ErrOption for an unknown dialect, a name that no database takes, a
// kept column named as one of the result, no Table, a step of the pipeline that
// is none of package preprocess, which has no SQL, more columns behind it than the
// database takes (1664, or 2000 of SQLite), and centroids below 1e-100, whose squares
// are too small.
func (m *Model) SQL(d Dialect, o SQLOptions) (string, error) {
	m = orZero(m)
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

	if err := m.checkSize(); err != nil {
		return "", err
	}
	table := sqltext.Name(o.Table)
	if o.Schema != "" {
		table = sqltext.Name(o.Schema) + "." + table
	}
	w, err := sqltext.New(sqltext.Dialect(d), table, m.sqlColumns(source), o.Keep, m.f.Pipeline)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrOption, err)
	}
	statement := m.nearest(w, sqltext.Dialect(d), o.Keep)
	if err := w.CheckWidth(); err != nil {
		return "", fmt.Errorf("%w: %w", ErrOption, err)
	}
	return statement, nil
}

const (
	// tooLarge is a size from which on squares and their sums may overflow, which
	// PostgreSQL answers with an error for the whole statement.
	tooLarge = 1e100

	// tooSmall is a size of all centroids below which squares lose their last bits, and
	// negligible one that does not show in those of centroids of that size.
	tooSmall, negligible = 1e-100, 1e-130
)

// checkSize refuses centroids whose squared distances are no numbers but 0.
func (m *Model) checkSize() error {
	most := 0.0
	for _, centroid := range m.f.Centroids {
		for _, v := range centroid {
			most = max(most, math.Abs(v))
		}
	}
	if m.K() > 1 && most < tooSmall {
		return fmt.Errorf("%w: the greatest value of a centroid is %v behind the pipeline, and squares of such are too small for SQL; want a pipeline that scales the columns", ErrOption, most)
	}
	return nil
}

// sqlColumns returns the columns of the model by their names in a table. What is so
// far outside of training that squared distances tie by rounding is out of bounds.
func (m *Model) sqlColumns(names []string) []sqltext.Column {
	out := make([]sqltext.Column, len(names))
	for j, name := range names {
		r := m.f.Ranges[j]
		out[j] = sqltext.Column{
			Name: name,
			Low:  max(r.Min-float64(farOutside*r.size()), -tooLarge),
			High: min(r.Max+float64(farOutside*r.size()), tooLarge),
		}
		if m.isWords(j) {
			out[j].Words = m.categorical[j].Words
		}
	}
	return out
}

// nearest returns the statement: behind the pipeline the squared distances to the
// centroids, the least of them, its cluster, and the second-nearest.
func (m *Model) nearest(w *sqltext.Writer, d sqltext.Dialect, keep []string) string {
	k := m.K()
	var squares []string
	for _, centroid := range m.f.Centroids {
		var terms []string
		for j, x := range w.Columns() {
			difference := "(" + x + " - " + sqltext.Number(w.Apart(centroid[j], negligible)) + ")"
			terms = append(terms, difference+" * "+difference)
		}
		squares = append(squares, sqltext.Sum(terms))
	}
	distances := w.Step("d", squares)

	// SQLite's min of one is an aggregate, and does not pass NULL over as
	// PostgreSQL's least does.
	least, otherwise := "least", ""
	if d == sqltext.SQLite {
		least, otherwise = "min", " ELSE 9e999"
	}
	nearest := distances[0]
	if k > 1 {
		nearest = least + "(" + strings.Join(distances, ", ") + ")"
	}
	square := w.Step("least", []string{w.Settled(nearest)}, distances...)[0]

	cases := "CASE"
	for c, d := range distances {
		cases += fmt.Sprintf(" WHEN %s = %s THEN %d", d, square, c)
	}
	cluster := w.Step("cluster", []string{w.Settled(cases + " END")}, append(distances, square)...)[0]

	var list []string
	for i, name := range keep {
		list = append(list, "k"+strconv.Itoa(i)+" AS "+sqltext.Name(name))
	}
	tier := "CASE " + cluster
	for c, t := range m.f.Tiers {
		tier += " WHEN " + strconv.Itoa(c) + " THEN " + sqltext.Text(d, t.Name)
	}
	margin := "CAST(NULL AS double precision)"
	if k > 1 {
		var others []string
		for c, d := range distances {
			others = append(others, fmt.Sprintf("CASE WHEN %s <> %d THEN %s%s END", cluster, c, d, otherwise))
		}
		margin = "sqrt(" + least + "(" + strings.Join(others, ", ") + ")) - sqrt(" + square + ")"
	}
	list = append(list, cluster+" AS cluster", tier+" END AS tier", "sqrt("+square+") AS distance", margin+" AS margin")
	return "SELECT " + strings.Join(list, ",\n\t") + "\nFROM " + w.From()
}
