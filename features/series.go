package features

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// A Series is a column with its values, one for each row. It is immutable and
// safe for concurrent use; the zero Series has no rows.
type Series struct{ *vector }

type vector struct {
	column  Column
	n       int
	numbers []float64 // of Integer, Amount, Percent, Flag and Bool; NaN for missing
	days    []int32   // of Date, counted from 1970-01-01; noDay for missing
	ids     texts     // of Identifier and FreeText
	codes   []int32   // of Category, positions in levels; −1 for missing
	levels  []string
}

const noDay = math.MinInt32

// Numeric reports whether the values of a column of the kind are numbers.
func (k Kind) Numeric() bool {
	return k == Integer || k == Amount || k == Flag || k == Bool || k == Percent
}

// words reports whether the values of a column of the kind are words.
func (k Kind) words() bool { return k == Category || k == Identifier || k == FreeText }

// Binary reports whether the values of a column of the kind are 0 or 1.
func (k Kind) Binary() bool { return k == Flag || k == Bool }

// NumberSeries returns a column of numbers, a copy of the values; NaN is a
// missing one. The kind of a column that is not one of numbers becomes Integer
// for ints and Amount for floats; that of whole numbers or flags becomes Amount
// where a value has a fraction.
func NumberSeries[T int | float64](c Column, values []T) Series {
	numbers := make([]float64, len(values))
	for i, v := range values {
		numbers[i] = float64(v)
	}
	if !c.Kind.Numeric() {
		c.Kind = Amount
		if _, ok := any(values).([]int); ok {
			c.Kind = Integer
		}
	}
	if c.Kind != Amount && c.Kind != Percent && slices.ContainsFunc(numbers, func(x float64) bool { return x-math.Trunc(x) != 0 && x == x }) {
		c.Kind = Amount
	}
	return Series{&vector{column: c, n: len(values), numbers: numbers}}
}

// WordSeries returns a column of words, a copy of the values; the empty word is
// a missing one. The kind becomes Category unless it is Identifier or FreeText.
func WordSeries(c Column, values []string) Series {
	if c.Kind == Identifier || c.Kind == FreeText {
		return Series{&vector{column: c, n: len(values), ids: textsOf(values)}}
	}
	c.Kind = Category
	var d dictionary
	codes := make([]int32, len(values))
	for i, word := range values {
		codes[i] = d.code(word) + 1
	}
	return d.series(c, codes)
}

// DaySeries returns a column of calendar days, each as the location of its time
// writes it; the zero time is a missing one. The kind becomes Date.
func DaySeries(c Column, days []time.Time) Series {
	c.Kind = Date
	s := &vector{column: c, n: len(days), days: make([]int32, len(days))}
	for i, d := range days {
		s.days[i] = unixDay(d)
	}
	return Series{s}
}

// unixDay counts the days from 1970-01-01 to a day.
func unixDay(t time.Time) int32 {
	if t.IsZero() {
		return noDay
	}
	return int32(midnight(t).Unix() / 86400) // midnight, so exact before 1970 too
}

// series returns the column of words with the given codes + 1, which it keeps; 0 is a
// missing one. The known levels come first, in the order of the column, the others
// behind them, sorted.
func (d *dictionary) series(c Column, codes []int32) Series {
	place := func(word string) int {
		if i := slices.Index(c.Levels, word); i >= 0 {
			return i
		}
		return len(c.Levels)
	}
	words := d.list()
	order := make([]int32, len(words)) // codes in the order of the levels
	for code := range order {
		order[code] = int32(code)
	}
	slices.SortFunc(order, func(a, b int32) int {
		if i, j := place(words[a]), place(words[b]); i != j {
			return i - j
		}
		return strings.Compare(words[a], words[b])
	})
	levels, to := slices.Grow([]string(nil), len(order)), make([]int32, len(order)+1) // no levels are nil
	to[0] = -1
	for i, code := range order {
		levels = append(levels, words[code])
		to[code+1] = int32(i)
	}
	for i, code := range codes {
		codes[i] = to[code]
	}
	return Series{&vector{column: c, n: len(codes), codes: codes, levels: levels}}
}

func (s Series) data() *vector { return orZero(s.vector) }

// Column returns the description of the column.
func (s Series) Column() Column {
	c := s.data().column
	c.Levels = slices.Clone(c.Levels)
	return c
}

// Name returns the name of the column.
func (s Series) Name() string { return s.data().column.Name }

// Named returns the column under another name.
func (s Series) Named(name string) Series {
	out := *s.data()
	out.column.Name = name
	return Series{&out}
}

// Kind returns the kind of the column; 0 for the zero Series.
func (s Series) Kind() Kind { return s.data().column.Kind }

