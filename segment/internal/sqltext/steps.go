package sqltext

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
)

// codes returns the expression for the codes of words: NULL for a missing one and
// −1 for one that the model does not know. Words are compared by their bytes,
// whatever the collation and the type of the column.
func (w *Writer) codes(x string, words []string) string {
	text := "CAST(" + x + " AS text)"
	if w.dialect == SQLite {
		text += " COLLATE BINARY"
	} else {
		text += ` COLLATE "C"`
	}
	var b strings.Builder
	fmt.Fprintf(&b, "CASE WHEN %s IS NULL OR %s = '' THEN NULL", x, text)
	for code, word := range words {
		fmt.Fprintf(&b, " WHEN %s = %s THEN %s", text, Text(w.dialect, word), Number(float64(code)))
	}
	return b.String() + " ELSE " + Number(-1) + " END"
}

// apply puts what a step makes of the columns from and up to, but without, the given
// places in their place, and returns where that ends.
func (w *Writer) apply(where string, step preprocess.Fitted, from, to int) (int, error) {
	switch f := step.(type) {
	case *preprocess.FittedPipeline:
		return w.chain(where, f, from, to)
	case *preprocess.FittedColumnTransformer:
		return w.parts(where, f, from, to)
	case *preprocess.FittedImputer:
		return to, nil // New has filled in what is missing
	case *preprocess.FittedScaler:
		return w.replace(from, to, w.scaled(w.columns[from:to], f.Center(), f.Scale())), nil
	case *preprocess.FittedPCA:
		w.replace(from, to, w.centred(w.columns[from:to], f.Mean(), f.SingularValues()[0]))
		return w.replace(from, to, w.components(w.names(from, to), f.Components())), nil
	case *preprocess.FittedOneHotEncoder:
		return w.replace(from, to, indicators(w.names(from, to), f)), nil
	case *preprocess.FittedLog1p:
		return w.replace(from, to, each(w.names(from, to), func(x string) string { return "CASE WHEN " + x + " > -1.0 THEN " + log1p(x) + " END" })), nil
	case *preprocess.FittedPowerTransformer:
		return w.power(f, from, to), nil
	case *preprocess.FittedQuantileTransformer:
		return w.ranks(f, from, to), nil
	default:
		return 0, fmt.Errorf("%s of the pipeline, a %T, has no SQL; the steps of package preprocess have", where, step)
	}
}

func (w *Writer) chain(where string, f *preprocess.FittedPipeline, from, to int) (int, error) {
	for name, step := range f.Steps() {
		var err error
		if to, err = w.apply(within(where, name), step, from, to); err != nil {
			return 0, err
		}
	}
	return to, nil
}

// within names a step that may lie in another.
func within(where, name string) string {
	if where != "" {
		where += ": "
	}
	return where + fmt.Sprintf("step %q", name)
}

// parts orders the columns as the parts take them, those of no part last, and lets
// each part go its way.
func (w *Writer) parts(where string, f *preprocess.FittedColumnTransformer, from, to int) (int, error) {
	left := map[string]string{}
	columns := f.InputColumns()
	for i, name := range columns {
		left[name] = w.columns[from+i]
	}
	var ordered []string
	for _, part := range f.Parts() {
		for _, name := range part.InputColumns() {
			ordered = append(ordered, left[name])
			delete(left, name)
		}
	}
	for _, name := range columns {
		if x, ok := left[name]; ok {
			ordered = append(ordered, x)
		}
	}
	w.columns = slices.Concat(w.columns[:from], ordered, w.columns[to:])
	rest := len(left)
	for name, part := range f.Parts() {
		var err error
		if from, err = w.apply(within(where, name), part, from, from+len(part.InputColumns())); err != nil {
			return 0, err
		}
	}
	return from + rest, nil
}

// negligible is how small a share of a size is that no distance tells.
const negligible = 1e-60

// scaled returns each column less its centre, as shares of its scale. It has each once
// and in front, so that they need no names and no parentheses.
func (w *Writer) scaled(x []string, center, scale []float64) (out []string) {
	for j := range x {
		out = append(out, "("+x[j]+" - "+Number(w.Apart(center[j], float64(negligible*scale[j])))+") / "+Number(scale[j]))
	}
	return out
}

