package features

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// A DateBasis is what the order of the parts of dates rests on.
type DateBasis uint8

const (
	ByWriting   DateBasis = iota // the writing itself: the year first with four digits, or the month in letters
	ByDates                      // dates written so that can be read in one order only, such as 21-08-2013
	ByOption                     // ReadOptions.DateOrder
	BySpan                       // the span of the dates that leave no choice: in any other order more dates lie outside of it
	ByReach                      // plausibility: in any other order dates lie after the day of ReadOptions.AsOf, or spread over decades
	BySignature                  // the mark of a spreadsheet that exchanged day and month: both are at most 12 in all of these dates, and the day is above 12 in all others
	ByOthers                     // a guess, after the order of the column's other dates
	ByGuess                      // a guess: nothing decides
)

// String returns the basis in lower case.
func (b DateBasis) String() string {
	names := [...]string{"writing", "dates", "option", "span", "reach", "signature", "others", "guess"}
	if int(b) < len(names) {
		return names[b]
	}
	return "unknown"
}

// guess reports whether the order may well be another.
func (b DateBasis) guess() bool { return b >= BySignature }

// told reports whether the order rests on more than the dates themselves.
func (b DateBasis) told() bool { return b >= BySpan }

// A writing is how the dates of one layout are read. Where a file has padded
// and unpadded dates of one layout that may be of different origin, they are
// read in an order of their own.
type writing struct {
	layout layout
	split  bool
	by     [2]*reading // of all dates, or, split, of padded and unpadded ones
	free   int         // split: which of the two has 10-11-2012, which is either
	pad    uint8       // what the dates show about padding
}

// of returns which of the two readings a date has.
func (w *writing) of(p dateParts) int {
	switch {
	case !w.split:
		return 0
	case p.pad&loosePad != 0:
		return 1
	case p.pad&zeroPad != 0:
		return 0
	case !w.layout.low(p):
		return 1 - w.free
	}
	return w.free
}

const (
	loosePad = looseFirst | looseSecond
	zeroPad  = zeroFirst | zeroSecond
)

// mixed reports whether one part is padded in some dates and not in others.
func mixed(pad uint8) bool { return pad&loosePad&(pad>>1) != 0 }

// A reading is the order in which dates of a writing are read, what it rests
// on, and what was read so.
type reading struct {
	layout layout
	order  DateOrder
	basis  DateBasis
	final  bool // decided with all dates of the file in view
	wrong  bool // dates further on prove it

	rival                 DateOrder // the other order
	thin                  bool      // so few dates differ between the two that it may well be the other
	outside, rivalOutside int       // dates outside of the span in this order and in the other
	span                  span      // of the dates that leave no choice
	reach, rivalReach     span      // of these dates in this order and in the other

	dates   [4]int     // dates read, by dateLow and dateOpen
	days    *dayCounts // the dates read, nil while there are none
	loose   bool       // a day or month has one digit
	far     span       // of the dates of other years that leave no choice
	example string     // the first date that rests on the basis
}

// What is known of a date read, beside its day.
const (
	dateLow  uint8 = 1 << iota // day and month are both up to 12
	dateOpen                   // a year of two digits may stand at the other end
)

func (d *reading) count() int {
	return d.dates[0] + d.dates[dateLow] + d.dates[dateOpen] + d.dates[dateLow|dateOpen]
}
func (d *reading) low() int  { return d.dates[dateLow] + d.dates[dateLow|dateOpen] }
func (d *reading) open() int { return d.dates[dateOpen] + d.dates[dateLow|dateOpen] }

// dayCounts counts the dates of the years 1980 to 2043, by day less firstDay.
type dayCounts [64 << 9]uint32

const firstDay = 1980 << 9

// certain returns the span of the dates read that leave no choice.
func (d *reading) certain() span {
	s := d.far
	for i, k := range d.days {
		if k > 0 && (i&31 > 12 || d.order == YearFirst) {
			s.add(i + firstDay)
		}
	}
	return s
}

