package plots

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// Correlations shows how columns go together, as a triangle of coloured cells.
type Correlations struct {
	// Columns name the d columns, and R is the d×d matrix of their
	// correlations, −1 to 1; what lies above the diagonal is not read. NaN
	// stands for a constant column.
	Columns []string
	R       mat.Matrix
}

// CorrelationsOf computes the correlations (Pearson) of the columns of x, n×d,
// each row a customer: of every two columns over the rows in which neither is
// NaN, as DataFrame.corr of pandas does. The error is that of ctx.
func CorrelationsOf(ctx context.Context, x mat.Matrix, columns ...string) (Correlations, error) {
	n, d := num.Dims(x)
	if d == 0 {
		return Correlations{Columns: columns}, nil
	}
	r := mat.NewDense(d, d, nil)
	for i := range d {
		for j := range i + 1 {
			if err := cause.Of(ctx); err != nil {
				return Correlations{}, err
			}
			v := correlation(n, func(k int) (a, b float64) { return x.At(k, i), x.At(k, j) })
			r.Set(i, j, v)
			r.Set(j, i, v)
		}
	}
	return Correlations{Columns: columns, R: r}, nil
}

// correlation returns NaN where one side is constant.
func correlation(n int, pair func(int) (a, b float64)) float64 {
	r, _ := num.Correlation(n, pair)
	if r != 0 {
		return min(max(r, -1), 1)
	}
	var x, y num.Moments
	for k := range n {
		if a, b := pair(k); !math.IsNaN(a) && !math.IsNaN(b) {
			x.Add(a)
			y.Add(b)
		}
	}
	if x.Constant() || y.Constant() {
		return math.NaN()
	}
	return r
}

// Figure draws the triangle, 16×14 cm.
func (c Correlations) Figure() (*Figure, error) {
	d, e := num.Dims(c.R)
	if d < 2 || d != e {
		return nil, inputError("a %d×%d matrix of correlations; it must be square, of at least 2 columns", d, e)
	}
	if err := length("column names", len(c.Columns), "columns", d); err != nil {
		return nil, err
	}
	bi, bj := 1, 0
	for i := range d {
		for j := range i {
			v := c.R.At(i, j)
			if v < -1-1e-9 || v > 1+1e-9 {
				return nil, inputError("the correlation of %s and %s is %v; it must lie in %s1 to 1", c.Columns[i], c.Columns[j], v, minus)
			}
			if b := c.R.At(bi, bj); math.IsNaN(b) || math.Abs(v) > math.Abs(b) {
				bi, bj = i, j
			}
		}
	}
	f := picture(Heading{}, min(max(3.6+1.3*float64(d-1), 7), 16), "", c.draw)
	f.Title = "Which columns go together? Correlations"
	f.Subtitle = "1: they rise together. 0: neither tells of the other. " + minus + "1: one falls where the other rises."
	if v := c.R.At(bi, bj); !math.IsNaN(v) {
		f.Alt = fmt.Sprintf("The strongest: %s and %s, %s", c.Columns[bj], c.Columns[bi], number(v, 2))
	}
	return f, nil
}

func (c Correlations) draw(p *pen, r rect) {
	d := len(c.Columns)
	n := float64(d - 1)
	text := labelText
	if r.h/n < 13 {
		text = smallText
	}
	names := min(p.widest(text, c.Columns[1:]...)+8, r.w*0.3)
	w := (r.w - names) / n
	// The names of the columns stand below, across where they are too long.
	across := p.widest(text, c.Columns[:d-1]...) > w-4
	foot := 16.0
	if across {
		foot = min(p.widest(text, c.Columns[:d-1]...)+8, r.h*0.3)
	}
	cells := r.inset(names, 0, 0, foot)
	h := min(cells.h/n, 40)
	// All cells have a figure, with two decimals or one, or none has.
	label, figures := func(v float64) string { return number(v, 2) }, text
	if p.width(minus+"0.00", figures)+3 > w {
		label, figures = func(v float64) string { return number(v, 1) }, smallText.in(ink)
	}
	written := p.width(minus+"0.0", figures)+2 <= w && h >= 10
	for i := 1; i < d; i++ {
		y := cells.y + h*float64(i-1)
		if h >= 8 {
			p.text(p.fit(c.Columns[i], text, names-6), r.x, y+h/2, text.at(left, middle))
		}
		for j := range i {
			v := c.R.At(i, j)
			cell := rect{cells.x + w*float64(j) + 0.8, y + 0.8, w - 1.6, h - 1.6}
			fill, s := wash, "–"
			if !math.IsNaN(v) {
				fill, s = diverge(v), label(v)
			}
			p.fill(fill, 1, p.round(cell, 1.5))
			if written {
				p.text(s, cell.x+cell.w/2, cell.y+cell.h/2, figures.in(onto(fill)).at(center, middle))
			}
		}
	}
	y := cells.y + h*n + 5
	for j := range d - 1 {
		x := cells.x + w*(float64(j)+0.5)
		switch {
		case across && w >= 8:
			p.text(p.fit(c.Columns[j], text, foot-8), x, y, text.at(right, middle).upwards())
		case !across:
			p.text(p.fit(c.Columns[j], text, w-4), x, y, text.at(center, top))
		}
	}
	if key := min(150, r.w*0.4); n >= 3 {
		p.divergingKey(rect{r.right() - key - 40, r.y + 14, key + 40, 9}, minus+"1", "correlation", "1")
	}
}
