package segment

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/internal/num"
	"github.com/customer-personality/segmentation/segment/internal/engine"
)

// A cell has a place in each column: of the divisions of the box from 0, beyond it from
// above on and from −1 down. Beyond the box the first four cells of a side are as wide as
// a division, the next four twice, and so on, so that few rows far away keep cells of
// their own. Places are coarsened step by step, a column at a time, by joining pairs of
// divisions, and beyond the box what is narrower than a division. As each step joins
// whole cells, the first step at which few enough are left does not depend on the order
// of the rows, nor on how they are parted.
const above = 1 << 14

// cellPlan is a grid.
type cellPlan struct {
	most    int
	from    []float64 // where the box begins
	parts   []int     // divisions of the box, a power of two
	width   float64
	deepest int           // joinings of a column after which nothing but the sides is left
	grids   []engine.Grid // of the columns
}

func newCellPlan(q *plan) (*cellPlan, error) {
	c, d := q.Cells, len(q.out)
	if c == nil {
		return nil, nil
	}
	p := &cellPlan{most: c.Most, grids: q.grids}
	widest := c.Widest
	if widest == 0 {
		widest = 1 << 10
	}
	switch {
	case c.Most < 1 || c.Most > 1<<24/d:
		return nil, fmt.Errorf("%w: Cells.Most is %d; of %d columns it must be from 1 to %d", ErrOption, c.Most, d, 1<<24/d)
	case widest < 1 || widest >= above || widest&(widest-1) != 0:
		return nil, fmt.Errorf("%w: Cells.Widest is %d; it must be a power of two below %d", ErrOption, widest, above)
	case len(c.Box) != d:
		return nil, fmt.Errorf("%w: a box of %d columns; there are %d behind the pipeline", ErrWidth, len(c.Box), d)
	}
	box, reach := 0.0, 0.0
	for j, b := range c.Box {
		if !num.Finite(b.Least) || !num.Finite(b.Greatest) || b.Least > b.Greatest {
			return nil, fmt.Errorf("%w: the box of column %q is from %v to %v", ErrOption, q.out[j], b.Least, b.Greatest)
		}
		box = max(box, b.Greatest-b.Least)
		reach = max(reach, q.most[j]-q.least[j], math.Abs(b.Least-q.least[j]), math.Abs(q.most[j]-b.Least))
	}
	// Where most rows are one the width is that of all, and 1 where all are one.
	if box == 0 {
		box = reach
	}
	if p.width = box / float64(widest); p.width == 0 {
		p.width = 1
	}
	if !num.Finite(reach / p.width) {
		return nil, fmt.Errorf("%w: a box of %v beside values that reach over %v", ErrOverflow, box, reach)
	}
	for _, b := range c.Box {
		parts := 1
		for float64(parts)*p.width < b.Greatest-b.Least && parts < widest {
			parts *= 2
		}
		p.from, p.parts = append(p.from, b.Least), append(p.parts, parts)
	}
	p.deepest = max(15, outside(reach/p.width)/4+4)
	return p, nil
}

// outside returns the cell of a distance beyond the box, in divisions.
func outside(far float64) int {
	return int(math.Float64bits(1+float64(far/4))>>50) - 4*1023
}

// place returns the place of v in column j before any joining.
func (p *cellPlan) place(j int, v float64) int {
	at := (v - p.from[j]) / p.width
	switch parts := p.parts[j]; {
	case at < 0:
		return -1 - outside(-at)
	case at <= float64(parts):
		return min(int(at), parts-1)
	default:
		return above + outside(at-float64(parts))
	}
}

// joined returns a place after so many joinings of its column, of which it may have had
// some: the first place of those that are joined.
func (p *cellPlan) joined(place, times int) int {
	switch {
	case times > p.deepest:
		return 0
	case place < 0:
		return -1 - joinedOutside(-1-place, times)
	case place < above:
		return place &^ (1<<times - 1)
	}
	return above + joinedOutside(place-above, times)
}