// lowOutside counts the dates that could be exchanged, and those of them outside
// of a span, as they are and exchanged.
func (d *reading) lowOutside(s span) (n, asRead, other int) {
	for i, k := range d.days {
		if k == 0 || i&31 > 12 {
			continue
		}
		at := i + firstDay
		n += int(k)
		if at < s.from || at > s.to {
			asRead += int(k)
		}
		if at = ymd(at>>9, at&31, at>>5&15); at < s.from || at > s.to {
			other += int(k)
		}
	}
	return n, asRead, other
}

// doubtful reports whether day and month of the dates that allow it seem to
// have been exchanged before they were written like the others: only then they
// often lie outside of the span of those that do not allow it.
func (d *reading) doubtful() bool {
	s := d.certain()
	if d.basis.told() || d.order > MonthFirst || s.from == 0 {
		return false
	}
	n, asRead, other := d.lowOutside(s)
	if asRead-other < enoughOutside || !clearly(other, asRead, n) {
		return false
	}
	d.span, d.outside, d.rivalOutside = s, asRead, other
	switch d.order {
	case DayFirst, MonthFirst:
		d.rival = DayFirst + MonthFirst - d.order
	default:
		d.rival = exchanged
	}
	return true
}

// A doubt is a reading that dates further on may prove wrong, since the source
// is too long to look ahead to its end, with the dates that it rests on.
type doubt struct {
	reading *reading
	tally   *dateTally
}

// A span is a stretch of days, as year<<9 | month<<5 | day; the zero span is
// empty.
type span struct{ from, to int }

func (s *span) add(ymd int) {
	if s.from == 0 || ymd < s.from {
		s.from = ymd
	}
	s.to = max(s.to, ymd)
}

func (s span) years() int { return s.to>>9 - s.from>>9 }

func ymd(year, month, day int) int { return year<<9 | month<<5 | day }

// dayOf returns a day as a time; the zero time for none.
func dayOf(ymd int) time.Time {
	if ymd == 0 {
		return time.Time{}
	}
	return day(ymd>>9, ymd>>5&15, ymd&31)
}

// maxDistinct bounds the different dates of a writing that are counted, so
// that memory stays constant.
const maxDistinct = 1 << 14

// A dateTally counts the different dates of one writing.
type dateTally struct {
	layout  layout
	dates   map[dateParts]int
	n, high int                      // dates, and those that cannot be exchanged
	only    [exchanged + 1]int       // dates that can be read in one order only
	pad     uint8                    // what they show about padding
	padded  [2]struct{ n, high int } // of padded and of unpadded ones
}

func (t *dateTally) add(p dateParts, n int) {
	t.pad |= p.pad
	if _, ok := t.dates[p]; !ok && len(t.dates) >= maxDistinct {
		return
	}
	t.dates[p] += n
	t.n += n
	high := n
	if t.layout.low(p) {
		high = 0
	}
	t.high += high
	if p.pad&(loosePad|zeroPad) != 0 {
		kind := &t.padded[0]
		if p.pad&loosePad != 0 {
			kind = &t.padded[1]
		}
		kind.n, kind.high = kind.n+n, kind.high+high
	}
	if set := t.layout.orders(p); bits.OnesCount8(set) == 1 {
		t.only[bits.TrailingZeros8(set)] += n
	}
}

// numeric reports whether the order of the parts is open.
func (t *dateTally) numeric() bool { return t.layout.shape == shapeNumbers }

// settled reports whether the dates so far decide their order whatever else the
// file holds.
func (t *dateTally) settled() bool {
	if !t.numeric() {
		return t.high > 0
	}
	if split, _ := t.splits(); split {
		return false
	}
	return max(t.only[DayFirst], t.only[MonthFirst], t.only[YearFirst]) >= maxVotes || t.layout.short && t.high > 0 && t.n >= enoughYears
}

// hints reports whether some dates decide, where there is no memory for more.
func (t *dateTally) hints() bool {
	if split, _ := t.splits(); split {
		return false
	}
	return t.high > 0 && (!t.numeric() || !t.layout.short || t.n >= enoughYears)
}

