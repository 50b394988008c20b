package ask

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

// days are the columns of days of customers, of which questions may have conditions:
// numbers yyyymmdd in the order of the customers, as the conditions have them; NaN for
// none.
type days map[string][]float64

// daysOf returns those of a table with a row for each of n customers; none of another.
func daysOf(t *features.Table, n int) days {
	out := days{}
	if t == nil || t.Len() != n {
		return out
	}
	for _, c := range t.Columns() {
		if c.Kind != features.Date {
			continue
		}
		s, list := t.Series(c.Name), make([]float64, n)
		for i := range list {
			if list[i] = math.NaN(); !s.Missing(i) {
				list[i] = dayNumber(s.Day(i).Date())
			}
		}
		out[c.Name] = list
	}
	return out
}

func dayNumber(year int, month time.Month, day int) float64 {
	return float64(10000*year + 100*int(month) + day)
}

// dayOf returns the day of a number; false for one that is none.
func dayOf(v float64) (time.Time, bool) {
	if v != math.Trunc(v) || v < 10101 || v > 99991231 {
		return time.Time{}, false
	}
	n := int(v)
	t := time.Date(n/10000, time.Month(n/100%100), n%100, 0, 0, 0, 0, time.UTC)
	return t, dayNumber(t.Date()) == v
}

// fitsDay returns the test of a condition on a column of days.
func (a *Answerer) fitsDay(c features.Condition, list []float64) (func(int) bool, error) {
	switch {
	case c.Op == Missing:
		return func(i int) bool { return list[i] != list[i] }, nil
	case c.Op == Known:
		return func(i int) bool { return list[i] == list[i] }, nil
	}
	_, from := dayOf(c.A)
	_, to := dayOf(c.B)
	if len(c.Words) > 0 || !from || c.Op == features.Between && !to {
		return nil, fmt.Errorf("%w: %s is compared with days, such as 20130131", segment.ErrOption, c.Column)
	}
	return compares(c, func(i int) float64 { return list[i] })
}

// dayed reads when something was: joined in 2013, since March 2014, before 5 May
// 2013, between 2012 and 2013. A question that goes on from another with such a
// condition may leave out what it was.
func (p *parser) dayed() (int, error) {
	m, named := p.tok(0).as(kDay)
	i := 1
	if !named {
		if i = 0; p.at > 0 && !p.tok(-1).does("and", "also") || !p.tok(0).does("in", "since", "after", "before") {
			return 0, nil
		}
		if m.name = p.lastDay(); m.name == "" {
			return 0, nil
		}
	}
	for named && p.tok(i).does("be") {
		i++
	}
	c := features.Condition{Column: m.name, Op: features.Between}
	t := p.tok(i)
	compare, _ := t.as(kCompare)
	if compared := compare.op == features.Between || compare.op == features.AtLeast || compare.op == features.AtMost; compared || t.does("in", "on", "from", "since", "after", "before", "to") {
		i++
	}
	from, to, n := p.period(i)
	if _, last, more := p.period(i + 2); n == 0 && more > 0 && p.tok(i+1).does("to", "and") { // March to May 2013
		from, to, n = p.periodOf(i, int(last)/10000)
	}
	if n == 0 {
		if !named {
			return 0, nil
		}
		return 0, &Unclear{Key: "ask.unclear.day"}
	}
	i += n
	c.A, c.B = from, to
	switch {
	case compare.op == features.Between, p.tok(i).does("to", "and") && (compare.op == features.AtLeast || t.does("from")):
		_, last, n := p.period(i + 1)
		if !p.tok(i).does("to", "and") || n == 0 || last < from {
			return 0, &Unclear{Key: "ask.unclear.comparison"}
		}
		i, c.B = i+1+n, last
	case t.does("since", "from"), m.op == features.AtLeast, compare.op == features.AtLeast:
		c.Op, c.B = features.AtLeast, 0
	case t.does("after"):
		c.Op, c.A, c.B = features.Over, to, 0
	case t.does("before"):
		c.Op, c.B = features.Under, 0
	case t.does("to"), compare.op == features.AtMost:
		c.Op, c.A, c.B = features.AtMost, to, 0
	case from == to:
		c.Op, c.B = features.Is, 0
	}
	if p.relative || !named {
		p.partAt("with")
	} else {
		p.partAt("verb")
	}
	p.afterBy = false
	if err := p.add(c); err != nil || p.comparing() || c.Op != features.Between && c.Op != features.Is {
		return i, err
	}
	for p.tok(i).does("or", "and") { // in 2013 or in 2014
		at := i + 1
		for p.tok(at).does("in", "on") {
			at++
		}
		from, to, n := p.period(at)
		if n == 0 {
			break
		}
		c.Op, c.A, c.B = features.Between, from, to
		i, p.link = at+n, "or"
		if err := p.add(c); err != nil {
			return 0, err
		}
	}
	return i, nil
}

