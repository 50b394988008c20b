// Package data holds the customers of the active model by column, for charts
// and questions: filtered, grouped and aggregated in memory.
package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// A Column is one column of a Set: either numbers or words.
type Column struct {
	Name string
	// Flag marks numbers that are 0 or 1, whose mean is a share.
	Flag bool
	// Money marks amounts in the currency of the file.
	Money bool
	// Whole marks whole numbers.
	Whole bool

	Numbers []float64 // by row, NaN for missing; nil for a column of words
	Levels  []string  // the words, in the order in which they are shown
	codes   []int     // index into Levels, by row
}

// Numeric tells numbers from words.
func (c *Column) Numeric() bool { return c.Numbers != nil }

// Level is the word in a row.
func (c *Column) Level(row int) string { return c.Levels[c.codes[row]] }

// A Set is the customers and where the model puts them. It is immutable and
// safe for concurrent use.
type Set struct {
	IDs      []string
	Clusters []int
	Tiers    []string // the most valuable first
	columns  []*Column
	byName   map[string]*Column
}

// New makes a Set of a table and what the model predicts for its rows. Tiers
// are the names of the model's tiers, the most valuable first.
func New(t *features.Table, predictions []segment.Prediction, tiers []string) (*Set, error) {
	if t.Len() != len(predictions) {
		return nil, fmt.Errorf("%d predictions for %d customers", len(predictions), t.Len())
	}
	s := &Set{Tiers: slices.Clone(tiers), byName: map[string]*Column{}}
	tierOf := make([]string, len(predictions))
	for i, p := range predictions {
		if !slices.Contains(tiers, p.Tier) {
			return nil, fmt.Errorf("customer %d is in tier %q, which is not among %q", i, p.Tier, tiers)
		}
		tierOf[i] = p.Tier
		s.Clusters = append(s.Clusters, p.Cluster)
		s.IDs = append(s.IDs, t.Customer(i).ID)
	}
	s.words(features.WordSeries(features.Column{Name: "tier", Levels: tiers}, tierOf))
	for _, c := range slices.Concat(features.EngineeredColumns(), features.Columns()) {
		if slices.Contains([]string{"id", "dt_customer", "z_cost_contact", "z_revenue"}, c.Name) {
			continue
		}
		values, err := t.Column(c.Name)
		if err != nil {
			return nil, err
		}
		if c.Kind == features.Category {
			s.words(values)
			continue
		}
		column := &Column{Name: c.Name, Flag: c.Kind == features.Flag || c.Kind == features.Bool, Money: c.Kind == features.Amount, Whole: c.Kind == features.Integer, Numbers: make([]float64, t.Len())}
		for i := range column.Numbers {
			column.Numbers[i] = values.Number(i)
		}
		s.add(column)
	}
	return s, nil
}

// words adds a column of words; a missing one is a level of its own.
func (s *Set) words(values features.Series) {
	c := &Column{Name: values.Column().Name, Levels: values.Levels(), codes: make([]int, values.Len())}
	none := -1
	for i := range c.codes {
		if c.codes[i] = values.Code(i); c.codes[i] < 0 {
			if none < 0 {
				none = len(c.Levels)
				c.Levels = append(c.Levels, "")
			}
			c.codes[i] = none
		}
	}
	s.add(c)
}

func (s *Set) add(c *Column) {
	s.columns = append(s.columns, c)
	s.byName[c.Name] = c
}

// Len is the number of customers.
func (s *Set) Len() int { return len(s.IDs) }

// Columns are all columns, that of the tiers first.
func (s *Set) Columns() []*Column { return s.columns }

// Column gives a column by name, nil where there is none.
func (s *Set) Column(name string) *Column { return s.byName[name] }

// Tier is the tier of a row.
func (s *Set) Tier(row int) string { return s.byName["tier"].Level(row) }

// An Op compares a value.
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

