package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"math/big"
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

// A page is some rows of a column.
type page struct {
	rows    int
	levels  []byte // for each row 1, and 0 where it is null; nil where no row is
	numbers []float64
	texts   []string // of columns of texts and digits; else numbers
}

var errValues = errors.New("a page has other values than its header says")

// pages yields the pages of a column. A page is used again for the next.
func (f *file) pages(ctx context.Context, c *column) iter.Seq2[*page, error] {
	return func(yield func(*page, error) bool) {
		r := newPageReader(f, c)
		defer r.close()
		for {
			err := cause.Of(ctx)
			if err == nil {
				err = r.next()
			}
			if err == io.EOF {
				return
			}
			if !yield(&r.page, err) || err != nil {
				return
			}
		}
	}
}

// A pageReader reads the pages of a column one after the other, through all
// groups of rows.
type pageReader struct {
	f     *file
	c     *column
	group int   // the next
	end   int   // the first that is not to be read
	left  int64 // rows of the group
	pages parquet.Pages
	raw   parquet.Page
	page  page
}

func newPageReader(f *file, c *column) pageReader {
	return pageReader{f: f, c: c, end: len(f.f.RowGroups())}
}

func (r *pageReader) close() {
	if r.raw != nil {
		parquet.Release(r.raw)
		r.raw = nil
	}
	if r.pages != nil {
		r.pages.Close()
		r.pages = nil
	}
}

// next reads the next page that has rows; io.EOF behind the last.
func (r *pageReader) next() (err error) {
	defer r.f.recovered(&err)
	for {
		if r.raw != nil {
			parquet.Release(r.raw)
			r.raw = nil
		}
		if r.pages == nil {
			groups := r.f.f.RowGroups()
			if r.group == r.end {
				return io.EOF
			}
			r.left = groups[r.group].NumRows()
			chunk := groups[r.group].ColumnChunks()[r.c.leaf.Index()]
			if err := r.f.guard(r.group, r.c.leaf.Index()); err != nil {
				return err
			}
			r.pages, r.c.dictionary = chunk.Pages(), nil
			r.group++
		}
		raw, err := r.pages.ReadPage()
		if err == io.EOF {
			err = r.pages.Close()
			if r.pages = nil; err == nil && r.left != 0 {
				err = fmt.Errorf("the column %q lacks %d rows", r.c.name, r.left)
			}
			if err != nil {
				return r.f.damaged(err)
			}
			continue
		} else if err != nil {
			return r.f.damaged(err)
		}
		r.raw = raw
		if r.left -= raw.NumRows(); r.left < 0 {
			return r.f.damaged(fmt.Errorf("the column %q has more rows than its group", r.c.name))
		}
		if raw.NumRows() == 0 {
			continue
		}
		if err := r.decode(raw); err != nil {
			var told *features.ReadError
			if errors.As(err, &told) {
				return err
			}
			return r.f.damaged(fmt.Errorf("column %q: %w", r.c.name, err))
		}
		return nil
	}
}

// decode makes the page of what was read.
func (r *pageReader) decode(raw parquet.Page) error {
	p, c := &r.page, r.c
	p.rows, p.levels = int(raw.NumRows()), raw.DefinitionLevels()
	p.numbers, p.texts = p.numbers[:0], p.texts[:0]
	n := p.rows // values that are not null
	if p.levels != nil {
		if len(p.levels) != p.rows {
			return errValues
		}
		n = 0
		for _, l := range p.levels {
			n += int(l & 1)
		}
		if n == p.rows {
			p.levels = nil
		}
	}
	if n == 0 {
		return nil
	}
	data := raw.Data()
	dictionary := raw.Dictionary()
	asText := c.kind == texts || c.kind == digits
	if dictionary == nil {
		var err error
		if asText {
			p.texts, err = c.appendTexts(p.texts, data, n)
		} else {
			p.numbers, err = c.appendNumbers(p.numbers, data, n)
		}
		return err
	}
	if dictionary != c.dictionary {
		var err error
		values := dictionary.Page().Data()
		c.numbersOf, c.textsOf = c.numbersOf[:0], c.textsOf[:0]
		if asText {
			c.textsOf, err = c.appendTexts(c.textsOf, values, dictionary.Len())
		} else {
			c.numbersOf, err = c.appendNumbers(c.numbersOf, values, dictionary.Len())
		}
		if err != nil {
			return err
		}
		c.dictionary = dictionary
	}
	codes := data.Int32()
	if len(codes) < n {
		return errValues
	}
	if asText {
		return lookUp(&p.texts, c.textsOf, codes[:n])
	}
	return lookUp(&p.numbers, c.numbersOf, codes[:n])
}

