package features

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/customer-personality/segmentation/internal/cause"
	"github.com/customer-personality/segmentation/internal/num"
)

// An Op is a comparison of a value.
type Op string

// The comparisons. Between includes both ends.
const (
	Is      Op = "is"
	Not     Op = "not"
	Over    Op = "over"
	AtLeast Op = "at least"
	Under   Op = "under"
	AtMost  Op = "at most"
	Between Op = "between"
)

// comparisons are false of a missing number.
var comparisons = map[Op]func(v, a, b float64) bool{
	Is:      func(v, a, _ float64) bool { return v == a },
	Not:     func(v, a, _ float64) bool { return v < a || v > a },
	Over:    func(v, a, _ float64) bool { return v > a },
	AtLeast: func(v, a, _ float64) bool { return v >= a },
	Under:   func(v, a, _ float64) bool { return v < a },
	AtMost:  func(v, a, _ float64) bool { return v <= a },
	Between: func(v, a, b float64) bool { return v >= a && v <= b },
}

// A Condition holds for the rows whose value in a column fits: one of Words, or
// a number by A (and B, for Between). A missing number fits nothing.
type Condition struct {
	Column string
	Op     Op
	Words  []string
	A, B   float64
}

// Filter returns the table of the rows that all conditions hold for. Errors are those
// of [Table.Where].
func (t *Table) Filter(ctx context.Context, conditions ...Condition) (*Table, error) {
	rows, err := t.Where(ctx, conditions...)
	if err != nil {
		return nil, err
	}
	return orZero(t).rows(ctx, rows)
}