// enoughYears is how many dates show whether a year of two digits is first or
// last: the days of so many cover the month, the years of enrolment do not.
const enoughYears = 512

// cost counts the dates that an order makes implausible: no day of the
// calendar, outside of the span, or after the last day.
func (t *dateTally) cost(order DateOrder, s span, last int) (n int) {
	for p, k := range t.dates {
		y, m, d, ok := t.layout.in(p, order)
		if at := ymd(y, m, d); !ok || at > last || s.from > 0 && (at < s.from || at > s.to) {
			n += k
		}
	}
	return n
}

// away adds up how many days the dates lie outside of the span in an order.
func (t *dateTally) away(order DateOrder, s span) (n int) {
	for p, k := range t.dates {
		y, m, d, _ := t.layout.in(p, order)
		switch at := ymd(y, m, d); {
		case at < s.from:
			n += k * (dayNumber(s.from) - dayNumber(at))
		case at > s.to:
			n += k * (dayNumber(at) - dayNumber(s.to))
		}
	}
	return n
}

// dayNumber counts the days, near enough to compare distances.
func dayNumber(ymd int) int { return ymd>>9*365 + ymd>>5&15*30 + ymd&31 }

// reach returns the span of the dates in an order, without the outermost
// share of them at either end.
func (t *dateTally) reach(order DateOrder, share float64) span {
	var all counted
	for p, k := range t.dates {
		if y, m, d, ok := t.layout.in(p, order); ok {
			all = append(all, dayCount{ymd(y, m, d), k})
		}
	}
	return all.span(share)
}

type dayCount struct{ ymd, n int }

type counted []dayCount

// span returns the days between the quantiles share and 1 − share.
func (c counted) span(share float64) span {
	slices.SortFunc(c, func(a, b dayCount) int { return a.ymd - b.ymd })
	n := 0
	for _, d := range c {
		n += d.n
	}
	cut := int(share * float64(n))
	var s span
	before := 0
	for _, d := range c {
		if before+d.n > cut && before < n-cut {
			s.add(d.ymd)
		}
		before += d.n
	}
	return s
}

// clearly reports whether a implausible dates of n against b decide: none
// against some, or at most a quarter, and a hundredth of the dates at least.
func clearly(a, b, n int) bool { return a < b && 4*a <= b && 100*(b-a) >= n }

// A dateColumn is what decides how the dates of a file are read: the tallies
// of its writings, and what of it was read before.
type dateColumn struct {
	tallies []*dateTally
	known   []*writing // decided before
	doubts  []doubt    // of these
	last    int        // nobody has enrolled after this day
	whole   bool       // tallies have all dates of the file
	final   bool       // or all that were not read before
}

func (c *dateColumn) tally(l layout) *dateTally {
	for _, t := range c.tallies {
		if t.layout == l {
			return t
		}
	}
	t := &dateTally{layout: l, dates: map[dateParts]int{}}
	c.tallies = append(c.tallies, t)
	return t
}

func find(writings []*writing, l layout) *writing {
	for _, w := range writings {
		if w.layout == l {
			return w
		}
	}
	return nil
}

// A part is a writing, or the padded or unpadded dates of one, on the way to a
// decision.
type datePart struct {
	*dateTally
	reading *reading
	decided bool
}