// lookUp appends the values of codes.
func lookUp[T any](dst *[]T, values []T, codes []int32) error {
	for _, code := range codes {
		if uint(code) >= uint(len(values)) {
			return errValues
		}
		*dst = append(*dst, values[code])
	}
	return nil
}

// appendNumbers appends the numbers of a page to dst; NaN for null.
func (p *page) appendNumbers(dst []float64) []float64 {
	if p.levels == nil {
		return append(dst, p.numbers...)
	}
	at := 0
	for _, l := range p.levels {
		x := math.NaN()
		if l == 1 {
			x = p.numbers[at]
			at++
		}
		dst = append(dst, x)
	}
	return dst
}

const exact = 1 << 53 // whole numbers that a float64 holds

// appendNumbers appends the first n values as numbers.
func (c *column) appendNumbers(dst []float64, v encoding.Values, n int) ([]float64, error) {
	switch v.Kind() {
	case encoding.Boolean:
		bits := v.Boolean()
		if len(bits)*8 < n {
			return dst, errValues
		}
		for i := range n {
			dst = append(dst, float64(bits[i/8]>>(i%8)&1))
		}
	case encoding.Int32:
		values := v.Int32()
		if len(values) < n {
			return dst, errValues
		}
		for _, x := range values[:n] {
			if c.unsigned {
				dst = append(dst, float64(uint32(x)))
			} else {
				dst = append(dst, c.number(int64(x)))
			}
		}
	case encoding.Int64:
		values := v.Int64()
		if len(values) < n {
			return dst, errValues
		}
		if c.perDay == 0 && c.scale == 0 && !c.unsigned {
			for _, x := range values[:n] {
				c.inexact = c.inexact || x > exact || x < -exact
				dst = append(dst, float64(x))
			}
			break
		}
		for _, x := range values[:n] {
			dst = append(dst, c.number(x))
		}
	case encoding.Int96:
		values := v.Int96()
		if len(values) < n {
			return dst, errValues
		}
		for _, x := range values[:n] {
			dst = append(dst, dayOf(x))
		}
	case encoding.Float:
		values := v.Float()
		if len(values) < n {
			return dst, errValues
		}
		for _, x := range values[:n] {
			dst = append(dst, float64(x))
		}
	case encoding.Double:
		values := v.Double()
		if len(values) < n {
			return dst, errValues
		}
		dst = append(dst, values[:n]...)
	default:
		return c.appendBytes(dst, v, n)
	}
	return dst, nil
}

// number returns the number that a whole one stands for.
func (c *column) number(x int64) float64 {
	switch {
	case c.unsigned && x < 0: // from 2⁶³
		c.inexact = true
		return float64(uint64(x))
	case c.clock && c.perDay > 0:
		return float64(x) / float64(c.perDay)
	case c.perDay > 0:
		day := x / c.perDay
		if x%c.perDay < 0 {
			day--
		}
		return float64(day)
	case c.scale > 0:
		return decimal(big.NewInt(x), c.scale)
	case x > exact || x < -exact:
		c.inexact = true
	}
	return float64(x)
}

// dayOf returns the day, from 1970-01-01, of a timestamp of 96 bits: nanoseconds
// and a Julian day.
func dayOf(x deprecated.Int96) float64 {
	const julian1970 = 2440588
	return float64(int64(x[2]) - julian1970)
}

