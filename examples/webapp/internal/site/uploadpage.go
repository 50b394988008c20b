package site

import (
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
)

type uploadPage struct {
	ID, Name  string
	Now       uploadState
	Tiers     []tierSize
	Percent   int
	Doubts    []string // sentences on what was guessed or is not known
	AsOf      time.Time
	OtherTime string // sentence where the customers are of another time than the model
	Outside   string // sentence on customers outside the limits of the training
	Warnings  []warningCount
}

// warningCount is one kind of doubt about scores: how many, and the first of them.
type warningCount struct {
	Sentence string
	First    []segment.RowWarning
}

// warningTexts are the texts for the kinds of warnings.
var warningTexts = map[segment.WarningKind]string{
	segment.OutsideTraining: "upload.warn.outside",
	segment.MissingImputed:  "upload.warn.imputed",
	segment.Missing:         "upload.warn.missing",
	segment.OtherDay:        "upload.warn.day",

	segment.WarningKind(features.BornAfterDay):        "upload.warn.born",
	segment.WarningKind(features.ImpossibleAge):       "upload.warn.age",
	segment.WarningKind(features.EnrolledAfterDay):    "upload.warn.enrolled",
	segment.WarningKind(features.EnrolledBeforeBirth): "upload.warn.before",
}

// setWarnings says what is doubtful about the scores of a file.
func (p *uploadPage) setWarnings(l *locale) {
	p.AsOf, _ = time.Parse(time.DateOnly, p.Now.AsOf)
	if late, ok := segmentation.OfAnotherTime(p.Now.Doubts); ok {
		p.OtherTime = l.Count("upload.late", late.Rows, l.N(late.Rows), l.N(late.Of), l.D(p.AsOf))
	}
	if n := p.Now.Dropped; n > 0 {
		d := features.Dropped{Limits: p.Now.limits}
		if d.Limits.MaxAge != features.NoLimit {
			d.Age = 1
		}
		if d.Limits.MaxIncome != features.NoLimit {
			d.Income = 1
		}
		p.Outside = l.T("upload.outside", limitsText(l, d), l.N(n))
	}
	for _, c := range p.Now.Doubts {
		column := ""
		if slices.Contains(features.TrainingColumns, c.Column) {
			column = l.Noun(c.Column)
		}
		p.Warnings = append(p.Warnings, warningCount{l.Count(warningTexts[c.Kind], c.Rows, l.N(c.Rows), column), c.First})
	}
}

// uploaded shows how far a file has come, and then what came of it.
func (s *Site) uploaded(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	job := s.uploads.get(r.PathValue("id"))
	if job == nil {
		return errNotFound
	}
	now := job.now()
	if wantsJSON(r) {
		return writeJSON(w, http.StatusOK, now)
	}
	p := uploadPage{ID: job.id, Name: job.name, Now: now, Doubts: s.locales.of(r).Report(now.report)}
	p.setWarnings(s.locales.of(r))
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
	return s.show(w, r, http.StatusOK, "upload", s.t(r, "upload.title"), p)
}

// scored returns the scored file.
func (s *Site) scored(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	job := s.uploads.get(r.PathValue("id"))
	if job == nil || job.now().State != stateDone {
		return errNotFound
	}
	file, err := os.Open(s.uploads.path(job.id, "csv"))
	if err != nil {
		return errNotFound
	}
	defer func() { _ = file.Close() }()
	if err := s.note(r, didScored, auditDetail{Count: job.now().Rows}); err != nil {
		return err
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(10 * time.Minute))
	send(w, file, "scored", "csv")
	return nil
}
