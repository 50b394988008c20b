package site

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
)

// upload takes a file as it comes, and leads to its page.
func (s *Site) upload(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	body := r.Body
	job := &uploadJob{id: web.NewID(), began: time.Now(), tiers: snap.Tiers, client: s.client(r)}
	err := s.receive(w, r, job)
	if refused, ok := errors.AsType[*problem](err); ok {
		s.metrics.uploads.WithLabelValues("refused").Inc()
		if refused.status != http.StatusRequestTimeout {
			defer web.Drain(w, r, body)
			_ = http.NewResponseController(w).EnableFullDuplex()
		}
		if wantsJSON(r) {
			s.fail(w, r, refused)
			return nil
		}
		return s.showHome(w, r, refused.status, snap, nil, map[string]string{"file": s.t(r, refused.key, refused.args...)})
	}
	if err != nil {
		return err
	}
	job.state = uploadState{State: stateRunning, Size: job.size, Tiers: map[string]int{}, Errors: []string{}, Warnings: []string{}, Doubts: []segment.WarningCount{}}
	s.uploads.add(job)
	s.wg.Go(func() { s.scoreQueued(s.ctx, job, snap) })
	return redirect(w, r, "/upload/"+job.id)
}

// receive reads the file of a form into the folder of the uploads, within the
// budget. A problem is why it is refused.
func (s *Site) receive(w http.ResponseWriter, r *http.Request, job *uploadJob) (err error) {
	// The length may be unknown, and holds the rest of the form.
	most := s.cfg.MaxUpload + 1<<16
	if r.ContentLength > most {
		return s.tooLarge()
	}
	length := r.ContentLength
	if length < 0 {
		length = most
	}
	switch job.lease, err = s.budget.admit(job.id, job.client, length); err {
	case errCrowded:
		w.Header().Set("Retry-After", "10")
		return refuse(http.StatusServiceUnavailable, "file", "upload.busy")
	case errNoSpace:
		w.Header().Set("Retry-After", "60")
		return refuse(http.StatusInsufficientStorage, "file", "upload.space")
	}
	done := false
	defer func() {
		if !done { // after a panic too
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			s.budget.release(job.lease)
		}
	}()
	// A slow line may take its time, but not for ever.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(receiveFor + time.Minute))
	r.Body = http.MaxBytesReader(w, s.budget.receive(w, r.Body, job.lease), most)
	parts, err := r.MultipartReader()
	if err != nil {
		return refuse(http.StatusBadRequest, "file", "upload.form")
	}
	var part *multipart.Part
	for part == nil || part.FormName() != "file" {
		if part, err = parts.NextPart(); err != nil {
			return s.unreceived(w, r, err, "upload.none")
		}
	}
	job.name = cleanText(filepath.Base(part.FileName()), 120)
	if job.size, err = s.spool(job.id, part); err != nil {
		return s.unreceived(w, r, err, "upload.broken")
	}
	switch {
	case job.size > s.cfg.MaxUpload:
		return s.tooLarge()
	case job.size == 0:
		return refuse(http.StatusUnprocessableEntity, "file", "upload.none")
	}
	_ = control.SetReadDeadline(time.Now().Add(time.Minute)) // of the connection, which is watched on
	if !s.budget.received(job.lease, job.size) {
		return tooSlow()
	}
	if err := s.note(r, didUpload, auditDetail{}); err != nil {
		return err
	}
	done = true
	return nil
}

func (s *Site) tooLarge() error {
	return refuse(http.StatusRequestEntityTooLarge, "file", "upload.large", s.cfg.MaxUpload/1e6)
}

func tooSlow() error { return refuse(http.StatusRequestTimeout, "file", "upload.slow", slowest>>10) }

// unreceived returns why a body was not received; key is the text for a broken
// one.
func (s *Site) unreceived(w http.ResponseWriter, r *http.Request, err error, key string) error {
	var tooLarge *http.MaxBytesError
	var stored storeError
	switch {
	case errors.As(err, &stored):
		s.log.Error("an upload cannot be stored", "request", infoOf(r).id, "error", err)
		if full(err) {
			w.Header().Set("Retry-After", "60")
			return refuse(http.StatusInsufficientStorage, "file", "upload.space")
		}
		return refuse(http.StatusInternalServerError, "file", "error.500")
	case errors.Is(err, web.ErrSlow):
		return tooSlow()
	case errors.As(err, &tooLarge):
		return s.tooLarge()
	case r.Context().Err() != nil: // err would pass for a lost connection to the database
		return context.Cause(r.Context())
	}
	if err != io.EOF { // which means that the form has no file
		s.log.Warn("an upload broke off", "request", infoOf(r).id, "error", err)
	}
	return refuse(http.StatusBadRequest, "file", key)
}

// spool writes the bytes of an upload to a file of ours.
func (s *Site) spool(id string, from io.Reader) (n int64, err error) {
	file, err := os.OpenFile(s.uploads.path(id, "raw"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, storeError{err}
	}
	defer func() {
		if closed := file.Close(); closed != nil {
			err = errors.Join(err, storeError{closed})
		}
	}()
	return io.Copy(storeWriter{file}, from)
}
