package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/numerals"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/store"
)

type modelsPage struct {
	Dataset   string // the id, empty for the default one
	Name      string
	Models    []store.ModelInfo
	Active    int
	Status    service.TrainingStatus
	Percent   int
	Audit     []service.AuditEntry
	All       bool // whether those of reading are among them
	AsOf      string
	MaxAge    string // limits of the model in use, as the form has them
	MaxIncome string
	LeftOut   string // sentence on customers that the limits leave out
	Customers int
	Warnings  []string
	BadRows   features.Report // rows of the table that are no customers
	Earlier   bool            // whether another version was in use before
	Notice    string
	Schedule  service.RetrainOptions
	Next      time.Time // that the schedule is due; zero for never
	Runs      []service.Retraining
	Scrubbing bool // whether the database's files still hold what was forgotten
}

// listModels returns them for the reader, the newest first.
func (s *Site) listModels(r *request) ([]store.ModelInfo, error) {
	list, err := s.ModelVersions(r.Context(), r.set.Model())
	for i := range list {
		list[i].Note = noteText(r.l, list[i].Note)
	}
	slices.SortFunc(list, func(a, b store.ModelInfo) int { return int(b.Version) - int(a.Version) })
	return list, err
}

func (s *Site) models(r *request) (err error) {
	q := r.URL.Query()
	customers := r.snap.Customers
	p := modelsPage{
		Dataset: r.set.ID, Name: r.set.Name,
		Active: r.snap.Version, Status: s.trainingStatus(r.l), All: q.Get("audit") == "all", AsOf: customers.Table.AsOf().Format(time.DateOnly), Customers: r.snap.Set.Len(),
		MaxAge: strconv.Itoa(max(0, customers.Dropped.Limits.MaxAge)), MaxIncome: strconv.FormatFloat(max(0, customers.Dropped.Limits.MaxIncome), 'f', -1, 64),
		Warnings: narrate.Voice{Language: r.l}.ModelWarnings(r.snap.Model), Scrubbing: s.Unscrubbed.Load(),
	}
	if late, _ := segmentation.OfAnotherTime(customers.Doubts); late.Rows > 0 {
		p.Warnings = append(p.Warnings, r.l.Count("models.late", late.Rows, r.l.N(late.Rows), r.l.N(late.Of), r.l.D(customers.Table.AsOf())))
	}
	if p.Models, err = s.listModels(r); err != nil {
		return err
	}
	hidden := readActions
	if p.All {
		hidden = nil
	}
	if p.Audit, err = s.Records.AuditEntries(r.Context(), hidden...); err != nil {
		return err
	}
	p.Schedule, p.Next = s.Retrain(), s.Next()
	if p.Runs, err = s.Records.Retrainings(r.Context(), r.set.ID); err != nil {
		return err
	}
	if p.Earlier, err = s.Store.CanRollBack(r.Context(), r.set.Model()); err != nil {
		return err
	}
	if d := customers.Dropped; len(d.Outside) > 0 {
		p.LeftOut = outsideText(r.l, d)
	} else if d.Total() > 0 {
		p.LeftOut = r.l.Count("models.leftout", d.Total(), r.l.N(d.Total()), r.l.N(d.Rows), limitsText(r.l, d))
	}
	if left := s.LeftOut.Load(); left != nil && r.snap.Campaign {
		p.BadRows = *left
	}
	if p.Status.Dataset != r.set.ID {
		p.Status = service.TrainingStatus{State: service.StateIdle}
	}
	if p.Status.Total > 0 {
		p.Percent = 100 * p.Status.Done / p.Status.Total
	}
	if p.Status.State == service.StateRunning {
		r.w.Header().Set("Refresh", "2")
	}
	if key := q.Get("done"); slices.Contains([]string{"activated", "rolled-back", "forgotten", "unknown", "busy", "cancelled"}, key) {
		p.Notice = r.l.T("models.done." + key)
	}
	return s.show(r, http.StatusOK, "models", r.l.T("models.title"), p)
}

// version reads the version in an address.
func version(r *request) (store.Version, error) {
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil || n < 1 || n > 1<<30 {
		return 0, errNotFound
	}
	return store.Version(n), nil
}

// modelFile returns the file of a model.
func (s *Site) modelFile(r *request) error {
	v, err := version(r)
	if err != nil {
		return err
	}
	model, _, err := s.Store.LoadModel(r.Context(), r.set.Model(), v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := model.Write(&b); err != nil {
		return err
	}
	if err := s.note(r, didModel, service.AuditDetail{Version: int(v)}); err != nil {
		return err
	}
	return r.send(&b, fmt.Sprintf("model-%d", int(v)), "json")
}

// activate puts another version to use. One that cannot score the customers
// changes nothing.
func (s *Site) activate(r *request) (store.Version, error) {
	v, err := version(r)
	if err != nil {
		return 0, err
	}
	model, _, err := s.Store.LoadModel(r.Context(), r.set.Model(), v)
	if err != nil {
		return 0, unfit(v, err)
	}
	if s.CheckReleased(model) != nil {
		return 0, service.ErrUnsigned
	}
	if r.set.ID == "" && service.CheckFits(model) != nil {
		return 0, refuse(http.StatusConflict, "", "models.unfit", strings.Join(model.Columns(), ", "), strings.Join(features.TrainingColumns, ", "))
	}
	return s.change(r, "activated", service.AuditDetail{Version: int(v)}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
		return v, s.Store.Activate(ctx, r.set.Model(), v, o)
	})
}