// centred returns each column less its mean, for rows of a size.
func (w *Writer) centred(x []string, mean []float64, size float64) (out []string) {
	for j := range x {
		out = append(out, x[j]+" - "+Number(w.Apart(mean[j], float64(negligible*size))))
	}
	return out
}

// components returns those of centred columns.
func (w *Writer) components(x []string, components *mat.Dense) (out []string) {
	k, d := components.Dims()
	for i := range k {
		var terms []string
		for j := range d {
			c := components.At(i, j)
			if w.apart && math.Abs(c) < negligible {
				c = 0
			}
			terms = append(terms, x[j]+" * "+Number(c))
		}
		out = append(out, Sum(terms))
	}
	return out
}

// log1p returns ln(1+x), to the last bits also where x is small: what 1+x has lost of x,
// its logarithm has lost too (Kahan; see Goldberg 1991, theorem 4,
// doi:10.1145/103162.103163).
func log1p(x string) string {
	return "CASE WHEN 1.0 + " + x + " = 1.0 THEN " + x + " ELSE ln(1.0 + " + x + ") * " + x + " / (1.0 + " + x + " - 1.0) END"
}

func indicators(x []string, f *preprocess.FittedOneHotEncoder) (out []string) {
	for j, values := range f.Categories() {
		unknown := x[j] + " IS NOT NULL"
		if f.Unknown() == preprocess.Refuse {
			unknown = x[j] + " IN (" + strings.Join(each(values, Number), ", ") + ")"
		}
		for _, v := range values {
			out = append(out, "CAST(CASE WHEN "+x[j]+" = "+Number(v)+" THEN 1.0 WHEN "+unknown+" THEN 0.0 END AS double precision)")
		}
	}
	return out
}

// greatest returns the greater of an expression and a number.
func (w *Writer) greatest(x string, v float64) string {
	if w.dialect == SQLite {
		return "max(" + x + ", " + Number(v) + ")"
	}
	return "greatest(" + x + ", " + Number(v) + ")"
}

// power adds the columns x as their power by Yeo and Johnson, by way of
// sign(x)·ln(1+|x|).
func (w *Writer) power(f *preprocess.FittedPowerTransformer, from, to int) int {
	logs := each(w.names(from, to), func(x string) string {
		return "CASE WHEN " + x + " < 0.0 THEN -(" + log1p("(-"+x+")") + ") ELSE " + log1p(x) + " END"
	})
	to = w.replace(from, to, logs)
	lambdas, out := f.Lambdas(), []string(nil)
	for j, l := range w.names(from, to) {
		lambda := lambdas[j]
		out = append(out, "CASE WHEN "+l+" < 0.0 THEN -("+w.powered("(-"+l+")", 2-lambda)+") ELSE "+w.powered(l, lambda)+" END")
	}
	to = w.replace(from, to, out)
	if s := f.Scaler(); s != nil {
		w.replace(from, to, w.scaled(w.columns[from:to], s.Center(), s.Scale()))
	}
	return to
}

// powered returns (e^(l·power) − 1)/power of an l of at least 0, which is the series in
// l·power where that is small, and l where l is. PostgreSQL ends a statement with an
// error where an exponential is too large, or too small for a number.
func (w *Writer) powered(l string, power float64) string {
	const (
		small = 1e-5 // below which the difference from 1 loses more than the series leaves out
		most  = 338  // e^338 is 1e147, whose square is far from overflow
		none  = -700
	)
	least := 1e-20 / max(1, math.Abs(power)) // below which products may be too small for a number
	e := l + " * " + Number(power)
	series := l + " * (1.0 + " + e + " / 2.0 * (1.0 + " + e + " / 3.0 * (1.0 + " + e + " / 4.0)))"
	if power > -small && power < small {
		if math.Abs(power) < negligible {
			return l
		}
		return "(CASE WHEN " + l + " < " + Number(least) + " THEN " + l + " ELSE " + series + " END)"
	}
	return "(CASE WHEN " + l + " < " + Number(least) + " THEN " + l + " WHEN " + l + " < " + Number(small/math.Abs(power)) + " THEN " + series +
		" WHEN " + e + " < " + Number(most) + " THEN (exp(" + w.greatest(e, none) + ") - 1.0) / " + Number(power) + " END)"
}