// A Filter keeps the rows whose value in a column fits: one of Words, or a
// number by A (and B, for Between). A missing number fits nothing.
type Filter struct {
	Column string
	Op     Op
	Words  []string
	A, B   float64
}

// Rows are the rows that fit all filters, in order.
func (s *Set) Rows(filters ...Filter) ([]int, error) {
	var tests []func(int) bool
	for _, f := range filters {
		c := s.byName[f.Column]
		if c == nil {
			return nil, fmt.Errorf("there is no column %q", f.Column)
		}
		if !c.Numeric() {
			var keep []int
			for _, w := range f.Words {
				if i := slices.Index(c.Levels, w); i >= 0 {
					keep = append(keep, i)
				}
			}
			not := f.Op == Not
			tests = append(tests, func(i int) bool { return slices.Contains(keep, c.codes[i]) != not })
			continue
		}
		a, b := f.A, f.B
		var fits func(float64) bool
		switch f.Op {
		case Is:
			fits = func(v float64) bool { return v == a }
		case Not:
			fits = func(v float64) bool { return v < a || v > a }
		case Over:
			fits = func(v float64) bool { return v > a }
		case AtLeast:
			fits = func(v float64) bool { return v >= a }
		case Under:
			fits = func(v float64) bool { return v < a }
		case AtMost:
			fits = func(v float64) bool { return v <= a }
		case Between:
			fits = func(v float64) bool { return v >= a && v <= b }
		default:
			return nil, fmt.Errorf("%q is no comparison", f.Op)
		}
		tests = append(tests, func(i int) bool { return fits(c.Numbers[i]) })
	}
	rows := make([]int, 0, s.Len())
next:
	for i := range s.IDs {
		for _, fits := range tests {
			if !fits(i) {
				continue next
			}
		}
		rows = append(rows, i)
	}
	return rows, nil
}

// An Aggregate makes one number of many.
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

// Aggregates are all aggregates.
func Aggregates() []Aggregate { return []Aggregate{Mean, Median, Sum, Min, Max, Count, Share} }

// Aggregate makes one number of a numeric column over some rows; missing
// values are left out. It is NaN where nothing is left, but for Count and Sum.
func (s *Set) Aggregate(how Aggregate, column string, rows []int) (float64, error) {
	if how == Count && column == "" {
		return float64(len(rows)), nil
	}
	c := s.byName[column]
	if c == nil || !c.Numeric() {
		return 0, fmt.Errorf("%q is no column of numbers", column)
	}
	values := make([]float64, 0, len(rows))
	for _, i := range rows {
		if v := c.Numbers[i]; v == v {
			values = append(values, v)
		}
	}
	return aggregate(how, values)
}

func aggregate(how Aggregate, values []float64) (float64, error) {
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
		return Quantile(values, 0.5), nil
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
	return 0, fmt.Errorf("%q is no aggregate", how)
}

// Quantile is the q-quantile of values, interpolated linearly (type 7 of
// Hyndman & Fan 1996). The values are sorted in place. It is NaN for none.
func Quantile(values []float64, q float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	at := q * float64(len(values)-1)
	i := int(at)
	if i+1 >= len(values) {
		return values[len(values)-1]
	}
	return values[i] + (at-float64(i))*(values[i+1]-values[i])
}

// A Query asks for an aggregate by group.
type Query struct {
	How     Aggregate
	Measure string   // numeric column; may be empty for Count
	By      []string // up to two columns: words, whole numbers of few values, or numbers in ranges
	Filters []Filter
}

// A Cell is the answer for one group.
type Cell struct {
	Keys  []int // index into Result.Levels, one for each column of By
	Value float64
	Count int
}

// A Result answers a Query.
type Result struct {
	Levels [][]string // the groups, one list for each column of By
	Cells  []Cell     // groups that have rows, in order
	Count  int        // rows that fit the filters
}

