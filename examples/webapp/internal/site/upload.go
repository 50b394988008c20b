package site

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
)

// upload takes a file as it comes, to be scored, and leads to its page.
func (s *Site) upload(r *request) error {
	snap, set := r.snap, r.set
	refused := func(status int, text string) error {
		return s.showHome(r, status, nil, map[string]string{"file": text})
	}
	return s.receive(r, refused, func(job *service.UploadJob) error {
		s.BeginScoring(job, set, snap)
		return nil
	})
}

// client is who an upload counts for: the user where a proxy tells users apart,
// else the address.
func (s *Site) client(r *request) string {
	if (s.cfg.UserHeader != "" || s.accounts != nil) && r.User != "" {
		return "user " + r.User
	}
	return web.ClientPrefix(r.Client).String()
}

// unreceived returns why an upload is refused, nil for another error.
func (s *Site) unreceived(r *request, err error) *problem {
	large, rate := []any{s.cfg.MaxUpload / 1e6}, []any{int64(upload.DefaultPace.Rate) >> 10}
	for _, why := range []struct {
		err       error
		status    int
		key, wait string
		args      []any
	}{
		{upload.ErrCrowded, http.StatusServiceUnavailable, "upload.busy", "10", nil},
		{upload.ErrNoSpace, http.StatusInsufficientStorage, "upload.space", "60", nil},
		{upload.ErrStore, http.StatusInternalServerError, "error.500", "", nil},
		{web.ErrSlow, http.StatusRequestTimeout, "upload.slow", "", rate},
		{upload.ErrTooLarge, http.StatusRequestEntityTooLarge, "upload.large", "", large},
		{upload.ErrNoForm, http.StatusBadRequest, "upload.form", "", nil},
		{upload.ErrNoFile, http.StatusBadRequest, "upload.none", "", nil},
		{upload.ErrEmpty, http.StatusUnprocessableEntity, "upload.none", "", nil},
		{upload.ErrBroken, http.StatusBadRequest, "upload.broken", "", nil},
	} {
		if !errors.Is(err, why.err) {
			continue
		}
		switch {
		case errors.Is(err, upload.ErrStore):
			s.Log.Error("an upload cannot be stored", "request", r.ID, "error", err)
		case why.err == upload.ErrBroken, why.err == upload.ErrNoFile && !errors.Is(err, io.EOF): // the form has an end
			s.Log.Warn("an upload broke off", "request", r.ID, "error", err)
		}
		return refuse(why.status, "file", why.key, why.args...).after(why.wait)
	}
	return nil
}

// uploaded shows how far a file has come, and then what came of it.
func (s *Site) uploaded(r *request) error {
	job := s.job(r)
	if job == nil {
		return s.goneUpload(r)
	}
	now := job.Now()
	now.Read, now.Size = job.Read(), job.Size
	if now.State != service.StateRunning {
		now.Read = now.Size
	}
	if r.wantsJSON() {
		return r.json(http.StatusOK, service.UploadAnswer(now))
	}
	if now.Dataset != "" {
		return r.redirect("/data/" + now.Dataset)
	}
	if s.Find(now.Of) != nil {
		if err := s.turnTo(r, now.Of); err != nil {
			return err
		}
	}
	p := uploadPage{ID: job.ID, Name: job.Name, Now: now, Doubts: r.l.Report(now.Report), Percent: int(100 * now.Read / now.Size)}
	p.setWarnings(r.l)
	for _, tier := range now.Order {
		t := tierSize{Name: tier, Count: now.Tiers[tier]}
		if now.Rows > 0 {
			t.Share = float64(t.Count) / float64(now.Rows)
		}
		p.Tiers = append(p.Tiers, t)
	}
	if now.State == service.StateRunning {
		// Without scripts the page asks again by itself.
		r.w.Header().Set("Refresh", "2")
	}
	return s.show(r, http.StatusOK, "upload", r.l.T("upload.title"), p)
}

// job returns the upload of an address, nil for none, and for that of another user.
func (s *Site) job(r *request) *service.UploadJob {
	job := s.Uploads.Get(r.PathValue("id"))
	if job != nil && s.accounts != nil && job.Client != s.client(r) {
		return nil
	}
	return job
}

// goneUpload answers for a file that is not there.
func (s *Site) goneUpload(r *request) error {
	if r.set.ID == "" && s.NoCustomers.Load() {
		return s.showEmpty(r)
	}
	return errNotFound
}

// scored returns the scored file.
func (s *Site) scored(r *request) error {
	job := s.job(r)
	if job == nil || job.Now().State != service.StateDone {
		return s.goneUpload(r)
	}
	file, err := job.Open()
	if err != nil {
		return errNotFound
	}
	defer func() { _ = file.Close() }()
	if err := s.note(r, didScored, service.AuditDetail{Count: job.Now().Rows}); err != nil {
		return err
	}
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	return r.send(file, "scored", "csv")
}
