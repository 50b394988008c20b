// Package container opens a file of any form that holds a table: it tells what
// form it is, by content and not by name, and takes it out of gzip, zstd and a
// zip with one file.
package container

import (
	"archive/zip"
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/customer-personality/segmentation/internal/cause"
)

// What can be wrong with a file, for errors.Is.
var (
	ErrLimit   = errors.New("the file is too large when expanded")
	ErrForm    = errors.New("the form of the file is not read")
	ErrDamaged = errors.New("the file is damaged")
)

// An Error says what is wrong with a file and what would be right.
type Error struct {
	Reason, Want string
	Err          error // one of the above, joined with the cause
}

// Error returns one sentence.
func (e *Error) Error() string {
	if e.Want == "" {
		return e.Reason
	}
	return e.Reason + "; want " + e.Want
}

// Unwrap returns what the error wraps.
func (e *Error) Unwrap() error { return e.Err }

// damaged returns the error of what cannot be unpacked, unless it is that of the source,
// or says what is wrong already.
func (f *File) damaged(what string, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	} else if f.failed != nil {
		return f.failed
	}
	return &Error{fmt.Sprintf("the file is damaged: its %s cannot be unpacked: %v", what, err), "a whole file", errors.Join(ErrDamaged, err)}
}

// Options bound what a file may expand to. The zero value takes up to 4 GB.
type Options struct {
	MaxBytes int64 // most bytes of the unpacked file; 0 is 4 GB
}

const (
	defaultMaxBytes = 4e9
	maxPackings     = 3       // such as a zip of a gzip; more make no sense
	inMemory        = 8 << 20 // bytes that need no temporary file
	maxWindow       = 128 << 20
)

// A File is an open file, unpacked. It is not safe for concurrent use.
type File struct {
	Form   Form
	Packed []string // what it was packed in, from the outside: "gzip", "zip (orders.csv)"

	max     int64
	ctx     context.Context
	source  io.Reader         // from the start of the unpacked file
	at      *io.SectionReader // of the unpacked file; nil where it is a stream
	given   io.Reader         // as it was given where nothing is unpacked and it can seek
	closers []func() error
	failed  error // of a source in reading
}

// Open recognises a file that starts where r stands, and unpacks it. A source
// that is an io.ReaderAt and an io.Seeker, as files are, is read in place; of
// another, what must be read in any order is copied, beyond 8 MiB into a
// temporary file. The file must be closed; r stays open. Reading stops when ctx
// ends, with its cause.
func Open(ctx context.Context, r io.Reader, o Options) (*File, error) {
	if o.MaxBytes < 0 {
		return nil, fmt.Errorf("container: MaxBytes is %d; want a number of bytes, or 0 for 4 GB", o.MaxBytes)
	}
	f := &File{max: cmp.Or(o.MaxBytes, defaultMaxBytes), ctx: ctx}
	if at, ok := sectionOf(r); ok {
		f.at, f.given = at, r
	}
	f.source = r
	if err := f.unpack(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// sectionOf returns what is left of a source that can be read in any order.
func sectionOf(r io.Reader) (*io.SectionReader, bool) {
	at, ok := r.(io.ReaderAt)
	s, ok2 := r.(io.Seeker)
	if !ok || !ok2 {
		return nil, false
	}
	start, err := s.Seek(0, io.SeekCurrent)
	if err != nil {
		return nil, false // a pipe
	}
	end, err := s.Seek(0, io.SeekEnd)
	if _, err2 := s.Seek(start, io.SeekStart); err != nil || err2 != nil || end < start {
		return nil, false
	}
	return io.NewSectionReader(at, start, end-start), true
}

// unpack takes the file out of what it is packed in, one after the other.
func (f *File) unpack() error {
	for {
		head, err := f.head()
		if err != nil {
			return err
		}
		form, packing, err := recognise(head)
		if err != nil {
			return err
		}
		if f.Form = form; packing == unpacked {
			return nil
		}
		if packing == packedZip {
			done, err := f.unzip()
			if done || err != nil {
				return err
			}
		} else if err := f.expand(packing); err != nil {
			return err
		}
		if f.given = nil; len(f.Packed) > maxPackings {
			return &Error{fmt.Sprintf("the file is packed more than %d times", maxPackings), "it packed once", ErrForm}
		}
	}
}

// head returns the first bytes of the file as it is unpacked so far.
func (f *File) head() ([]byte, error) {
	if f.at != nil {
		head := make([]byte, min(headSize, f.at.Size()))
		n, err := f.at.ReadAt(head, 0)
		if err == io.EOF {
			err = nil
		}
		return head[:n], err
	}
	b := bufio.NewReaderSize(f.source, headSize)
	f.source = b
	head, err := b.Peek(headSize)
	if err == io.EOF || err == bufio.ErrBufferFull {
		err = nil
	}
	return head, err
}

// expand puts a decompressor before the source.
func (f *File) expand(packing packing) error {
	var r io.Reader = packed{f, f.Reader(), nil}
	name := "gzip"
	if packing == packedGzip {
		z, err := gzip.NewReader(r)
		if err != nil {
			return f.damaged(name, err)
		}
		f.closers = append(f.closers, z.Close)
		r = z
	} else {
		name = "zstd"
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return f.damaged(name, err)
		}
		f.closers = append(f.closers, func() error { z.Close(); return nil })
		r = z
	}
	f.stream(name, r)
	return nil
}

// stream makes an unpacking reader the source.
func (f *File) stream(name string, r io.Reader) {
	f.Packed = append(f.Packed, name)
	f.source, f.at = &expanding{f, r, f.max, name}, nil
}

// unzip opens an archive and reports whether it is a form of its own.
func (f *File) unzip() (bool, error) {
	at, size, err := f.ReaderAt()
	if err != nil {
		return false, err
	}
	z, err := zip.NewReader(packed{f, nil, at}, size)
	if err != nil {
		return false, f.damaged("zip", err)
	}
	form, file, err := look(z)
	if err != nil {
		return true, f.damaged("zip", err)
	} else if file == nil {
		f.Form = form
		return true, nil
	}
	r, err := file.Open()
	if err != nil {
		return false, f.damaged("zip", err)
	}
	f.closers = append(f.closers, r.Close)
	f.stream(fmt.Sprintf("zip (%.60s)", file.Name), r)
	return false, nil
}

// packed reads what is to be unpacked and notes the errors of the source, which are no
// damage.
type packed struct {
	f  *File
	r  io.Reader
	at io.ReaderAt
}

func (p packed) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	return n, p.note(err)
}

