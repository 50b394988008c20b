package features

import (
	"bytes"
	"io"

	"github.com/customer-personality/segmentation/internal/cause"
)

// A ballot counts the evidence of the rows of a file on a question.
type ballot interface {
	vote(r *Reader, s step, b []byte) // a field has its say
	decided() bool                    // no further field can change the answer
	hints() bool                      // the answer is good enough where the look ahead ends
	restart()                         // all fields vote again, from the first on
}

// A dateBallot tallies the dates of a file.
type dateBallot struct {
	dateColumn
	layout layout // the writing that is to be decided
	again  bool   // it was, but now there are dates that are padded in another way
}

func (v *dateBallot) vote(r *Reader, s step, b []byte) {
	if s.kind != Date {
		return
	}
	b, _ = r.utf8(b)
	if p := parseDate(b); p.form == dateRead && p.layout.orders(p.parts) != 0 {
		v.tally(p.layout).add(p.parts, 1)
	}
}

func (v *dateBallot) all(is func(t *dateTally) bool) bool {
	found := false
	for _, t := range v.tallies {
		found = found || t.layout == v.layout
		if (find(v.known, t.layout) == nil || v.again && t.layout == v.layout) && !is(t) {
			return false
		}
	}
	return found
}

func (v *dateBallot) decided() bool { return !v.whole && v.all((*dateTally).settled) }
func (v *dateBallot) hints() bool   { return v.all((*dateTally).hints) }
func (v *dateBallot) restart()      { v.tallies, v.whole = nil, true }

// decideOrder finds how the dates of a layout, and of all others that the look
// ahead meets, are read.
func (r *Reader) decideOrder(l layout) error {
	y, m, d := r.opts.AsOf.Day().Date()
	v := dateBallot{dateColumn{known: r.writings, doubts: r.doubts, last: ymd(y, int(m), d)}, l, find(r.writings, l) != nil}
	complete, err := r.hold(&v)
	v.final = complete
	for _, t := range v.tallies {
		if w := byOption(t.layout, r.opts.DateOrder); w != nil && find(v.known, t.layout) == nil {
			v.known = append(v.known, w)
		}
	}
	fresh := v.decide()
	if v.again {
		find(v.known, l).pad |= loosePad | zeroPad // once is enough
	}
	r.writings, r.doubts = append(v.known, fresh...), v.doubts
	for _, d := range r.read {
		if d.wrong && err == nil {
			err = &ReadError{File: r.opts.Name, Line: r.line, Column: schema[colDtCustomer].Name,
				Reason: "the dates from here on show that " + provesWrong, Want: contradiction.want, Err: ErrContradiction}
		}
	}
	if find(r.writings, l) == nil { // the file changes while it is read
		d := &reading{layout: l, order: DayFirst, rival: MonthFirst, basis: ByGuess}
		r.writings = append(r.writings, &writing{layout: l, by: [2]*reading{d}})
	}
	return err
}

// byOption returns the writing whose order the options name, or nil.
func byOption(l layout, order DateOrder) *writing {
	if l.shape != shapeNumbers || order == OrderFromData || order > YearFirst || order == YearFirst && !l.short {
		return nil
	}
	return &writing{layout: l, by: [2]*reading{{layout: l, order: order, basis: ByOption, final: true}}}
}

// A decimalBallot counts the numbers of a file that show their decimal mark.
type decimalBallot struct {
	point, comma int    // numbers that leave no choice
	open         [2]int // numbers that leave it: 58.138, 58,138
}

func (v *decimalBallot) vote(r *Reader, s step, b []byte) {
	if s.kind != Integer && s.kind != Amount && s.kind != Flag || bytes.IndexByte(b, '.') < 0 && bytes.IndexByte(b, ',') < 0 {
		return
	}
	b, _ = r.utf8(b)
	switch _, form := parseNumber(b, DecimalFromData); form {
	case formPoint:
		v.point++
	case formComma:
		v.comma++
	case formDotOfThree:
		v.open[0]++
	case formCommaOfThree:
		v.open[1]++
	}
}

func (v *decimalBallot) decided() bool { return v.point+v.comma >= maxVotes }
func (v *decimalBallot) hints() bool   { return v.point+v.comma > 0 }
func (v *decimalBallot) restart()      { *v = decimalBallot{} }

// decideDecimal finds the decimal mark of the numbers of the file. Where no
// number decides, those of the form 58.138 are taken for thousands, and so are
// those of the form 58,138 unless there are both.
func (r *Reader) decideDecimal() error {
	var v decimalBallot
	_, err := r.hold(&v)
	r.decimal = DecimalPoint
	r.report.NumberGuessed = v.point+v.comma == 0
	if v.comma > v.point || r.report.NumberGuessed && v.open[1] == 0 {
		r.decimal = DecimalComma
	}
	return err
}

// hold counts the rows from pos on until they have decided: first those that
// are in memory or fit there, then, if these give no hint and the source can
// seek, all of the file. It returns whether it came to the end.
func (r *Reader) hold(v ballot) (complete bool, err error) {
	limit := lookAhead
	if r.seekTo < 0 {
		limit = lookAheadMax
	}
	for at := 0; !v.decided(); {
		size := r.poll(r.pos+at, v.vote)
		at += size
		if size > 0 {
			continue
		}
		if err := cause.Of(r.ctx); err != nil {
			return false, r.aheadError(err)
		}
		if r.eof {
			return true, nil
		}
		if r.end-r.pos >= limit {
			break
		}
		r.fill()
	}
	if v.decided() || v.hints() || r.seekTo < 0 {
		return false, nil
	}

	seeker := r.raw.(io.Seeker)
	back, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return false, r.aheadError(err)
	}
	if _, err := seeker.Seek(r.seekTo, io.SeekStart); err != nil {
		return false, r.aheadError(err)
	}
	v.restart()
	scan := &Reader{ctx: r.ctx, plan: r.plan, delim: r.delim, encoding: r.encoding, buf: make([]byte, bufferSize+pad)}
	scan.src = r.decoder(&persistent{r.raw})
	for !v.decided() {
		if size := scan.poll(scan.pos, v.vote); size > 0 {
			scan.pos += size
			continue
		}
		if scan.eof {
			complete = true
			break
		}
		scan.fill()
	}
	if _, err := seeker.Seek(back, io.SeekStart); err != nil {
		return false, r.aheadError(err)
	}
	if scan.srcErr != nil { // what was not seen decides nothing
		return false, r.aheadError(scan.srcErr)
	}
	return complete, nil
}

func (r *Reader) aheadError(err error) error {
	return &ReadError{File: r.opts.Name, Line: r.line, Reason: "looking ahead failed: " + err.Error(), Err: err}
}

// poll counts the row at p and returns its size, or 0 if the buffer ends before
// it does.
func (r *Reader) poll(p int, vote func(r *Reader, s step, b []byte)) int {
	r.endLastLine()
	b := r.buf[p:r.end]
	size, _, complete, bad := r.split(b, r.delim)
	if bad != nil || !complete && (r.eof || len(b) > maxRow) {
		return bytes.IndexByte(b, '\n') + 1 // no vote
	}
	if !complete {
		return 0
	}
	if r.joinCycle(); len(r.fields) >= len(r.plan) {
		for i, s := range r.plan {
			vote(r, s, r.fields[i].text)
		}
	}
	return size
}
