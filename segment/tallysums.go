package segment

import (
	"fmt"
	"math"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// momentsPlan is what Moments are taken of.
type momentsPlan struct {
	center, power   []float64
	values, squares []engine.Grid // by column
	products        []engine.Grid // of columns i ≤ j, row by row of the triangle; nil unless asked for
}

// mostProducts is the number of columns of which all pairs may be multiplied: their sums
// take 128 MB.
const mostProducts = 4096

// newMomentsPlan bounds the values, of which every rounded operation keeps the order.
func newMomentsPlan(q *plan) (*momentsPlan, error) {
	o, d := q.Moments, len(q.out)
	if o == nil {
		return nil, nil
	}
	if o.Products && d > mostProducts {
		return nil, fmt.Errorf("%w: products of the pairs of %d columns; there may be %d columns", ErrOption, d, mostProducts)
	}
	p := &momentsPlan{center: make([]float64, d), power: make([]float64, d)}
	for j := range d {
		p.power[j] = 1
	}
	for _, given := range []struct {
		what     string
		from, to []float64
	}{{"Center", o.Center, p.center}, {"Power", o.Power, p.power}} {
		if len(given.from) == 0 {
			continue
		}
		if len(given.from) != d {
			return nil, fmt.Errorf("%w: %s of %d columns; there are %d behind the pipeline", ErrWidth, given.what, len(given.from), d)
		}
		for j, v := range given.from {
			if !num.Finite(v) {
				return nil, fmt.Errorf("%w: %s of column %q is %v", ErrNotFinite, given.what, q.out[j], v)
			}
		}
		copy(given.to, given.from)
	}
	most := make([]float64, d)
	for j := range d {
		for _, v := range []float64{q.least[j], q.most[j]} {
			most[j] = max(most[j], math.Abs(p.value(j, v)))
		}
		square := float64(most[j] * most[j])
		if !num.Finite(square) {
			return nil, fmt.Errorf("%w: the squares of column %q, whose values reach from %v to %v; give a Power", ErrOverflow, q.out[j], q.least[j], q.most[j])
		}
		p.values, p.squares = append(p.values, engine.NewGrid(most[j])), append(p.squares, engine.NewGrid(square))
	}
	for i := 0; i < d && o.Products; i++ {
		for j := i; j < d; j++ {
			p.products = append(p.products, engine.NewGrid(float64(most[i]*most[j])))
		}
	}
	return p, nil
}

// value returns what is summed of a value of column j.
func (p *momentsPlan) value(j int, v float64) float64 {
	return float64((v - p.center[j]) * p.power[j])
}

// momentsTally are sums in units of the grids of a momentsPlan.
type momentsTally struct {
	known                   []int64
	sums, squares, products []engine.Whole
	row                     []float64
}

func (p *momentsPlan) tally() *momentsTally {
	d := len(p.values)
	return &momentsTally{
		make([]int64, d), make([]engine.Whole, d), make([]engine.Whole, d), make([]engine.Whole, len(p.products)),
		make([]float64, d),
	}
}

func (t *momentsTally) add(p *momentsPlan, rows []float64) {
	d := len(p.values)
	for ; len(rows) > 0; rows = rows[d:] {
		for j, v := range rows[:d] {
			v = p.value(j, v)
			t.row[j] = v
			if v == v {
				t.known[j]++
				p.values[j].Add(&t.sums[j], v)
				p.squares[j].Add(&t.squares[j], float64(v*v))
			}
		}
		if len(t.products) == 0 {
			continue
		}
		at := 0
		for i, a := range t.row {
			for _, b := range t.row[i:] {
				if v := float64(a * b); v == v {
					p.products[at].Add(&t.products[at], v)
				}
				at++
			}
		}
	}
}

func (t *momentsTally) merge(o *momentsTally) {
	addInts(t.known, o.known)
	addWholes(t.sums, o.sums)
	addWholes(t.squares, o.squares)
	addWholes(t.products, o.products)
}

func (t *momentsTally) result(p *momentsPlan) preprocess.Moments {
	d := len(t.known)
	m := preprocess.Moments{Known: ints(t.known)}
	for j := range d {
		m.Sums = append(m.Sums, sumOf(t.sums[j], p.values[j]))
		m.Squares = append(m.Squares, sumOf(t.squares[j], p.squares[j]))
	}
	if len(p.products) == 0 {
		return m
	}
	m.Products = make([]preprocess.Sum, d*d)
	at := 0
	for i := range d {
		for j := i; j < d; j++ {
			s := sumOf(t.products[at], p.products[at])
			m.Products[i*d+j], m.Products[j*d+i] = s, s
			at++
		}
	}
	return m
}

func ints(values []int64) []int {
	out := make([]int, len(values))
	for i, v := range values {
		out[i] = int(v)
	}
	return out
}

func sumOf(w engine.Whole, g engine.Grid) preprocess.Sum {
	high, low := w.Float(g.Unit())
	return preprocess.Sum{High: high, Low: low}
}

// rawSums are sums of raw columns by cluster.
type rawSums struct {
	known []int64        // k×d
	sums  []engine.Whole // k×d
}

func newRawSums(k, d int) *rawSums { return &rawSums{make([]int64, k*d), make([]engine.Whole, k*d)} }

func (s *rawSums) add(grids []engine.Grid, rows []float64, clusters []int32) {
	d := len(grids)
	for i, q := range clusters {
		at := int(q) * d
		for j, v := range rows[i*d : (i+1)*d] {
			if v == v {
				s.known[at+j]++
				grids[j].Add(&s.sums[at+j], v)
			}
		}
	}
}

func (s *rawSums) merge(o *rawSums) {
	addInts(s.known, o.known)
	addWholes(s.sums, o.sums)
}

func (s *rawSums) result(grids []engine.Grid, counts []int64) ClusterSums {
	d := len(grids)
	out := ClusterSums{Counts: ints(counts)}
	for q := range counts {
		out.Known = append(out.Known, ints(s.known[q*d:(q+1)*d]))
		sums := make([]preprocess.Sum, d)
		for j, g := range grids {
			sums[j] = sumOf(s.sums[q*d+j], g)
		}
		out.Sums = append(out.Sums, sums)
	}
	return out
}