// Where returns the rows that all conditions hold for, in order. A column that
// the table does not have is a [*ColumnError], another comparison an
// [ErrOptions]; the error of ctx is returned once it has ended.
func (t *Table) Where(ctx context.Context, conditions ...Condition) ([]int, error) {
	var tests []func(int) bool
	for _, f := range conditions {
		s, err := t.Column(f.Column)
		if err != nil {
			return nil, err
		}
		if !s.Kind().Numeric() {
			switch {
			case s.Kind() == Date:
				return nil, &ColumnError{Column: s.Name(), Err: ErrNotWords}
			case f.Op != Is && f.Op != Not:
				return nil, fmt.Errorf("%w: %q is no comparison of words; want %q or %q", ErrOptions, f.Op, Is, Not)
			}
			not := f.Op == Not
			tests = append(tests, func(i int) bool { return slices.Contains(f.Words, s.Word(i)) != not })
			continue
		}
		fits := comparisons[f.Op]
		if fits == nil {
			return nil, fmt.Errorf("%w: %q is no comparison", ErrOptions, f.Op)
		}
		tests = append(tests, func(i int) bool { return fits(s.numbers[i], f.A, f.B) })
	}
	rows := make([]int, 0, t.Len())
	err := eachBlock(ctx, t.Len(), func(from, to int) error {
	next:
		for i := from; i < to; i++ {
			for _, fits := range tests {
				if !fits(i) {
					continue next
				}
			}
			rows = append(rows, i)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// An Aggregate is a way to reduce many numbers to one.
type Aggregate string

// The aggregates. Share is the part of the rows whose value is above 0.
const (
	Mean   Aggregate = "mean"
	Median Aggregate = "median"
	Sum    Aggregate = "sum"
	Min    Aggregate = "min"
	Max    Aggregate = "max"
	Count  Aggregate = "count"
	Share  Aggregate = "share"
)

// Aggregates returns all aggregates.
func Aggregates() []Aggregate { return []Aggregate{Mean, Median, Sum, Min, Max, Count, Share} }

// Aggregate returns one number for a column of numbers over some rows; missing
// values are left out. It is NaN where nothing is left, but for Count and Sum. Errors:
// [*ColumnError], ErrOptions for another aggregate, and that of ctx.
func (t *Table) Aggregate(ctx context.Context, how Aggregate, column string, rows []int) (float64, error) {
	if how == Count && column == "" {
		return float64(len(rows)), nil
	}
	s, err := t.numbers(column)
	if err != nil {
		return 0, err
	}
	values := make([]float64, 0, len(rows))
	err = eachBlock(ctx, len(rows), func(from, to int) error {
		for _, i := range rows[from:to] {
			if v := s.Number(i); v == v {
				values = append(values, v)
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	n := float64(len(values))
	switch {
	case how == Count:
		return n, nil
	case n == 0 && how != Sum:
		return math.NaN(), nil
	}
	switch how {
	case Mean, Sum:
		sum := 0.0
		for _, v := range values {
			sum += v
		}
		if how == Sum {
			return sum, nil
		}
		return sum / n, nil
	case Median:
		slices.Sort(values)
		return num.Quantile(values, 0.5), nil
	case Min:
		return slices.Min(values), nil
	case Max:
		return slices.Max(values), nil
	case Share:
		k := 0.0
		for _, v := range values {
			if v > 0 {
				k++
			}
		}
		return k / n, nil
	}
	return 0, fmt.Errorf("%w: %q is no aggregate", ErrOptions, how)
}

func (t *Table) numbers(column string) (Series, error) {
	s, err := t.Column(column)
	if err == nil && !s.Kind().Numeric() {
		err = &ColumnError{Column: s.Name(), Err: ErrNotNumeric}
	}
	return s, err
}

// A Query asks for an aggregate by group.
type Query struct {
	How     Aggregate
	Measure string   // numeric column; may be empty for Count
	By      []string // up to two columns: words, whole numbers of few values, or numbers in ranges
	Filters []Condition
}

// A Cell is the answer for one group.
type Cell struct {
	Keys  []int // index into QueryResult.Levels, one for each column of By
	Value float64
	Count int
}

// A QueryResult answers a Query.
type QueryResult struct {
	Levels [][]string // the groups, one list for each column of By
	Cells  []Cell     // groups that have rows, in order
	Count  int        // rows that fit the filters
}

// Query runs a query. Errors: those of [Table.Where], [Table.Groups] and
// [Table.Aggregate], and ErrOptions for more than two columns to group by.
func (t *Table) Query(ctx context.Context, q Query) (QueryResult, error) {
	rows, err := t.Where(ctx, q.Filters...)
	if err != nil {
		return QueryResult{}, err
	}
	if len(q.By) > 2 {
		return QueryResult{}, fmt.Errorf("%w: grouping is by two columns at most, not %d", ErrOptions, len(q.By))
	}
	r := QueryResult{Count: len(rows)}
	codes := make([]func(int) int, len(q.By))
	for j, name := range q.By {
		levels, code, err := t.Groups(ctx, name, rows)
		if err != nil {
			return QueryResult{}, err
		}
		r.Levels, codes[j] = append(r.Levels, levels), code
	}
	size := 1
	for _, l := range r.Levels {
		size *= len(l)
	}
	members := make([][]int, size)
	err = eachBlock(ctx, len(rows), func(from, to int) error {
	next:
		for _, i := range rows[from:to] {
			at := 0
			for j, code := range codes {
				c := code(i)
				if c < 0 {
					continue next
				}
				at = at*len(r.Levels[j]) + c
			}
			members[at] = append(members[at], i)
		}
		return nil
	})
	if err != nil {
		return QueryResult{}, err
	}
	for at, m := range members {
		if len(m) == 0 && len(q.By) > 0 {
			continue
		}
		v, err := t.Aggregate(ctx, q.How, q.Measure, m)
		if err != nil {
			return QueryResult{}, err
		}
		cell := Cell{Value: v, Count: len(m), Keys: make([]int, len(q.By))}
		for j := len(q.By) - 1; j >= 0; j-- {
			cell.Keys[j] = at % len(r.Levels[j])
			at /= len(r.Levels[j])
		}
		r.Cells = append(r.Cells, cell)
	}
	return r, nil
}

// few is how many different values a column of numbers may have to be grouped
// by value instead of by range.
const few = 8

// Groups returns how rows are grouped by a column: the names of the groups, and
// the group of a row, −1 where its number is missing. Missing words are a group
// of their own, without a name. Errors: [*ColumnError], and that of ctx.
func (t *Table) Groups(ctx context.Context, column string, rows []int) ([]string, func(int) int, error) {
	s, err := t.Column(column)
	if err = cmp.Or(err, cause.Of(ctx)); err != nil {
		return nil, nil, err
	}
	switch k := s.Kind(); {
	case k == Category:
		return s.groups(), func(i int) int {
			if code := s.Code(i); code >= 0 {
				return code
			}
			return len(s.levels)
		}, nil
	case k.Binary():
		return []string{"no", "yes"}, func(i int) int {
			v := s.Number(i)
			if v != v {
				return -1
			}
			return int(min(max(v, 0), 1))
		}, nil
	case !k.Numeric():
		return nil, nil, &ColumnError{Column: s.Name(), Err: ErrNotNumeric}
	}
	var distinct []float64
	err = eachBlock(ctx, len(rows), func(from, to int) error {
		for _, i := range rows[from:to] {
			if v := s.Number(i); v == v {
				if at, ok := slices.BinarySearch(distinct, v); !ok && len(distinct) <= few {
					distinct = slices.Insert(distinct, at, v)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(distinct) <= few {
		levels := make([]string, len(distinct))
		for i, v := range distinct {
			levels[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
		return levels, func(i int) int {
			if at, ok := slices.BinarySearch(distinct, s.Number(i)); ok {
				return at
			}
			return -1
		}, nil
	}
	edges, err := t.Edges(ctx, column, rows, few)
	if err != nil {
		return nil, nil, err
	}
	levels := make([]string, len(edges)-1)
	for i := range levels {
		levels[i] = Short(edges[i]) + "–" + Short(edges[i+1])
	}
	return levels, func(i int) int { return Bin(edges, s.Number(i)) }, nil
}

// Edges returns the ends of about n ranges of round width that hold every finite
// value of a column of numbers in the rows; 0 and 1 where there is none. An n
// below 1 counts as 1. Errors: [*ColumnError], and that of ctx.
func (t *Table) Edges(ctx context.Context, column string, rows []int, n int) ([]float64, error) {
	s, err := t.numbers(column)
	if err != nil {
		return nil, err
	}
	low, high := math.Inf(1), math.Inf(-1)
	err = eachBlock(ctx, len(rows), func(from, to int) error {
		for _, i := range rows[from:to] {
			if v := s.Number(i); num.Finite(v) {
				low, high = min(low, v), max(high, v)
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case low > high:
		return []float64{0, 1}, nil
	}
	n = max(n, 1)
	width := num.NiceStep(high/float64(n)-low/float64(n), 1, 2, 2.5, 5)
	if s.Kind() == Integer {
		width = max(math.Ceil(width), 1)
	}
	// Narrower ranges have ends that a float64 cannot tell apart.
	width = max(width, max(math.Abs(low), math.Abs(high))/(1<<50))
	start := math.Floor(low/width) * width
	if math.IsInf(start, 0) {
		start = low
	}
	edges := []float64{start}
	for edges[len(edges)-1] <= high {
		edges = append(edges, edges[0]+float64(float64(len(edges))*width))
	}
	return edges, nil
}

// Bin returns the range that v lies in, its upper end excluded; −1 for none.
func Bin(edges []float64, v float64) int {
	if len(edges) == 0 || !(v >= edges[0]) || v >= edges[len(edges)-1] {
		return -1
	}
	at, ok := slices.BinarySearch(edges, v)
	if !ok {
		at--
	}
	return at
}

// Short returns a number for the label of a range: 20k for 20,000.
func Short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 64) + "M"
	case a >= 1e4:
		return strconv.FormatFloat(v/1e3, 'f', -1, 64) + "k"
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}
