package features

import (
	"bytes"
	"io"
)

// A ballot counts what the rows of a file say about a question with two
// answers.
type ballot struct {
	first, second int    // values that leave no choice
	open          [2]int // numbers that leave it: 58.138, 58,138
}

func (v *ballot) decided() bool { return v.first+v.second >= maxVotes }

// decideOrder finds whether day or month comes first in the dates of the file.
func (r *Reader) decideOrder() error {
	var v ballot
	err := r.hold(&v, func(s step, b []byte) {
		if s.kind != Date {
			return
		}
		b, _ = r.utf8(b)
		switch parseDate(b, OrderFromData).form {
		case dateDayFirst:
			v.first++
		case dateMonthFirst:
			v.second++
		}
	})
	r.order = DayFirst
	if v.second > v.first {
		r.order = MonthFirst
	}
	r.report.DateGuessed = v.first+v.second == 0
	return err
}

// decideDecimal finds the decimal mark of the numbers of the file. Where no
// number decides, those of the form 58.138 are taken for thousands, and so are
// those of the form 58,138 unless there are both.
func (r *Reader) decideDecimal() error {
	var v ballot
	err := r.hold(&v, func(s step, b []byte) {
		if s.kind != Integer && s.kind != Amount && s.kind != Flag || bytes.IndexByte(b, '.') < 0 && bytes.IndexByte(b, ',') < 0 {
			return
		}
		b, _ = r.utf8(b)
		switch _, form := parseNumber(b, DecimalFromData); form {
		case formPoint:
			v.first++
		case formComma:
			v.second++
		case formDotOfThree:
			v.open[0]++
		case formCommaOfThree:
			v.open[1]++
		}
	})
	r.decimal = DecimalPoint
	r.report.NumberGuessed = v.first+v.second == 0
	if v.second > v.first || r.report.NumberGuessed && v.open[1] == 0 {
		r.decimal = DecimalComma
	}
	return err
}

// hold lets the rows from pos on vote, until enough have: first those that
// are in memory or fit there, then, if none did and the source can seek, all
// of the file.
func (r *Reader) hold(v *ballot, vote func(s step, b []byte)) error {
	limit := lookAhead
	if r.seekTo < 0 {
		limit = lookAheadMax
	}
	for at := 0; !v.decided(); {
		size := r.poll(r.pos+at, vote)
		at += size
		if size > 0 {
			continue
		}
		if r.eof {
			return nil
		}
		if r.end-r.pos >= limit {
			break
		}
		r.fill()
	}
	if v.first+v.second > 0 || r.seekTo < 0 {
		return nil
	}

	// The rows before pos and those in memory vote again, which changes
	// nothing: they have not decided.
	seeker := r.raw.(io.Seeker)
	fail := func(err error) error {
		return &ReadError{File: r.opts.Name, Line: r.line, Reason: "looking ahead failed: " + err.Error(), Err: err}
	}
	back, err := seeker.Seek(0, io.SeekCurrent)
	if err != nil {
		return fail(err)
	}
	if _, err := seeker.Seek(r.seekTo, io.SeekStart); err != nil {
		return fail(err)
	}
	*v = ballot{}
	scan := &Reader{plan: r.plan, delim: r.delim, encoding: r.encoding, buf: make([]byte, bufferSize+pad)}
	scan.src = decode(&persistent{r.raw}, r.report.Encoding)
	if _, ok := r.src.(*carriageReturns); ok {
		scan.src = &carriageReturns{scan.src}
	}
	for !v.decided() {
		if size := scan.poll(scan.pos, vote); size > 0 {
			scan.pos += size
			continue
		}
		if scan.eof {
			break
		}
		scan.fill()
	}
	if _, err := seeker.Seek(back, io.SeekStart); err != nil {
		return fail(err)
	}
	return nil
}

// poll lets the row at p vote and returns its size, or 0 if the buffer ends
// before it does.
func (r *Reader) poll(p int, vote func(s step, b []byte)) int {
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
			vote(s, r.fields[i].text)
		}
	}
	return size
}
