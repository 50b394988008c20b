// Package upload takes the files of a web form, within bounds of number, room and
// pace, and makes of each a file to download.
package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// Why a file is not taken.
var (
	ErrCrowded  = errors.New("too many uploads at the same time")
	ErrNoSpace  = errors.New("no room for uploads")
	ErrTooLarge = errors.New("the file is too large")
	ErrNoForm   = errors.New("the body is no form with files")
	ErrNoFile   = errors.New("the form has no file")
	ErrEmpty    = errors.New("the file is empty")
	ErrBroken   = errors.New("the file broke off")
	ErrStore    = errors.New("the file cannot be stored") // with ErrNoSpace on a full disk
)

// Receive reads the field "file" of a form into the folder of the store, for a
// client; the fields before it are those of the job. The error is one of those above, [web.ErrSlow], or the cause of the
// request's context. The caller keeps the job or discards it.
func (s *Store[T]) Receive(w http.ResponseWriter, r *http.Request, client string) (*Job[T], error) {
	// The length may be unknown, and holds the rest of the form.
	most := s.MaxSize + 1<<16
	length := r.ContentLength
	if length > most {
		return nil, ErrTooLarge
	}
	if length < 0 {
		length = most
	}
	j := &Job[T]{ID: web.NewID(), Client: client, Began: time.Now(), dir: s.Dir}
	if err := s.admit(j, length); err != nil {
		return nil, err
	}
	received := false
	defer func() {
		if !received { // after a panic too
			s.Discard(j)
		}
	}()
	// A slow line may take its time, but not for ever.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(s.Pace.Total + time.Minute))
	r.Body = http.MaxBytesReader(w, s.paced(w, r.Body, j), most)
	if err := s.spool(j, r); err != nil {
		return nil, err
	}
	_ = control.SetReadDeadline(time.Now().Add(time.Minute)) // of the connection, which is watched on
	received = s.received(j)
	if !received {
		return nil, web.ErrSlow
	}
	return j, nil
}

// spool writes the file of a form to the disk.
func (s *Store[T]) spool(j *Job[T], r *http.Request) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoForm, err)
	}
	part, err := parts.NextPart()
	for n := 0; err == nil && part.FormName() != "file"; n++ {
		if n < maxFields {
			err = j.addField(part)
		}
		if err == nil {
			part, err = parts.NextPart()
		}
	}
	if err != nil {
		return unread(r, err, ErrNoFile)
	}
	j.Name = filepath.Base(part.FileName())
	file, err := os.OpenFile(j.path(raw), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return unstored(err)
	}
	j.Size, err = io.Copy(storeWriter{file}, part)
	if err = errors.Join(err, unstored(file.Close())); err != nil {
		return unread(r, err, ErrBroken)
	}
	switch {
	case j.Size > s.MaxSize:
		return ErrTooLarge
	case j.Size == 0:
		return ErrEmpty
	}
	return nil
}

// The fields of a form before its file that a job keeps: how many, and of how many
// bytes each; what is beyond is cut.
const (
	maxFields     = 16
	maxFieldBytes = 1 << 10
)

// addField keeps a field of the form.
func (j *Job[T]) addField(part *multipart.Part) error {
	b, err := io.ReadAll(io.LimitReader(part, maxFieldBytes))
	if err != nil {
		return err
	}
	if j.Fields == nil {
		j.Fields = map[string]string{}
	}
	j.Fields[part.FormName()] = string(b)
	return nil
}

// unread returns why a body was not read: what is said of it otherwise, unless
// the error tells more.
func unread(r *http.Request, err, otherwise error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.Is(err, ErrStore), errors.Is(err, web.ErrSlow):
		return err
	case errors.As(err, &tooLarge):
		return ErrTooLarge
	case r.Context().Err() != nil:
		return context.Cause(r.Context())
	}
	return fmt.Errorf("%w: %w", otherwise, err)
}

// unstored marks an error of a file of ours: it is no fault of who sent what is
// written.
func unstored(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w: %w: %w", ErrStore, ErrNoSpace, err)
	}
	return fmt.Errorf("%w: %w", ErrStore, err)
}

type storeWriter struct{ io.Writer }

func (w storeWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	return n, unstored(err)
}

// Run waits for a place, and has work make the result of a job that is kept from
// its file. Then done says in its value how it ended; a result stays only where
// err is nil. The error is that of work, which ends with ctx, or of the disk.
func (s *Store[T]) Run(ctx context.Context, j *Job[T], work func(in io.Reader, out io.Writer) error, done func(v *T, err error)) {
	defer s.release(j)
	err := s.Slots.Acquire(ctx, 1)
	if err == nil {
		err = s.work(ctx, j, work)
		s.Slots.Release(1)
	}
	_ = os.Remove(j.path(raw))
	if err != nil {
		_ = os.Remove(j.path(result))
	}
	s.end(j, func(v *T) { done(v, err) })
}

func (s *Store[T]) work(ctx context.Context, j *Job[T], work func(io.Reader, io.Writer) error) (err error) {
	in, err := os.Open(j.path(raw))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(j.path(result), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return unstored(err)
	}
	defer func() { err = errors.Join(err, unstored(out.Close())) }()
	return work(&input{in, ctx, &j.read}, &output[T]{out, s, j, j.Size})
}
