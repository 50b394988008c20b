package site

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/chart"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/segment"
)

// uploads are files of customers that wait to be scored, or were. They lie in a
// folder of their own under names of ours, and go after an hour.
type uploads struct {
	dir    string
	unlock func() error
	slots  chan struct{}
	mu     sync.Mutex
	jobs   map[string]*uploadJob
}

const (
	uploadsKeptFor = time.Hour
	mostUploads    = 50
)

func newUploads(slots int) (*uploads, error) {
	dir, unlock, err := newFolder()
	if err != nil {
		return nil, err
	}
	return &uploads{dir: dir, unlock: unlock, slots: make(chan struct{}, slots), jobs: map[string]*uploadJob{}}, nil
}

func (u *uploads) close() error { return errors.Join(u.unlock(), os.RemoveAll(u.dir)) }

// path is where a file of a job lies. The id is ours, so it cannot lead
// elsewhere.
func (u *uploads) path(id, kind string) string { return filepath.Join(u.dir, id+"."+kind) }

func (u *uploads) get(id string) *uploadJob {
	if !validID(id) {
		return nil
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.jobs[id]
}

// add keeps a job.
func (u *uploads) add(j *uploadJob) {
	u.mu.Lock()
	u.jobs[j.id] = j
	u.mu.Unlock()
	u.sweep(time.Now())
}

// sweep lets go of jobs that are too old or too many, the oldest first. What is
// being scored stays.
func (u *uploads) sweep(now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	var ended []*uploadJob
	for _, j := range u.jobs {
		if j.now().State != stateRunning {
			ended = append(ended, j)
		}
	}
	slices.SortFunc(ended, func(a, b *uploadJob) int { return a.began.Compare(b.began) })
	for _, j := range ended {
		if len(u.jobs) <= mostUploads && now.Sub(j.began) < uploadsKeptFor {
			return
		}
		u.drop(j)
	}
}

// forget lets go of the files that name a customer, and tells of how many. A
// file that is being scored is looked through when it is done, see ended.
func (u *uploads) forget(f forgotten) (n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range u.jobs {
		if now := j.now(); now.State == stateRunning {
			j.forgotten = append(j.forgotten, f)
		} else if u.tells(j, now, f) {
			u.drop(j)
			n++
		}
	}
	return n
}

// drop lets go of a job and its file.
func (u *uploads) drop(j *uploadJob) {
	delete(u.jobs, j.id)
	_ = os.Remove(u.path(j.id, "csv"))
}

// clear lets go of all files but those that are being scored.
func (u *uploads) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, j := range u.jobs {
		if j.now().State != stateRunning {
			u.drop(j)
		}
	}
}

// tells tells whether a job names a customer, in its file or in its report.
func (u *uploads) tells(j *uploadJob, now uploadState, f forgotten) bool {
	return names(u.path(j.id, "csv"), chart.Guard(f.id)) || slices.ContainsFunc(slices.Concat([]string{j.name, now.Error}, now.Errors, now.Warnings), f.in)
}

// ended keeps a scored job unless it names a customer who was forgotten meanwhile.
func (u *uploads) ended(j *uploadJob, outcome func(*uploadState)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	j.change(outcome)
	if slices.ContainsFunc(j.forgotten, func(f forgotten) bool { return u.tells(j, j.now(), f) }) {
		u.drop(j)
	}
}

// names tells whether a scored file has a line of that customer.
func names(path, id string) bool {
	file, err := os.Open(path)
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

// A uploadJob is one uploaded file.
type uploadJob struct {
	id     string
	name   string // as the client calls it, for reading only
	size   int64
	began  time.Time
	client string   // who it counts for
	lease  *lease   // until it is scored
	tiers  []string // of the model that scores it

	forgotten []forgotten // while it was scored; guarded by the lock of uploads

	mu    sync.Mutex
	state uploadState
}

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

	AsOf   string                 `json:"as_of"`  // the day on which ages and tenures are counted
	Doubts []segment.WarningCount `json:"doubts"` // on the scores

	report features.Report
	limits features.CleanOptions // of the training; Dropped counts who is outside
}

func (j *uploadJob) now() uploadState {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.state
	s.Tiers = map[string]int{}
	for k, v := range j.state.Tiers {
		s.Tiers[k] = v
	}
	return s
}