// lastDay returns the column of days that the last query has a condition on.
func (p *parser) lastDay() string {
	for _, c := range slices.Concat(p.last.Where...) {
		if p.days[c.Column] != nil {
			return c.Column
		}
	}
	return ""
}

// period reads a year, a part of it or a day at the i-th token: 2013, March 2014, first
// quarter of 2013, 5 May 2013, May 5, 2013, 2013-05-12. It returns its first and last day.
func (p *parser) period(i int) (from, to float64, n int) { return p.periodOf(i, 0) }

// periodOf reads a period of a year that is told elsewhere; 0 for one told here.
func (p *parser) periodOf(i, elsewhere int) (from, to float64, n int) {
	whole := func(i, least, most int) int { // 0 for none
		m, ok := p.tok(i).as(kNumber)
		if v := int(m.value); ok && p.tok(i).unit == "" && float64(v) == m.value && v >= least && v <= most {
			return v
		}
		return 0
	}
	month := func(i int) time.Month {
		m, _ := p.tok(i).as(kMonth)
		return time.Month(m.value)
	}
	last := func(i int) time.Month { // of several, as of a quarter
		m, _ := p.tok(i).as(kMonth)
		return max(time.Month(m.sign), time.Month(m.value))
	}
	of := func(i int) int { // the token behind of and commas
		for p.tok(i).does("of", "comma") {
			i++
		}
		return i
	}
	year := func(i int) int { return whole(i, 1900, 2100) }
	day := func(y int, m time.Month, d, behind int) (float64, float64, int) {
		v := dayNumber(y, m, d)
		if _, ok := dayOf(v); !ok {
			return 0, 0, 0
		}
		return v, v, behind - i
	}
	if y := year(i); y > 0 {
		if m, d := whole(i+2, 1, 12), whole(i+4, 1, 31); m > 0 && d > 0 && p.tok(i+1).text == "-" && p.tok(i+3).text == "-" {
			return day(y, time.Month(m), d, i+5)
		}
		return dayNumber(y, 1, 1), dayNumber(y, 12, 31), 1
	}
	if m := month(i); m > 0 {
		if y := year(of(i + 1)); y > 0 || elsewhere > 0 {
			n := 1
			if y > 0 {
				n = of(i+1) + 1 - i
			}
			y = max(y, elsewhere)
			return dayNumber(y, m, 1), dayNumber(time.Date(y, last(i)+1, 0, 0, 0, 0, 0, time.UTC).Date()), n
		}
		if d, y := whole(i+1, 1, 31), year(of(i+2)); d > 0 && y > 0 && last(i) == m {
			return day(y, m, d, of(i+2)+1)
		}
	}
	if d, m := whole(i, 1, 31), month(of(i+1)); d > 0 && m > 0 && last(of(i+1)) == m {
		if y := year(of(of(i+1) + 1)); y > 0 {
			return day(y, m, d, of(of(i+1)+1)+1)
		}
	}
	return 0, 0, 0
}
