package site

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/segment"
)

// uploadJob is a file of customers that waits to be scored, or was.
type uploadJob = upload.Job[uploadState]

// uploadState is how far a job has come.
type uploadState struct {
	State    string         `json:"state"`
	Rows     int            `json:"rows"`
	Read     int64          `json:"read"` // bytes
	Size     int64          `json:"size"`
	Tiers    map[string]int `json:"tiers"`
	BadRows  int            `json:"bad_rows"`
	Dropped  int            `json:"outside_cleaning_limits"`
	Errors   []string       `json:"errors"`
	Warnings []string       `json:"warnings"` // on the file
	Error    string         `json:"error,omitempty"`
	Of       string         `json:"of,omitempty"`      // the id of the dataset by whose model it is scored
	New      bool           `json:"new,omitempty"`     // whether it is to be a dataset
	Dataset  string         `json:"dataset,omitempty"` // the id of that

	AsOf   string                 `json:"as_of"`  // the day on which ages and tenures are counted
	Doubts []segment.WarningCount `json:"doubts"` // on the scores

	report features.Report
	limits features.CleanOptions // of the training; Dropped counts who is outside
	tiers  []string              // of the model that scores it
}

// An uploadAnswer is an uploadState for programs.
type uploadAnswer uploadState

// A keptUpload is an uploadState as it outlasts a restart.
type keptUpload struct {
	uploadAnswer
	Report features.Report       `json:"report"`
	Limits features.CleanOptions `json:"limits"`
	Order  []string              `json:"order"` // of the tiers
}

// MarshalJSON returns all that the pages need.
func (u uploadState) MarshalJSON() ([]byte, error) {
	k := keptUpload{uploadAnswer(u), u.report, u.limits, u.tiers}
	k.Report.Errors = nil // they are among those of the answer
	return json.Marshal(k)
}

// UnmarshalJSON reads what MarshalJSON returned.
func (u *uploadState) UnmarshalJSON(b []byte) error {
	var k keptUpload
	err := json.Unmarshal(b, &k)
	*u = uploadState(k.uploadAnswer)
	u.report, u.limits, u.tiers = k.Report, k.Limits, k.Order
	return err
}

// upload takes a file as it comes, to be scored, and leads to its page.
func (s *Site) upload(r *request) error {
	snap, set := r.snap, r.set
	refused := func(status int, text string) error {
		return s.showHome(r, status, nil, map[string]string{"file": text})
	}
	return s.receive(r, refused, func(job *uploadJob) error {
		s.uploads.Keep(job, uploadState{State: stateRunning, Of: set.ID, Tiers: map[string]int{}, Errors: []string{}, Warnings: []string{}, Doubts: []segment.WarningCount{}, tiers: snap.Tiers})
		s.wg.Go(func() {
			s.run(s.ctx, job, func(in io.Reader, out io.Writer) error { return s.scoreFile(s.ctx, job, set, snap.Model, in, out) })
		})
		return nil
	})
}

// client is who an upload counts for: the user where a proxy tells users apart,
// else the address.
func (s *Site) client(r *request) string {
	if s.cfg.UserHeader != "" && r.User != "" {
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
			s.log.Error("an upload cannot be stored", "request", r.ID, "error", err)
		case why.err == upload.ErrBroken, why.err == upload.ErrNoFile && !errors.Is(err, io.EOF): // the form has an end
			s.log.Warn("an upload broke off", "request", r.ID, "error", err)
		}
		return refuse(why.status, "file", why.key, why.args...).after(why.wait)
	}
	return nil
}

// mentions reports whether a job names a customer, in its file or in its report.
func (f erasure) mentions(j *uploadJob) bool {
	now := j.Now()
	if f.of != nil && f.of.ID != cmp.Or(now.Dataset, now.Of) {
		return false
	}
	return hasID(j, csvguard.Cell(f.id)) || slices.ContainsFunc(slices.Concat([]string{j.Name, now.Error}, now.Errors, now.Warnings), f.In)
}

// hasID reports whether a scored file has a line of that customer.
func hasID(j *uploadJob, id string) bool {
	file, err := j.Open()
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	lines := csv.NewReader(bufio.NewReaderSize(file, 1<<16))
	lines.ReuseRecord = true
	for {
		row, err := lines.Read()
		if err != nil {
			return false
		}
		if row[0] == id {
			return true
		}
	}
}

// uploaded shows how far a file has come, and then what came of it.
func (s *Site) uploaded(r *request) error {
	job := s.uploads.Get(r.PathValue("id"))
	if job == nil {
		return s.goneUpload(r)
	}
	now := job.Now()
	now.Read, now.Size = job.Read(), job.Size
	if now.State != stateRunning {
		now.Read = now.Size
	}
	if r.wantsJSON() {
		return r.json(http.StatusOK, uploadAnswer(now))
	}
	if now.Dataset != "" {
		return r.redirect("/data/" + now.Dataset)
	}
	if s.find(now.Of) != nil {
		if err := s.turnTo(r, now.Of); err != nil {
			return err
		}
	}
	p := uploadPage{ID: job.ID, Name: job.Name, Now: now, Doubts: r.l.Report(now.report), Percent: int(100 * now.Read / now.Size)}
	p.setWarnings(r.l)
	for _, tier := range now.tiers {
		t := tierSize{Name: tier, Count: now.Tiers[tier]}
		if now.Rows > 0 {
			t.Share = float64(t.Count) / float64(now.Rows)
		}
		p.Tiers = append(p.Tiers, t)
	}
	if now.State == stateRunning {
		// Without scripts the page asks again by itself.
		r.w.Header().Set("Refresh", "2")
	}
	return s.show(r, http.StatusOK, "upload", r.l.T("upload.title"), p)
}

// goneUpload answers for a file that is not there.
func (s *Site) goneUpload(r *request) error {
	if r.set.ID == "" && s.noCustomers.Load() {
		return s.showEmpty(r)
	}
	return errNotFound
}

// scored returns the scored file.
func (s *Site) scored(r *request) error {
	job := s.uploads.Get(r.PathValue("id"))
	if job == nil || job.Now().State != stateDone {
		return s.goneUpload(r)
	}
	file, err := job.Open()
	if err != nil {
		return errNotFound
	}
	defer func() { _ = file.Close() }()
	if err := s.note(r, didScored, auditDetail{Count: job.Now().Rows}); err != nil {
		return err
	}
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	return r.send(file, "scored", "csv")
}