func (p packed) ReadAt(b []byte, offset int64) (int, error) {
	n, err := p.at.ReadAt(b, offset)
	return n, p.note(err)
}

func (p packed) note(err error) error {
	if err != nil && err != io.EOF {
		p.f.failed = err
	}
	return err
}

// expanding reads unpacked bytes up to the limit.
type expanding struct {
	f    *File
	r    io.Reader
	left int64
	name string // of the packing; empty for none
}

func (e *expanding) Read(p []byte) (int, error) {
	if err := cause.Of(e.f.ctx); err != nil {
		return 0, err
	}
	n, err := e.r.Read(p)
	if e.left -= int64(n); e.left < 0 {
		return 0, tooLarge(e.f.max)
	}
	if err != nil && err != io.EOF && e.name != "" {
		err = e.f.damaged(e.name, err)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return &Error{fmt.Sprintf("the file has more than %d bytes when it is unpacked", limit), "a smaller file, or a higher limit", ErrLimit}
}

// Reader returns the unpacked file from its start: the source itself where it was
// not packed and can seek. It is to be called once.
func (f *File) Reader() io.Reader {
	switch {
	case f.given != nil:
		return f.given
	case f.at != nil:
		return io.NewSectionReader(f.at, 0, f.at.Size())
	}
	return f.source
}

// ReaderAt returns the unpacked file and its size. A stream is copied for it.
func (f *File) ReaderAt() (io.ReaderAt, int64, error) {
	if f.at == nil {
		if err := f.copy(); err != nil {
			return nil, 0, err
		}
	}
	return f.at, f.at.Size(), nil
}

// copy takes the whole source to where it can be read in any order.
func (f *File) copy() error {
	source := &expanding{f, f.source, f.max, ""}
	var b bytes.Buffer
	n, err := io.CopyN(&b, source, inMemory)
	if err == io.EOF {
		f.at = io.NewSectionReader(bytes.NewReader(b.Bytes()), 0, n)
		return nil
	} else if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "segmentation-*")
	if err != nil {
		return err
	}
	f.closers = append(f.closers, func() error { return errors.Join(file.Close(), os.Remove(file.Name())) })
	if _, err := file.Write(b.Bytes()); err != nil {
		return err
	}
	more, err := io.Copy(file, source)
	if err != nil {
		return err
	}
	f.at = io.NewSectionReader(file, 0, n+more)
	return nil
}

// Close frees what was opened, and removes the temporary file.
func (f *File) Close() error {
	var errs []error
	for i := len(f.closers) - 1; i >= 0; i-- {
		errs = append(errs, f.closers[i]())
	}
	f.closers = nil
	return errors.Join(errs...)
}