// IsZero reports whether the series is the zero Series: no column of a table.
func (s Series) IsZero() bool { return s.vector == nil }

// Len returns the number of rows.
func (s Series) Len() int { return s.data().n }

// Number returns the value of a row in a column of numbers; NaN where it is
// missing, in the other columns and for a row that is not there.
func (s Series) Number(row int) float64 {
	if numbers := s.data().numbers; uint(row) < uint(len(numbers)) {
		return numbers[row]
	}
	return math.NaN()
}

// Numbers returns the values of a column of numbers, a copy; nil for the others.
func (s Series) Numbers() []float64 { return slices.Clone(s.data().numbers) }

// Word returns the value of a row in a column of words or ids; the empty word
// where it is missing, in the other columns and for a row that is not there.
func (s Series) Word(row int) string {
	if code := s.Code(row); code >= 0 {
		return s.levels[code]
	}
	if ids := s.data().ids; uint(row) < uint(ids.len()) {
		return ids.at(row)
	}
	return ""
}

// Words returns the values of a column of words or ids, a copy.
func (s Series) Words() []string {
	words := make([]string, s.Len())
	for i := range words {
		words[i] = s.Word(i)
	}
	return words
}

// Day returns the value of a row in a column of days, at midnight UTC; the zero
// time where it is missing, in the other columns and for a row that is not
// there.
func (s Series) Day(row int) time.Time {
	if days := s.data().days; uint(row) < uint(len(days)) && days[row] != noDay {
		return time.Unix(int64(days[row])*86400, 0).UTC()
	}
	return time.Time{}
}

// Missing reports whether a row has no value.
func (s Series) Missing(row int) bool {
	switch k := s.Kind(); {
	case k.words():
		return s.Word(row) == ""
	case k == Date:
		return s.Day(row).IsZero()
	}
	return math.IsNaN(s.Number(row))
}

// Levels returns the words that occur in a Category, those of
// [Column].Levels first and in that order, the others sorted. The slice is the
// caller's own.
func (s Series) Levels() []string { return slices.Clone(s.data().levels) }

// Code returns the position of a row's word in Levels; −1 where it is missing,
// in columns that are no Category and for a row that is not there.
func (s Series) Code(row int) int {
	if codes := s.data().codes; uint(row) < uint(len(codes)) {
		return int(codes[row])
	}
	return -1
}

// rows returns the values of some rows, in their order.
func (s Series) rows(rows []int) Series {
	out := &vector{column: s.column, n: len(rows)}
	switch {
	case s.numbers != nil:
		out.numbers = gather(s.numbers, rows)
	case s.days != nil:
		out.days = gather(s.days, rows)
	case s.ids.end != nil:
		out.ids = s.ids.rows(rows)
	default:
		out.codes = gather(s.codes, rows)
		to := make([]int32, len(s.levels)) // codes among the levels that are left, from 1
		for _, code := range out.codes {
			if code >= 0 {
				to[code] = 1
			}
		}
		for code, level := range s.levels {
			if to[code] > 0 {
				out.levels = append(out.levels, level)
				to[code] = int32(len(out.levels))
			}
		}
		for i, code := range out.codes {
			if code >= 0 {
				out.codes[i] = to[code] - 1
			}
		}
	}
	return Series{out}
}

// slice returns some rows, in the memory of the series.
func (s Series) slice(from, to int) Series {
	out := *s.vector
	out.n, out.numbers, out.days = to-from, part(s.numbers, from, to), part(s.days, from, to)
	out.ids, out.codes = s.ids.slice(from, to), part(s.codes, from, to)
	return Series{&out}
}

// part returns the values from:to of those of a kind, nil for none.
func part[T any](values []T, from, to int) []T {
	if values == nil {
		return nil
	}
	return values[from:to:to]
}

func gather[T any](from []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = from[row]
	}
	return out
}

// set stores the value of a row in what a pointer to one of its kind points to.
// A missing number is 0 in an int.
func (s Series) set(p any, row int) {
	switch p := p.(type) {
	case *string:
		*p = s.Word(row)
	case *time.Time:
		*p = s.Day(row)
	case *float64:
		*p = s.Number(row)
	default:
		if x := s.Number(row); x == x {
			setNumber(p, x)
		}
	}
}

// fits reports whether set can put values of the column into a field.
func (s Series) fits(f *Field) bool {
	return f.Kind == s.column.Kind || f.Kind.Numeric() && s.column.Kind.Numeric()
}

// check returns the error of a series that is not as long as the rows of its table.
func (s Series) check(rows int) error {
	if n := s.Len(); n != rows {
		return fmt.Errorf("%w: column %s has %s and the table %s; want one for each row", ErrLength, s.data().column.Name, count(n, "value"), count(rows, "row"))
	}
	return nil
}
