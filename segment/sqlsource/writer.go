package sqlsource

import (
	"database/sql"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/internal/sqltext"
)

// A writer writes what is asked of the rows behind a pipeline.
type writer struct {
	*sqltext.Writer
	dialect segment.Dialect
	columns []string // those of the last step
	labels  []string // of nearest: the cluster in each set
	least   []string // and its squared distance
}

// behind returns the rows behind a pipeline, nil the raw ones, and some columns of the
// table with them, named k0, k1, ….
func (d *Dataset) behind(p *preprocess.FittedPipeline, keep ...string) (*writer, error) {
	columns := make([]sqltext.Column, len(d.names))
	for j, name := range d.names {
		columns[j].Name = name
	}
	if p != nil && !slices.Equal(p.InputColumns(), d.names) {
		return nil, fmt.Errorf("%w: the pipeline takes the columns %q; those of %s are %q", segment.ErrWidth, p.InputColumns(), d.o.Table, d.names)
	}
	w, err := sqltext.New(sqltext.Dialect(d.o.Dialect), d.from, columns, keep, p)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", segment.ErrOption, err)
	}
	return &writer{Writer: w, dialect: d.o.Dialect, columns: w.Columns()}, nil
}

// step makes columns of expressions.
func (w *writer) step(prefix string, expressions []string) {
	w.columns = w.Step(prefix, expressions)
}

// sql returns the statement that selects a list from it.
func (w *writer) sql(list []string, groupBy ...string) string {
	s := "SELECT " + strings.Join(list, ", ") + "\nFROM " + w.From()
	if len(groupBy) > 0 {
		s += "\nGROUP BY " + strings.Join(groupBy, ", ")
	}
	return s
}

// nearest adds for each set of centroids the label of the nearest, of equally near ones
// the lowest, and the squared distance from it, and keeps the columns.
func (w *writer) nearest(sets []*mat.Dense) {
	var squares []string
	for _, c := range sets {
		k, _ := c.Dims()
		for q := range k {
			var terms []string
			for j, x := range w.columns {
				difference := "(" + x + " - " + sqltext.Number(c.At(q, j)) + ")"
				terms = append(terms, difference+" * "+difference)
			}
			squares = append(squares, strings.Join(terms, " + "))
		}
	}
	distances := w.Step("d", squares, w.columns...)

	function := "least"
	if w.dialect == segment.SQLite {
		function = "min"
	}
	least, of := make([]string, len(sets)), distances
	for s, c := range sets {
		k, _ := c.Dims()
		least[s] = of[0]
		if k > 1 { // min of one is an aggregate in SQLite
			least[s] = function + "(" + strings.Join(of[:k], ", ") + ")"
		}
		of = of[k:]
	}
	w.least = w.Step("m", least, slices.Concat(distances, w.columns)...)

	labels := make([]string, len(sets))
	for s, c := range sets {
		k, _ := c.Dims()
		labels[s] = "0"
		if k > 1 {
			labels[s] = "CASE"
			for q := range k - 1 {
				labels[s] += fmt.Sprintf(" WHEN %s = %s THEN %d", distances[q], w.least[s], q)
			}
			labels[s] += fmt.Sprintf(" ELSE %d END", k-1)
		}
		distances = distances[k:]
	}
	w.labels = w.Step("l", labels, slices.Concat(w.least, w.columns)...)
}

// A term is an expression whose sum is wanted: of whole numbers of 2^(e−62), where all its
// values are below 2^e in magnitude, so that the sum is exact and has no order.
type term struct {
	x string
	e int
}

func termOf(x string, most float64) term {
	_, e := math.Frexp(most)
	return term{x, e}
}

// sums returns the expressions for the sums of terms: one each on PostgreSQL, whose sum of
// whole numbers has no limit, and two in SQLite, of the upper and the lower half.
func (w *writer) sums(terms []term) ([]string, error) {
	var list []string
	for _, t := range terms {
		// Beyond, the power of two itself leaves the range of float64.
		if t.e < -900 && t.e != 0 || t.e > 1023 {
			return nil, fmt.Errorf("%w, or too small: values of about 2^%d are added up", segment.ErrOverflow, t.e)
		}
		x := "(" + t.x + ") * " + sqltext.Number(math.Ldexp(1, 62-t.e))
		if w.dialect == segment.Postgres {
			list = append(list, "sum(CAST("+x+" AS bigint))")
			continue
		}
		// 1.5·2^52 more and less rounds to the nearest whole number, ties to even, as
		// the CAST of PostgreSQL does.
		high := "CAST(" + x + " / 2147483648.0 AS INTEGER)"
		list = append(list, "sum("+high+")", "sum(CAST("+x+" - "+high+" * 2147483648.0 + 6755399441055744.0 - 6755399441055744.0 AS INTEGER))")
	}
	return list, nil
}

// read returns the sums of terms, each rounded once, from what sums selected.
func (w *writer) read(terms []term, texts []sql.NullString) ([]preprocess.Sum, error) {
	whole, err := w.whole(len(terms), texts)
	if err != nil {
		return nil, err
	}
	out := make([]preprocess.Sum, len(terms))
	for i, t := range terms {
		out[i] = rounded(whole[i], t.e)
	}
	return out, nil
}

// whole returns the sums as whole numbers.
func (w *writer) whole(n int, texts []sql.NullString) ([]*big.Int, error) {
	width := len(texts) / n
	out := make([]*big.Int, n)
	for i := range out {
		out[i] = new(big.Int)
		for _, text := range texts[i*width : (i+1)*width] {
			v := new(big.Int)
			if text.Valid { // else no value is known
				if _, ok := v.SetString(text.String, 10); !ok {
					return nil, fmt.Errorf("%w: the database answers %q where a whole number was asked for", segment.ErrSource, text.String)
				}
			}
			out[i].Add(out[i].Lsh(out[i], 31), v)
		}
	}
	return out, nil
}

// rounded returns v·2^(e−62).
func rounded(v *big.Int, e int) preprocess.Sum {
	x := new(big.Float).SetPrec(uint(max(64, v.BitLen()))).SetInt(v)
	x.SetMantExp(x, e-62)
	high, _ := x.Float64()
	low, _ := x.Sub(x, big.NewFloat(high)).Float64()
	return preprocess.Sum{High: high, Low: low}
}