// decide returns the writings that are not known yet. The evidence, strongest
// first: dates of the writing that leave no choice; the span of all dates that
// leave none; days that cannot be, and years that spread over decades; the
// mark of a spreadsheet. Where there is none the order is a guess.
func (c *dateColumn) decide() []*writing {
	var fresh []*writing
	var parts []*datePart
	for _, t := range c.tallies {
		w := find(c.known, t.layout)
		if w == nil {
			w = &writing{layout: t.layout}
			fresh = append(fresh, w)
		}
		c.split(w, t)
		for i, s := range t.parts(w.split, w.free) {
			p := &datePart{s, w.by[i], w.by[i] != nil}
			if p.reading == nil {
				p.reading = &reading{layout: t.layout, final: c.final, loose: i > 0}
				w.by[i], p.decided = p.reading, !t.numeric() && s.high > 0
			}
			parts = append(parts, p)
		}
	}
	for _, p := range parts {
		if p.numeric() && !p.decided {
			c.byDates(p, parts)
		}
	}
	old := len(parts)
	for _, d := range c.doubts {
		again := reading{layout: d.tally.layout}
		parts = append(parts, &datePart{d.tally, &again, false})
	}
	for _, numeric := range []bool{true, false} {
		for _, p := range parts {
			if p.decided || p.numeric() != numeric {
				continue
			}
			if numeric {
				c.bySpan(p, parts)
			} else {
				c.byExchange(p, parts)
			}
			p.decided = true
		}
	}
	for i, p := range parts[old:] {
		if before := c.doubts[i].reading; before.order != p.reading.order && !p.reading.basis.guess() {
			before.wrong = true
		}
	}
	for _, p := range parts[:old] {
		if !c.final && p.reading.count() == 0 && (p.reading.basis.told() || !p.numeric() && p.high == 0) {
			c.doubts = append(c.doubts, doubt{p.reading, p.dateTally})
		}
	}
	return fresh
}

// split separates the padded from the unpadded dates of a writing where splits
// is true. What was read before keeps its reading.
func (c *dateColumn) split(w *writing, t *dateTally) {
	if all := (w.pad | t.pad); w.by[0] != nil && !w.split && mixed(all) && w.by[0].basis == ByDates {
		// All dates before were of one kind, with dates that leave no choice.
		if zero, loose := t.padded[0], t.padded[1]; w.pad&loosePad == 0 && loose.high == 0 {
			w.split, w.free = true, 1
		} else if w.pad&loosePad != 0 && zero.high == 0 {
			w.split, w.free = true, 0
			w.by[0], w.by[1] = nil, w.by[0]
		}
	} else if w.by[0] == nil && !w.split {
		w.split, w.free = t.splits()
	}
	w.pad |= t.pad
}

// splits reports whether padded and unpadded dates have to be told apart: both
// are there, and only one kind has dates that leave no choice. Then free is the
// other kind.
func (t *dateTally) splits() (split bool, free int) {
	zero, loose := t.padded[0], t.padded[1]
	if !t.numeric() || !mixed(t.pad) || zero.n == 0 || loose.n == 0 || (zero.high > 0) == (loose.high > 0) {
		return false, 0
	}
	if zero.high > 0 {
		return true, 1
	}
	return true, 0
}

// parts returns the tallies that a writing with this split makes of one.
func (t *dateTally) parts(split bool, free int) []*dateTally {
	if !split {
		return []*dateTally{t}
	}
	w := writing{layout: t.layout, split: true, free: free}
	parts := []*dateTally{{layout: t.layout, dates: map[dateParts]int{}}, {layout: t.layout, dates: map[dateParts]int{}}}
	for p, n := range t.dates {
		parts[w.of(p)].add(p, n)
	}
	return parts
}

// certain returns the days, other than those of one part, that leave no
// choice.
func (c *dateColumn) certain(parts []*datePart, but *datePart) counted {
	var all counted
	for _, p := range parts {
		if p == but || p.numeric() && !p.decided && p.layout.short || !p.numeric() && p.high == 0 || p.decided && p.reading.basis.told() {
			continue
		}
		for k, n := range p.dates {
			if o, ok := p.onlyOrder(k); ok {
				y, m, d, _ := p.layout.in(k, o)
				all = append(all, dayCount{ymd(y, m, d), n})
			}
		}
	}
	for _, w := range c.past() {
		for _, r := range w.by {
			if r == nil || r.days == nil || r.basis.told() {
				continue
			}
			if s := r.certain(); s.from > 0 {
				all = append(all, dayCount{s.from, 1}, dayCount{s.to, 1})
			}
		}
	}
	return all
}

// onlyOrder returns the order in which alone a date can be read, once it is
// known whether the year of two digits is first.
func (p *datePart) onlyOrder(k dateParts) (DateOrder, bool) {
	set := p.layout.orders(k)
	switch {
	case !p.numeric():
		return asWritten, set&(1<<asWritten) != 0
	case p.layout.short && p.reading.order == YearFirst:
		return YearFirst, set&(1<<YearFirst) != 0
	case p.layout.short:
		set &^= 1 << YearFirst
	}
	return DayFirst + DateOrder(set>>MonthFirst&1), set == 1<<DayFirst || set == 1<<MonthFirst
}