// joinedOutside joins cells beyond the box to the width of divisions joined so often.
func joinedOutside(cell, times int) int {
	switch octave := cell / 4; {
	case octave >= times:
		return cell
	case octave == times-1:
		return cell &^ 1
	case octave == times-2:
		return cell &^ 3
	}
	return 0
}

// times returns how often column j is joined at a level: all columns in turn.
func (p *cellPlan) times(j, level int) int { return (level + len(p.from) - 1 - j) / len(p.from) }

// cellTally is the cells in which rows lie.
type cellTally struct {
	level  int
	index  map[string]int // by key: the places, two bytes each, which are in order as they are
	counts []int
	sums   []engine.Whole // of each cell, by column
	keys   []byte
	key    []byte
}

func (p *cellPlan) tally() *cellTally {
	return &cellTally{index: map[string]int{}, key: make([]byte, 2*len(p.from))}
}

func (t *cellTally) setPlace(j, place int) {
	binary.BigEndian.PutUint16(t.key[2*j:], uint16(place+1<<15))
}

func placeOf(key []byte, j int) int { return int(binary.BigEndian.Uint16(key[2*j:])) - 1<<15 }

func (t *cellTally) add(p *cellPlan, rows []float64) {
	d := len(p.from)
	for ; len(rows) > 0; rows = rows[d:] {
		for j, v := range rows[:d] {
			t.setPlace(j, p.joined(p.place(j, v), p.times(j, t.level)))
		}
		at := t.cell()
		t.counts[at]++
		for j, g := range p.grids {
			g.Add(&t.sums[at*d+j], rows[j])
		}
		t.coarsen(p)
	}
}

// cell returns the number of the cell of key, which is new where there is none.
func (t *cellTally) cell() int {
	at, ok := t.index[string(t.key)]
	if !ok {
		at = len(t.counts)
		t.index[string(t.key)] = at
		t.counts = append(t.counts, 0)
		t.sums = append(t.sums, make([]engine.Whole, len(t.key)/2)...)
		t.keys = append(t.keys, t.key...)
	}
	return at
}

// coarsen joins cells until there are few enough.
func (t *cellTally) coarsen(p *cellPlan) {
	for len(t.counts) > p.most {
		t.raise(p, t.level+1)
	}
}

// raise joins cells up to a level.
func (t *cellTally) raise(p *cellPlan, level int) {
	if level <= t.level {
		return
	}
	old := *t
	*t = cellTally{level: level, index: make(map[string]int, len(old.counts)), key: old.key}
	t.take(p, &old)
}

// take adds the cells of o, which is of this level at most.
func (t *cellTally) take(p *cellPlan, o *cellTally) {
	d := len(p.from)
	for i, n := range o.counts {
		for j := range d {
			t.setPlace(j, p.joined(placeOf(o.keys[2*d*i:], j), p.times(j, t.level)))
		}
		at := t.cell()
		t.counts[at] += n
		addWholes(t.sums[at*d:(at+1)*d], o.sums[i*d:(i+1)*d])
	}
}

func (t *cellTally) merge(p *cellPlan, o *cellTally) {
	t.raise(p, o.level)
	t.take(p, o)
	t.coarsen(p)
}

// order returns the cells in the order of their places.
func (t *cellTally) order() []int {
	w := len(t.key)
	order := make([]int, len(t.counts))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return slices.Compare(t.keys[a*w:(a+1)*w], t.keys[b*w:(b+1)*w])
	})
	return order
}

func (t *cellTally) result(p *cellPlan) (*mat.Dense, []float64) {
	d := len(p.from)
	if len(t.counts) == 0 {
		return nil, nil
	}
	x, weights := mat.NewDense(len(t.counts), d, nil), make([]float64, len(t.counts))
	for i, at := range t.order() {
		weights[i] = float64(t.counts[at])
		for j, g := range p.grids {
			sum, _ := t.sums[at*d+j].Float(g.Unit())
			x.Set(i, j, sum/weights[i])
		}
	}
	return x, weights
}