func (j *uploadJob) change(f func(*uploadState)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	f(&j.state)
}

// upload takes a file as it comes, and leads to its page.
func (s *Site) upload(w http.ResponseWriter, r *http.Request, world *world.World) {
	body := r.Body
	refuse := func(status int, key string, args ...any) {
		s.metrics.uploads.WithLabelValues("refused").Inc()
		if status != http.StatusRequestTimeout {
			defer linger(w, r, body)
			_ = http.NewResponseController(w).EnableFullDuplex()
		}
		if wantsJSON(r) {
			s.fail(w, r, status, problem{Message: s.t(r, key, args...), Field: "file"})
			return
		}
		s.showHome(w, r, status, world, nil, map[string]string{"file": s.t(r, key, args...)})
	}
	// The length may be unknown, and holds the rest of the form.
	most := s.cfg.MaxUpload + 1<<16
	if r.ContentLength > most {
		refuse(http.StatusRequestEntityTooLarge, "upload.large", s.cfg.MaxUpload/1e6)
		return
	}
	length := r.ContentLength
	if length < 0 {
		length = most
	}
	job := &uploadJob{id: newID(), began: time.Now(), tiers: world.Set.Tiers, client: s.client(r)}
	var err error
	switch job.lease, err = s.budget.admit(job.id, job.client, length); err {
	case errCrowded:
		w.Header().Set("Retry-After", "10")
		refuse(http.StatusServiceUnavailable, "upload.busy")
		return
	case errNoSpace:
		w.Header().Set("Retry-After", "60")
		refuse(http.StatusInsufficientStorage, "upload.space")
		return
	}
	held := true
	defer func() {
		if held {
			s.budget.release(job.lease)
		}
	}()
	// A slow line may take its time, but not for ever.
	control := http.NewResponseController(w)
	_ = control.SetWriteDeadline(time.Now().Add(receiveFor + time.Minute))
	r.Body = http.MaxBytesReader(w, s.budget.paced(w, r.Body, job.lease), most)
	parts, err := r.MultipartReader()
	if err != nil {
		refuse(http.StatusBadRequest, "upload.form")
		return
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			var tooLarge *http.MaxBytesError
			switch {
			case errors.As(err, &tooLarge):
				refuse(http.StatusRequestEntityTooLarge, "upload.large", s.cfg.MaxUpload/1e6)
			case errors.Is(err, errSlow):
				refuse(http.StatusRequestTimeout, "upload.slow", slowest>>10)
			default:
				refuse(http.StatusBadRequest, "upload.none")
			}
			return
		}
		if part.FormName() != "file" {
			continue
		}
		job.name = cleanText(filepath.Base(part.FileName()), 120)
		job.size, err = s.spool(job.id, part)
		var tooLarge *http.MaxBytesError
		var stored storeError
		switch {
		case errors.As(err, &stored):
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			s.log.Error("an upload cannot be stored", "request", about(r).id, "error", err)
			if full(err) {
				w.Header().Set("Retry-After", "60")
				refuse(http.StatusInsufficientStorage, "upload.space")
				return
			}
			refuse(http.StatusInternalServerError, "error.500")
			return
		case errors.Is(err, errSlow):
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			refuse(http.StatusRequestTimeout, "upload.slow", slowest>>10)
			return
		case errors.As(err, &tooLarge), job.size > s.cfg.MaxUpload:
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			refuse(http.StatusRequestEntityTooLarge, "upload.large", s.cfg.MaxUpload/1e6)
			return
		case err != nil:
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			if r.Context().Err() != nil {
				return
			}
			s.log.Warn("an upload broke off", "request", about(r).id, "error", err)
			refuse(http.StatusBadRequest, "upload.broken")
			return
		case job.size == 0:
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			refuse(http.StatusUnprocessableEntity, "upload.none")
			return
		}
		_ = control.SetReadDeadline(time.Now().Add(time.Minute)) // of the connection, which is watched on
		if !s.budget.received(job.lease, job.size) {
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			refuse(http.StatusRequestTimeout, "upload.slow", slowest>>10)
			return
		}
		if err := s.note(r, didUpload, detail{}); err != nil {
			_ = os.Remove(s.uploads.path(job.id, "raw"))
			s.fail(w, r, http.StatusInternalServerError, err)
			return
		}
		job.state = uploadState{State: stateRunning, Size: job.size, Tiers: map[string]int{}, Errors: []string{}, Warnings: []string{}, Doubts: []segment.WarningCount{}}
		s.uploads.add(job)
		held = false
		s.wg.Go(func() { s.scoreInTurn(s.ctx, job, world) })
		http.Redirect(w, r, "/upload/"+job.id, http.StatusSeeOther)
		return
	}
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
	return io.Copy(storing{file}, from)
}