// past returns the writings whose dates were read before those in tallies.
func (c *dateColumn) past() []*writing {
	if c.whole {
		return nil
	}
	return c.known
}

// evidence returns the span of the dates that leave no choice and the last
// day. Dates that leave no choice and lie after that day show that it is none.
func (c *dateColumn) evidence(parts []*datePart, but *datePart, share float64) (span, int) {
	s := c.certain(parts, but).span(share)
	return s, max(c.last, s.to)
}

// byDates decides a writing by its own dates, if possible: between day and
// month by those that leave no choice, between these and the year first by what
// each would mean for them.
func (c *dateColumn) byDates(p *datePart, parts []*datePart) {
	r := p.reading
	basis := ByDates
	if p.layout.short {
		s, last := c.evidence(parts, p, 0)
		r.order, r.rival = DayFirst, YearFirst
		if p.cost(MonthFirst, s, last) < p.cost(DayFirst, s, last) {
			r.order = MonthFirst
		}
		one, year := p.cost(r.order, s, last), p.cost(YearFirst, s, last)
		if year < p.n || one == p.n { // the year can be first
			last, first := p.reach(r.order, 0.01).years(), p.reach(YearFirst, 0.01).years()
			switch {
			case clearly(one, year, p.n), !clearly(year, one, p.n) && spreads(first, last):
			case clearly(year, one, p.n), spreads(last, first):
				basis = ByReach
				if s.from > 0 {
					basis = BySpan
				}
				if p.only[YearFirst] > 0 && p.cost(r.order, span{}, math.MaxInt) > p.cost(YearFirst, span{}, math.MaxInt) {
					basis = ByDates
				}
				r.order, r.rival = YearFirst, r.order
				c.settle(p, parts, basis)
				return
			default:
				basis = ByGuess
			}
		}
	}
	dayOnly, monthOnly := p.cost(MonthFirst, span{}, math.MaxInt)-p.cost(DayFirst, span{}, math.MaxInt), 0
	if dayOnly < 0 {
		dayOnly, monthOnly = 0, -dayOnly
	}
	switch {
	case monthOnly > 0:
		r.order = MonthFirst
	case dayOnly > 0 || p.high > 0:
		r.order = DayFirst
	default:
		return
	}
	if basis == ByDates {
		r.rival = DayFirst + MonthFirst - r.order
	}
	c.settle(p, parts, basis)
}

// spreads reports whether years spread over decades against a few.
func spreads(wide, narrow int) bool {
	return narrow <= 10 && wide >= 3*narrow && wide-narrow >= 10
}

// settle notes what the order of a writing rests on.
func (c *dateColumn) settle(p *datePart, parts []*datePart, basis DateBasis) {
	r := p.reading
	r.basis, p.decided = basis, true
	if !basis.told() {
		return
	}
	s, last := c.evidence(parts, p, 0)
	r.span, r.outside, r.rivalOutside = s, p.cost(r.order, s, last), p.cost(r.rival, s, last)
	r.reach, r.rivalReach = p.reach(r.order, 0), p.reach(r.rival, 0)
	r.thin = r.rivalOutside-r.outside < enoughOutside && !spreads(r.rivalReach.years(), r.reach.years())
}

// enoughOutside is how many dates more must lie outside of the span in one
// order for the other to be no guess.
const enoughOutside = 3