// decimal returns u / 10^scale, rounded once.
func decimal(u *big.Int, scale int) float64 {
	if u.IsInt64() && scale <= 22 { // 10^22 is exact
		if x := u.Int64(); x <= exact && x >= -exact {
			return float64(x) / math.Pow10(scale)
		}
	}
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)
	x, _ := new(big.Rat).SetFrac(u, ten).Float64()
	return x
}

// appendBytes appends numbers that are written in bytes: decimals, big-endian in
// two's complement, and numbers of 16 bits.
func (c *column) appendBytes(dst []float64, v encoding.Values, n int) ([]float64, error) {
	if !c.half {
		err := eachWhole(v, n, func(u *big.Int) {
			c.inexact = c.inexact || c.scale == 0 && u.CmpAbs(big.NewInt(exact)) > 0
			dst = append(dst, decimal(u, c.scale))
		})
		return dst, err
	}
	err := eachBytes(v, n, func(b []byte) error {
		if len(b) != 2 {
			return errValues
		}
		dst = append(dst, half(binary.LittleEndian.Uint16(b)))
		return nil
	})
	return dst, err
}

// eachWhole calls f with the first n whole numbers that are written in bytes.
func eachWhole(v encoding.Values, n int, f func(*big.Int)) error {
	u, modulus := new(big.Int), new(big.Int)
	return eachBytes(v, n, func(b []byte) error {
		if len(b) > 64 {
			return errValues
		}
		if u.SetBytes(b); len(b) > 0 && b[0]&0x80 != 0 {
			u.Sub(u, modulus.Lsh(big.NewInt(1), uint(8*len(b))))
		}
		f(u)
		return nil
	})
}

// half returns a number of 16 bits (IEEE 754).
func half(h uint16) float64 {
	sign, exponent, fraction := float64(1), int(h>>10&31), float64(h&1023)
	if h>>15 != 0 {
		sign = -1
	}
	switch {
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	case exponent < 31:
		return sign * math.Ldexp(1024+fraction, exponent-25)
	case fraction == 0:
		return math.Inf(int(sign))
	}
	return math.NaN()
}

// eachBytes calls f with the first n values of bytes.
func eachBytes(v encoding.Values, n int, f func([]byte) error) error {
	switch v.Kind() {
	case encoding.ByteArray:
		data, offsets := v.ByteArray()
		if len(offsets) < n+1 {
			return errValues
		}
		for i := range n {
			from, to := offsets[i], offsets[i+1]
			if from > to || int(to) > len(data) {
				return errValues
			}
			if err := f(data[from:to]); err != nil {
				return err
			}
		}
		return nil
	case encoding.FixedLenByteArray:
		data, size := v.FixedLenByteArray()
		if size <= 0 || len(data)/size < n {
			return errValues
		}
		for i := range n {
			if err := f(data[i*size : (i+1)*size]); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("values of type %v, where bytes are meant", v.Kind())
}

// maxText bounds a text, as the readers of other forms do.
const maxText = 1 << 20

// appendTexts appends the first n values as texts, or as the digits of whole
// numbers.
func (c *column) appendTexts(dst []string, v encoding.Values, n int) ([]string, error) {
	if c.kind == digits && v.Kind() != encoding.Int64 {
		err := eachWhole(v, n, func(u *big.Int) { dst = append(dst, u.String()) })
		return dst, err
	}
	if c.kind == digits {
		values := v.Int64()
		if len(values) < n {
			return dst, errValues
		}
		for _, x := range values[:n] {
			if c.unsigned {
				dst = append(dst, strconv.FormatUint(uint64(x), 10))
			} else {
				dst = append(dst, strconv.FormatInt(x, 10))
			}
		}
		return dst, nil
	}
	err := eachBytes(v, n, func(b []byte) error {
		switch {
		case c.uuid && len(b) == 16:
			dst = append(dst, fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
			return nil
		case len(b) > maxText:
			return fmt.Errorf("%w: a text of %d bytes", features.ErrLimit, len(b))
		case !utf8.Valid(b):
			return errors.New("it holds bytes that are no text in UTF-8")
		}
		dst = append(dst, string(b))
		return nil
	})
	return dst, err
}