// counting tells how many bytes were read, and ends with its context.
type counting struct {
	*os.File
	ctx context.Context
	job *uploadJob
}

func (c counting) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.File.Read(p)
	c.job.change(func(s *uploadState) { s.Read = min(s.Read+int64(n), s.Size) })
	return n, err
}

// score scores the customers of an uploaded file into a file to download.
func (s *Site) score(ctx context.Context, job *uploadJob, model *segment.Model) {
	err := s.told(s.scoreFile(ctx, job, model))
	_ = os.Remove(s.uploads.path(job.id, "raw"))
	if err != nil {
		_ = os.Remove(s.uploads.path(job.id, "csv"))
	}
	outcome := stateDone
	s.uploads.ended(job, func(state *uploadState) {
		if err != nil {
			outcome = stateFailed
			state.Error = program.Plain(err)
		}
		state.State = outcome
		state.Read = state.Size
	})
	s.metrics.uploads.WithLabelValues(outcome).Inc()
}

func (s *Site) scoreFile(ctx context.Context, job *uploadJob, model *segment.Model) (err error) {
	in, err := os.Open(s.uploads.path(job.id, "raw"))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(s.uploads.path(job.id, "csv"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buffer := bufio.NewWriterSize(&metered{out, s.budget, job.lease, job.size}, 1<<16)
	to := csv.NewWriter(csvguard.Writer(buffer, false, new(int)))
	if err := to.Write(append(append([]string{"id"}, features.TrainingColumns...), "education", "marital_status", "cluster", "tier", "distance", "margin", "warnings")); err != nil {
		return err
	}
	reader := features.Read(counting{in, ctx, job}, features.ReadOptions{Policy: features.Skip, Name: job.name})
	var sum segmentation.ScoreSummary
	publish := func() {
		job.change(func(state *uploadState) {
			state.Rows, state.Dropped = sum.Rows, sum.Beyond
			for tier, n := range sum.Tiers {
				if n > 0 {
					state.Tiers[tier] = n
				}
			}
		})
	}
	for scored, err := range segmentation.ScoreCustomers(ctx, model, reader.All(), segmentation.ScoreOptions{Summary: &sum}) {
		if err != nil {
			return err
		}
		if sum.Rows%1000 == 0 {
			publish()
		}
		if err := to.Write(scoredRow(&scored.Customer, scored.Values, scored.Prediction)); err != nil {
			return err
		}
	}
	report := reader.Report()
	report.Ignored = nil // no page tells them, and they may be a mebibyte
	publish()
	for tier, n := range sum.Tiers {
		s.metrics.predictions.WithLabelValues(tier).Add(float64(n))
	}
	job.change(func(state *uploadState) {
		state.report, state.BadRows, state.limits = report, report.BadRows, features.CleanOptionsOf(model.Limits())
		state.AsOf, state.Doubts = sum.AsOf.Format(time.DateOnly), sum.Warnings
		for _, e := range report.Errors {
			state.Errors = append(state.Errors, program.Plain(e))
		}
		// The rows that were left out are told apart from the rest.
		report.BadRows, report.Errors = 0, nil
		state.Warnings = append(state.Warnings, report.Warnings()...)
	})
	to.Flush()
	return errors.Join(to.Error(), buffer.Flush())
}

// scoredRow is a line of the file to download. The id and the words come from
// the uploaded file, so they are guarded.
func scoredRow(e *features.Engineered, values []float64, p segment.Prediction) []string {
	row := []string{chart.Guard(e.ID)}
	for _, v := range values {
		text := ""
		if v == v {
			text = strconv.FormatFloat(v, 'f', -1, 64)
		}
		row = append(row, text)
	}
	margin := ""
	if p.Margin-p.Margin == 0 {
		margin = strconv.FormatFloat(p.Margin, 'g', 6, 64)
	}
	return append(row, chart.Guard(e.Education), chart.Guard(e.MaritalStatus), strconv.Itoa(p.Cluster), chart.Guard(p.Tier), strconv.FormatFloat(p.Distance, 'g', 6, 64), margin, chart.Guard(program.Sentences(p.Warnings)))
}

type uploadPage struct {
	ID, Name string
	Now      uploadState
	Tiers    []tierSize
	Percent  int
	Doubts   []string // sentences on what was guessed or is not known
	AsOf     time.Time
	Late     string // sentence where the customers are of another time than the model
	Outside  string // sentence on customers outside the limits of the training
	Warned   []warned
}

// warned is one kind of doubt about scores: how many, and the first of them.
type warned struct {
	Sentence string
	First    []segment.RowWarning
}

// warnedTexts are the texts for the kinds of warnings.
var warnedTexts = map[segment.WarningKind]string{
	segment.OutsideTraining: "upload.warn.outside",
	segment.MissingImputed:  "upload.warn.imputed",
	segment.Missing:         "upload.warn.missing",
	segment.OtherDay:        "upload.warn.day",

	segment.WarningKind(features.BornAfterDay):        "upload.warn.born",
	segment.WarningKind(features.ImpossibleAge):       "upload.warn.age",
	segment.WarningKind(features.EnrolledAfterDay):    "upload.warn.enrolled",
	segment.WarningKind(features.EnrolledBeforeBirth): "upload.warn.before",
}

// doubted tells what is doubtful about the scores of a file.
func (p *uploadPage) doubted(l *locale) {
	p.AsOf, _ = time.Parse(time.DateOnly, p.Now.AsOf)
	if late, ok := segmentation.OfAnotherTime(p.Now.Doubts); ok {
		p.Late = l.Count("upload.late", late.Rows, l.N(late.Rows), l.N(late.Of), l.D(p.AsOf))
	}
	if n := p.Now.Dropped; n > 0 {
		d := features.Dropped{Limits: p.Now.limits}
		if d.Limits.MaxAge != features.NoLimit {
			d.Age = 1
		}
		if d.Limits.MaxIncome != features.NoLimit {
			d.Income = 1
		}
		p.Outside = l.T("upload.outside", limited(l, d), l.N(n))
	}
	for _, c := range p.Now.Doubts {
		column := ""
		if slices.Contains(features.TrainingColumns, c.Column) {
			column = l.Noun(c.Column)
		}
		p.Warned = append(p.Warned, warned{l.Count(warnedTexts[c.Kind], c.Rows, l.N(c.Rows), column), c.First})
	}
}

// aboutIDs tells where the ids of a file are from, and which of them repeat.
func aboutIDs(l *locale, r features.Report) (out []string) {
	if r.IDColumn != "" {
		out = append(out, l.T("upload.ids.column", r.IDColumn))
	}
	if r.Numbered {
		out = append(out, l.T("upload.ids.none"))
	}
	if repeated := r.RepeatedIDs; repeated.Rows > 0 {
		var first []string
		for _, id := range repeated.First {
			first = append(first, l.T("upload.ids.place", id.ID, l.N(id.Line)))
		}
		out = append(out, l.Count("upload.ids.repeated", repeated.Rows, l.N(repeated.Rows), strings.Join(first, ", ")))
	}
	if n := r.RepeatedIDs.Unchecked; n > 0 {
		out = append(out, l.Count("upload.ids.unchecked", n, l.N(n)))
	}
	return out
}

// guesses tell what was guessed of a file, and which of its words are not known.
func guesses(l *locale, r features.Report) []string {
	out := aboutIDs(l, r)
	if r.QuotedLines {
		out = append(out, l.T("upload.quoted"))
	}
	if n := len(r.Preamble); n > 0 {
		out = append(out, l.Count("upload.preamble", n, l.N(n), r.Preamble[0]))
	}
	for _, d := range r.Dates {
		if text := aboutDates(l, d); text != "" {
			out = append(out, text)
		}
	}
	for _, m := range r.Missing {
		key := "upload.empty"
		if m.Required {
			key = "upload.lost"
		}
		name := l.Noun(m.Column)
		if m.Column == "dt_customer" {
			name = l.T("upload.enrolment")
		}
		out = append(out, l.Count(key, m.Count, l.N(m.Count), name))
	}
	if r.NumberGuessed && r.Decimal == features.DecimalComma {
		out = append(out, l.T("upload.guess.number", "58.138"))
	} else if r.NumberGuessed {
		out = append(out, l.T("upload.guess.number", "58,138"))
	}
	unknown := r.MostUnknown(20)
	for _, u := range unknown {
		follows := "upload.unknown.education"
		if u.Column == "marital_status" {
			follows = "upload.unknown.marital"
		}
		out = append(out, l.Count("upload.unknown", u.Count, l.N(u.Count), l.Noun(u.Column), u.Value)+" "+l.T(follows))
	}
	if more := len(r.Unknown) - len(unknown); more > 0 {
		out = append(out, l.Count("upload.unknown.more", more, l.N(more)))
	}
	return out
}

// aboutDates tells what the order of dates rests on where they do not fix it
// themselves.
func aboutDates(l *locale, d features.DateWriting) string {
	order := func(o features.DateOrder) string {
		return l.T([]string{"upload.order.written", "upload.order.day", "upload.order.month", "upload.order.year", "upload.order.exchanged"}[o])
	}
	read := l.Count("upload.dates", d.Open, l.N(d.Open), d.Example, order(d.Order))
	switch {
	case d.Doubt:
		return read + " " + l.T("upload.dates.span", l.N(d.Outside), l.D(d.From), l.D(d.To), order(d.Rival), l.N(d.RivalOutside)) + " " + l.T("upload.dates.doubt")
	case d.Basis == features.BySpan:
		read += " " + l.T("upload.dates.span", l.N(d.Outside), l.D(d.From), l.D(d.To), order(d.Rival), l.N(d.RivalOutside))
	case d.Basis == features.ByReach:
		read += " " + l.T("upload.dates.reach", l.D(d.First), l.D(d.Last), order(d.Rival), l.D(d.RivalFirst), l.D(d.RivalLast))
	case d.Basis == features.BySignature:
		read += " " + l.T("upload.dates.signature")
	case d.Basis == features.ByOthers:
		read += " " + l.T("upload.dates.others")
	case d.Basis == features.ByGuess:
	default:
		return ""
	}
	if d.Guess {
		read += " " + l.T("upload.guess.date")
	}
	return read
}

// uploaded shows how far a file has come, and then what came of it.
func (s *Site) uploaded(w http.ResponseWriter, r *http.Request, _ *world.World) {
	job := s.uploads.get(r.PathValue("id"))
	if job == nil {
		s.fail(w, r, http.StatusNotFound, errNotFound)
		return
	}
	now := job.now()
	if wantsJSON(r) {
		writeJSON(w, http.StatusOK, now)
		return
	}
	p := uploadPage{ID: job.id, Name: job.name, Now: now, Doubts: guesses(s.locales.of(r), now.report)}
	p.doubted(s.locales.of(r))
	if now.Size > 0 {
		p.Percent = int(100 * now.Read / now.Size)
	}
	for _, tier := range job.tiers {
		t := tierSize{Name: tier, Count: now.Tiers[tier]}
		if now.Rows > 0 {
			t.Share = float64(t.Count) / float64(now.Rows)
		}
		p.Tiers = append(p.Tiers, t)
	}
	if now.State == stateRunning {
		// Without scripts the page asks again by itself.
		w.Header().Set("Refresh", "2")
	}
	s.show(w, r, http.StatusOK, "upload", "upload.title", p)
}

// scored gives the scored file.
func (s *Site) scored(w http.ResponseWriter, r *http.Request, _ *world.World) {
	job := s.uploads.get(r.PathValue("id"))
	if job == nil || job.now().State != stateDone {
		s.fail(w, r, http.StatusNotFound, errNotFound)
		return
	}
	file, err := os.Open(s.uploads.path(job.id, "csv"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, errNotFound)
		return
	}
	defer func() { _ = file.Close() }()
	if !s.noted(w, r, didScored, detail{Count: job.now().Rows}) {
		return
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="scored.csv"`)
	_, _ = io.Copy(w, file)
}