// bySpan decides a writing whose dates all leave open whether the day or the
// month is first.
func (c *dateColumn) bySpan(p *datePart, parts []*datePart) {
	r := p.reading
	day, month := 0, 0
	for _, share := range []float64{0, 0.01} { // a day of 1900 or 2099 must not blur the span
		s, last := c.evidence(parts, p, share)
		day, month = p.cost(DayFirst, s, last), p.cost(MonthFirst, s, last)
		r.order, r.rival = DayFirst, MonthFirst
		if month < day {
			r.order, r.rival = MonthFirst, DayFirst
		}
		clear := clearly(min(day, month), max(day, month), p.n)
		if !clear && s.from > 0 && share == 0 && day != month {
			// With few dates the span is uncertain; then the distance of the others from
			// it decides more than their number.
			clear = clearly(p.away(r.order, s), p.away(r.rival, s), 0)
		}
		if clear {
			basis := ByReach
			if s.from > 0 {
				basis = BySpan
			}
			c.settle(p, parts, basis)
			return
		}
	}
	r.order, r.rival = DayFirst, MonthFirst
	order, low, high := c.others(parts, p)
	switch {
	case order == OrderFromData:
		c.settle(p, parts, ByGuess)
	case low == 0 && byChance(p.n, high) < 0.05:
		r.order, r.rival = DayFirst+MonthFirst-order, order
		c.settle(p, parts, BySignature)
	default:
		r.order, r.rival = order, DayFirst+MonthFirst-order
		c.settle(p, parts, ByOthers)
	}
}

// byExchange decides whether a spreadsheet has exchanged day and month in
// dates whose writing fixes their order, none of which has a day above 12.
func (c *dateColumn) byExchange(p *datePart, parts []*datePart) {
	r := p.reading
	r.order, r.basis = asWritten, ByWriting
	order, low, high := c.others(parts, p)
	if order == OrderFromData || p.n == 0 || p.n >= 3 && p.sameDay() {
		return
	}
	written, other := 0, 0
	nearer, farther := false, false
	for _, share := range []float64{0, 0.01} {
		s, last := c.evidence(parts, p, share)
		written, other = p.cost(asWritten, s, last), p.cost(exchanged, s, last)
		if written != other {
			a, b := p.away(asWritten, s), p.away(exchanged, s)
			nearer = clearly(written, other, p.n) || written < other && clearly(a, b, 0)
			farther = clearly(other, written, p.n) || other < written && clearly(b, a, 0)
			break
		}
	}
	signature := low == 0 && byChance(p.n, high) < 0.05
	r.rival = exchanged
	switch {
	case farther && (low == 0 || byChance(p.n, 0) < 0.05):
		r.order, r.rival = exchanged, asWritten
		c.settle(p, parts, BySpan)
	case signature && nearer:
		c.settle(p, parts, BySpan)
	case signature:
		r.order, r.rival = exchanged, asWritten
		c.settle(p, parts, BySignature)
	}
}

// byChance returns the probability that n days of a month are all up to 12 and
// others all above, where nothing but chance is at work.
func byChance(n, above int) float64 {
	p := 1.0
	for range min(n, 100) {
		p *= 0.4
	}
	for range min(above, 100) {
		p *= 0.6
	}
	return p
}

// sameDay reports whether all dates have the same day of the month, as when
// everybody enrols on the first.
func (t *dateTally) sameDay() bool {
	day := int16(-1)
	for p := range t.dates {
		if day >= 0 && p.c != day {
			return false
		}
		day = p.c
	}
	return true
}

// others returns the order that the other dates of numbers show by themselves,
// and how many of these have a day up to 12 and above.
func (c *dateColumn) others(parts []*datePart, but *datePart) (order DateOrder, low, high int) {
	votes := [exchanged + 1]int{}
	count := func(r *reading, l, h int) {
		low, high = low+l, high+h
		votes[r.order] += h
	}
	for _, p := range parts {
		if p != but && p.numeric() && p.decided && !p.reading.basis.told() {
			count(p.reading, p.n-p.high, p.high)
		}
	}
	for _, w := range c.past() {
		for _, r := range w.by {
			if r != nil && w.layout.shape == shapeNumbers && r.count() > 0 && !r.basis.told() {
				count(r, r.low(), r.count()-r.low())
			}
		}
	}
	switch {
	case high == 0:
		return OrderFromData, low, high
	case votes[MonthFirst] > votes[DayFirst]:
		return MonthFirst, low, high
	}
	return DayFirst, low, high
}