// Run answers a query.
func (s *Set) Run(q Query) (Result, error) {
	rows, err := s.Rows(q.Filters...)
	if err != nil {
		return Result{}, err
	}
	if len(q.By) > 2 {
		return Result{}, fmt.Errorf("grouping is by two columns at most, not %d", len(q.By))
	}
	r := Result{Count: len(rows)}
	codes := make([]func(int) int, len(q.By))
	for j, name := range q.By {
		levels, code, err := s.Groups(name, rows)
		if err != nil {
			return Result{}, err
		}
		r.Levels, codes[j] = append(r.Levels, levels), code
	}
	size := 1
	for _, l := range r.Levels {
		size *= len(l)
	}
	members := make([][]int, size)
next:
	for _, i := range rows {
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
	for at, m := range members {
		if len(m) == 0 && len(q.By) > 0 {
			continue
		}
		v, err := s.Aggregate(q.How, q.Measure, m)
		if err != nil {
			return Result{}, err
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

// Groups tells how rows are grouped by a column: the names of the groups, and
// the group of a row, −1 where its value is missing.
func (s *Set) Groups(column string, rows []int) ([]string, func(int) int, error) {
	c := s.byName[column]
	if c == nil {
		return nil, nil, fmt.Errorf("there is no column %q", column)
	}
	if !c.Numeric() {
		return c.Levels, func(i int) int { return c.codes[i] }, nil
	}
	if c.Flag {
		return []string{"no", "yes"}, func(i int) int {
			if c.Numbers[i] != c.Numbers[i] {
				return -1
			}
			return int(min(max(c.Numbers[i], 0), 1))
		}, nil
	}
	var distinct []float64
	for _, i := range rows {
		if v := c.Numbers[i]; v == v {
			if at, ok := slices.BinarySearch(distinct, v); !ok && len(distinct) <= few {
				distinct = slices.Insert(distinct, at, v)
			}
		}
	}
	if len(distinct) <= few {
		levels := make([]string, len(distinct))
		for i, v := range distinct {
			levels[i] = strconv.FormatFloat(v, 'f', -1, 64)
		}
		return levels, func(i int) int {
			if at, ok := slices.BinarySearch(distinct, c.Numbers[i]); ok {
				return at
			}
			return -1
		}, nil
	}
	edges := s.Edges(column, rows, few)
	levels := make([]string, len(edges)-1)
	for i := range levels {
		levels[i] = Short(edges[i]) + "–" + Short(edges[i+1])
	}
	return levels, func(i int) int { return Bin(edges, c.Numbers[i]) }, nil
}

// Edges are the ends of about n ranges of round width that hold every value of
// a numeric column in the rows.
func (s *Set) Edges(column string, rows []int, n int) []float64 {
	c := s.byName[column]
	low, high := math.Inf(1), math.Inf(-1)
	for _, i := range rows {
		if v := c.Numbers[i]; v == v {
			low, high = min(low, v), max(high, v)
		}
	}
	if low > high {
		return []float64{0, 1}
	}
	width := Round((high - low) / float64(n))
	if c.Whole {
		width = max(math.Ceil(width), 1)
	}
	edges := []float64{math.Floor(low/width) * width}
	for edges[len(edges)-1] <= high {
		edges = append(edges, edges[0]+float64(len(edges))*width)
	}
	return edges
}

// Bin is the range that v lies in, its upper end excluded; −1 for none.
func Bin(edges []float64, v float64) int {
	if !(v >= edges[0]) || v >= edges[len(edges)-1] {
		return -1
	}
	at, ok := slices.BinarySearch(edges, v)
	if !ok {
		at--
	}
	return at
}

// Round is the least of 1, 2, 2.5 and 5 times a power of ten that is not less
// than v; 1 for what is not positive.
func Round(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*power >= v {
			return m * power
		}
	}
	return 10 * power
}

// Short writes a number for the label of a range: 20k for 20,000.
func Short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return strconv.FormatFloat(v/1e6, 'f', -1, 64) + "M"
	case a >= 1e4:
		return strconv.FormatFloat(v/1e3, 'f', -1, 64) + "k"
	}
	return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64)
}
