package site

import (
	"net/http"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
)

// bring takes a file of customers of any kind, to be a dataset of its own.
func (s *Site) bring(r *request) error {
	if s.Signed != nil {
		return service.ErrUnsigned
	}
	by := r.by()
	refused := func(status int, text string) error { return s.showData(r, status, text) }
	return s.receive(r, refused, func(job *service.UploadJob) error {
		day, err := dayOf(job.Fields["as_of"])
		if err != nil {
			return err
		}
		s.BeginBringing(job, day, by)
		return nil
	})
}

// dayOf reads the day on which things are counted, zero for an empty text.
func dayOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1900 || features.AsOf(day).Check() != nil {
		return day, invalid("as_of", "models.day")
	}
	return day, nil
}

// receive takes the file of a form, and leads to the page of its job, which begin
// begins. A refusal is shown by a page.
func (s *Site) receive(r *request, refused func(status int, text string) error, begin func(*service.UploadJob) error) error {
	body := r.Body
	job, err := s.Uploads.Receive(r.w, r.Request, s.client(r))
	if err == nil {
		defer s.Uploads.Discard(job) // unless it is kept
		err = s.note(r, didUpload, service.AuditDetail{})
	}
	if p := s.unreceived(r, err); p != nil {
		s.Counts.Uploads.WithLabelValues("refused").Inc()
		if p.status != http.StatusRequestTimeout {
			defer web.Drain(r.w, r.Request, body)
			_ = http.NewResponseController(r.w).EnableFullDuplex()
		}
		if r.wantsJSON() {
			s.fail(r, p)
			return nil
		}
		if p.wait != "" {
			r.w.Header().Set("Retry-After", p.wait)
		}
		return refused(p.status, r.l.T(p.key, p.args...))
	}
	if err != nil {
		return err
	}
	job.Name = web.CleanText(job.Name, 120)
	if err := begin(job); err != nil {
		return err
	}
	return r.redirect("/upload/" + job.ID)
}