// ranks adds the columns x as their ranks among quantiles, under Normal as
// normal quantiles.
func (w *Writer) ranks(f *preprocess.FittedQuantileTransformer, from, to int) int {
	x := w.names(from, to)
	for j, quantiles := range f.Quantiles() {
		x[j] = w.rank(x[j], quantiles, f.References())
	}
	to = w.replace(from, to, x)
	if f.Output() != preprocess.Normal {
		return to
	}
	// Algorithm AS 241 (see num.NormalQuantile) of ranks that are kept from 0 and 1.
	q := num.NormalQuantileRatios()
	half := each(w.names(from, to), func(p string) string {
		low, high := Number(num.FarthestRank), Number(1-num.FarthestRank)
		return "CASE WHEN " + p + " < " + low + " THEN " + low + " WHEN " + p + " > " + high + " THEN " + high + " ELSE " + p + " END - 0.5"
	})
	to = w.replace(from, to, half)
	tails := w.names(from, to)
	for _, q := range tails {
		tails = append(tails, "CASE WHEN abs("+q+") <= 0.425 THEN 0.180625 - "+q+" * "+q+" ELSE sqrt(-ln(0.5 - abs("+q+"))) END")
	}
	both := w.replace(from, to, tails)
	x = w.names(from, both)
	out := make([]string, to-from)
	for j := range out {
		half, r := x[j], x[len(out)+j]
		out[j] = "CASE WHEN abs(" + half + ") <= 0.425 THEN " + half + " * (" + ratio(r, q[0], q[1]) + ") ELSE sign(" + half + ") * (" + ratio("("+r+" - 1.6)", q[2], q[3]) + ") END"
	}
	return w.replace(from, both, out)
}

// rank returns the rank of x among ascending quantiles at shares from 0 to 1: 0
// up to the first, 1 from the last on, and the middle of the shares of those that
// repeat. Between two it is linear, and found by a tree of comparisons.
func (w *Writer) rank(x string, quantiles, shares []float64) string {
	var points []rankPoint
	last := len(quantiles) - 1
	for i, v := range quantiles {
		if i == 0 || v > quantiles[i-1] {
			points = append(points, rankPoint{v, shares[i], shares[i]})
		}
		points[len(points)-1].to = shares[i]
	}
	e := "CASE WHEN " + x + " <= " + Number(quantiles[0]) + " THEN 0.0 WHEN " + x + " >= " + Number(quantiles[last]) + " THEN 1.0"
	if len(points) > 1 {
		e += " WHEN " + x + " IS NOT NULL THEN " + w.rankTree(x, points)
	}
	return "CAST(" + e + " END AS double precision)"
}

// A rankPoint is a quantile, and the shares from which and up to which it is one.
type rankPoint struct{ v, from, to float64 }

// rankTree returns the rank of x that is at least the first of the points and less
// than the last.
func (w *Writer) rankTree(x string, points []rankPoint) string {
	if half := len(points) / 2; len(points) > 2 {
		return "CASE WHEN " + x + " < " + Number(points[half].v) + " THEN " + w.rankTree(x, points[:half+1]) + " ELSE " + w.rankTree(x, points[half:]) + " END"
	}
	a, b := points[0], points[1]
	origin := w.Apart(a.v, float64(negligible*(b.v-a.v)))
	line := Number(a.to) + " + (" + x + " - " + Number(origin) + ") / " + Number(b.v-a.v) + " * " + Number(b.from-a.to)
	if a.from == a.to {
		return line
	}
	return "CASE WHEN " + x + " = " + Number(a.v) + " THEN " + Number(float64(0.5*(a.from+a.to))) + " ELSE " + line + " END"
}

// ratio returns the ratio of two polynomials in x, their coefficients from the
// constant on.
func ratio(x string, numerator, denominator [8]float64) string {
	polynomial := func(c [8]float64) string {
		e := Number(c[7])
		for i := 6; i >= 0; i-- {
			e = "(" + e + " * " + x + " + " + Number(c[i]) + ")"
		}
		return e
	}
	return polynomial(numerator) + " / " + polynomial(denominator)
}