// rollback puts the version to use that was before.
func (s *Site) rollback(r *request) (store.Version, error) {
	if s.Signed != nil {
		return 0, service.ErrUnsigned
	}
	return s.change(r, "rolled back", service.AuditDetail{}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
		v, err := s.Store.Rollback(ctx, r.set.Model(), o)
		if errors.Is(err, store.ErrNoActive) {
			err = refuse(http.StatusConflict, "", "models.nothing")
		}
		return v, err
	})
}

// change makes another version the active one, and notes who did it.
func (s *Site) change(r *request, action string, d service.AuditDetail, activate func(context.Context, store.ActivateOptions) (store.Version, error)) (store.Version, error) {
	v, err := s.ChangeModel(r.Context(), r.set, r.by(), action, d, activate)
	return v, unfit(v, err)
}

// unfit says to the reader why a version is not put to use.
func unfit(v store.Version, err error) error {
	if errors.Is(err, store.ErrUnfit) || service.Unreadable(err) {
		return refuse(http.StatusConflict, "", "models.unusable", int(v), err.Error())
	}
	return err
}

// changes says which version a change makes the active one: to a program, or on
// the page of models, with a notice of what is done.
func changes(change func(*request) (store.Version, error), done string) handler {
	return func(r *request) error {
		v, err := change(r)
		switch {
		case err != nil:
			return err
		case r.api():
			return r.json(http.StatusOK, map[string]int{"active": int(v)})
		}
		return r.redirect("/models" + r.here() + "&done=" + done)
	}
}

// trainRequestOf reads how to train, from a form or a query.
func (s *Site) trainRequestOf(r *request, v url.Values) (service.TrainRequest, error) {
	q := service.TrainRequest{Activate: v.Get("activate") != "", Note: web.CleanText(v.Get("note"), 120), Limits: s.cfg.Limits}
	if q.Note == "" {
		q.Note = service.NoteBy + " " + r.by()
	}
	var err error
	if q.AsOf, err = dayOf(v.Get("as_of")); err != nil {
		return q, err
	}
	if r.snap != nil && r.snap.Campaign && !q.AsOf.IsZero() {
		if early, ok := errors.AsType[*features.DayError](r.snap.Customers.Table.CheckAsOf(r.Context(), features.AsOf(q.AsOf))); ok {
			return q, invalid("as_of", "models.day.early", r.l.D(early.Day), r.l.D(early.First))
		}
	}
	for _, limit := range []struct {
		field, key string
		read       func(*features.CleanOptions, string) error
	}{{"max_age", "models.maxage", program.MaxAge}, {"max_income", "models.maxincome", program.MaxIncome}} {
		if text := strings.TrimSpace(v.Get(limit.field)); text != "" && limit.read(&q.Limits, text) != nil {
			return q, invalid(limit.field, limit.key)
		}
	}
	if k := v.Get("k"); k != "" {
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 || n > 50 {
			return q, invalid("k", "models.k")
		}
		q.K = n
	}
	return q, nil
}

func (s *Site) modelRetrain(r *request) (string, error) {
	err := s.beginTraining(r, r.PostForm)
	page := "/models" + r.here()
	if errors.Is(err, service.ErrBusy) {
		return page + "&done=busy", nil
	}
	return page, err
}

func (s *Site) beginTraining(r *request, v url.Values) error {
	q, err := s.trainRequestOf(r, v)
	if err != nil {
		return err
	}
	for _, field := range []string{"as_of", "max_age", "max_income"} {
		if r.set.ID != "" && v.Get(field) != "" {
			return invalid(field, "models.campaign", field)
		}
	}
	if r.set.ID != "" { // as the model in use was
		q = q.Of(r.set)
	}
	if err := r.who.Need(admin); q.Activate && err != nil {
		return err
	}
	if q.Activate && s.Signed != nil {
		return service.ErrUnsigned
	}
	if err := s.StartTraining(q, r.by()); err != nil {
		return err
	}
	return s.Records.Audit(r.Context(), r.by(), "training begun", service.AuditDetail{Note: q.Note})
}

func (s *Site) modelCancel(*request) (string, error) {
	s.Trainer.Stop()
	return "/models?done=cancelled", nil
}

// trainingStatus is how far the training has come, with a note on whom the limits of
// columns left out, and where those of a campaign left out more than a tenth.
func (s *Site) trainingStatus(l *locale) service.TrainingStatus {
	now := s.Trainer.Now()
	if d := now.Dropped; len(d.Outside) > 0 {
		now.Note = outsideText(l, d)
	} else if d.Warning() != "" {
		now.Note = l.Count("models.many", d.Total(), l.N(d.Total()), l.N(d.Rows), limitsText(l, d))
	}
	return now
}

// outsideText says which limits of columns left out how many customers; empty where they
// left out none.
func outsideText(l *locale, d features.Dropped) string {
	if d.Total() == 0 {
		return ""
	}
	var why []string
	for _, o := range d.Outside {
		if o.Rows > 0 {
			why = append(why, l.T(map[bool]string{false: "limits.below", true: "limits.above"}[o.Above], l.N(o.Rows), o.Column, l.N(numerals.Shorter(o.Limit))))
		}
	}
	return l.Count("limits.outside", d.Total(), l.N(d.Total()), l.N(d.Rows), strings.Join(why, "; "))
}

// limitsText names the limits that left customers out.
func limitsText(l *locale, d features.Dropped) string {
	decimals := 0
	if d.Limits.MaxIncome != math.Trunc(d.Limits.MaxIncome) {
		decimals = 2
	}
	age, income := l.N(d.Limits.MaxAge), l.Number(d.Limits.MaxIncome, decimals)
	switch {
	case d.Age > 0 && d.Income > 0:
		return l.T("limits.both", age, income)
	case d.Age > 0:
		return l.T("limits.age", age)
	}
	return l.T("limits.income", income)
}
