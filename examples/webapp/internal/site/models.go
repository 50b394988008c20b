package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/store"
)

type modelsPage struct {
	Dataset   string // the id, empty for the default one
	Name      string
	Models    []store.ModelInfo
	Active    int
	Status    trainingStatus
	Percent   int
	Audit     []auditEntry
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
	Scrubbing bool // whether the database's files still hold what was forgotten
}

// modelVersions returns the versions of the models of a name.
func (s *Site) modelVersions(ctx context.Context, name string) ([]store.ModelInfo, error) {
	all, err := s.store.ListModels(ctx)
	return slices.DeleteFunc(all, func(m store.ModelInfo) bool { return m.Name != name }), err
}

// listModels returns them for the reader, the newest first.
func (s *Site) listModels(r *request) ([]store.ModelInfo, error) {
	list, err := s.modelVersions(r.Context(), r.set.model())
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
		Warnings: narrate.Voice{Language: r.l}.ModelWarnings(r.snap.Model), Scrubbing: s.unscrubbed.Load(),
	}
	if p.Models, err = s.listModels(r); err != nil {
		return err
	}
	hidden := readActions
	if p.All {
		hidden = nil
	}
	if p.Audit, err = s.records.auditEntries(r.Context(), hidden...); err != nil {
		return err
	}
	if p.Earlier, err = s.store.CanRollBack(r.Context(), r.set.model()); err != nil {
		return err
	}
	if d := customers.Dropped; d.Total() > 0 {
		p.LeftOut = r.l.Count("models.leftout", d.Total(), r.l.N(d.Total()), r.l.N(d.Rows), limitsText(r.l, d))
	}
	if left := s.leftOut.Load(); left != nil && r.snap.Campaign {
		p.BadRows = *left
	}
	if p.Status.Dataset != r.set.ID {
		p.Status = trainingStatus{State: stateIdle}
	}
	if p.Status.Total > 0 {
		p.Percent = 100 * p.Status.Done / p.Status.Total
	}
	if p.Status.State == stateRunning {
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
	model, _, err := s.store.LoadModel(r.Context(), r.set.model(), v)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := model.Write(&b); err != nil {
		return err
	}
	if err := s.note(r, didModel, auditDetail{Version: int(v)}); err != nil {
		return err
	}
	return r.send(&b, fmt.Sprintf("model-%d", int(v)), "json")
}

// errUnsigned means that only the signed model may be used.
var errUnsigned = refuse(http.StatusConflict, "", "models.unsigned")

// activate puts another version to use. One that cannot score the customers
// changes nothing.
func (s *Site) activate(r *request) (store.Version, error) {
	v, err := version(r)
	if err != nil {
		return 0, err
	}
	model, _, err := s.store.LoadModel(r.Context(), r.set.model(), v)
	if err != nil {
		return 0, unfit(v, err)
	}
	if s.checkReleased(model) != nil {
		return 0, errUnsigned
	}
	if r.set.ID == "" && fits(model) != nil {
		return 0, refuse(http.StatusConflict, "", "models.unfit", strings.Join(model.Columns(), ", "), strings.Join(features.TrainingColumns, ", "))
	}
	return s.change(r, "activated", auditDetail{Version: int(v)}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
		return v, s.store.Activate(ctx, r.set.model(), v, o)
	})
}

// rollback puts the version to use that was before.
func (s *Site) rollback(r *request) (store.Version, error) {
	if s.signed != nil {
		return 0, errUnsigned
	}
	return s.change(r, "rolled back", auditDetail{}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
		v, err := s.store.Rollback(ctx, r.set.model(), o)
		if errors.Is(err, store.ErrNoActive) {
			err = refuse(http.StatusConflict, "", "models.nothing")
		}
		return v, err
	})
}

// change makes another version the active one, with the tables that follow from
// it, and notes who did it.
func (s *Site) change(r *request, action string, d auditDetail, activate func(context.Context, store.ActivateOptions) (store.Version, error)) (v store.Version, err error) {
	// What was begun is brought to its end, also when nobody waits for it, but does
	// not wait for the database for ever.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(r.Context()), time.Minute, errDown)
	defer cancel()
	short, done := context.WithTimeoutCause(ctx, workFor, errDown)
	defer done()
	err = func() (err error) {
		s.forgetLock.RLock()
		defer s.forgetLock.RUnlock()
		s.changing.Lock()
		defer s.changing.Unlock()
		var a applied
		v, err = activate(short, store.ActivateOptions{Results: func(ctx context.Context, model *segment.Model) (_ *store.Results, err error) {
			if r.set.ID == "" {
				a, err = s.apply(ctx, model, 0)
			} else {
				a.Snapshot, err = s.applied(ctx, r.set, model, 0)
			}
			if err != nil {
				return nil, err
			}
			return a.Results()
		}})
		switch {
		case err != nil:
			return err
		case r.set.ID == "":
			a.Version = int(v)
			s.use(a)
		default:
			a.Version = int(v)
			s.keepSnapshot(r.set, a.Snapshot)
		}
		return nil
	}()
	if err != nil {
		return 0, unfit(v, err)
	}
	if d.Version == 0 {
		d.To = int(v)
	}
	if err := s.records.audit(ctx, r.by(), action, d); err != nil {
		return 0, err
	}
	return v, nil
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
func (s *Site) trainRequestOf(r *request, v url.Values) (trainRequest, error) {
	q := trainRequest{Activate: v.Get("activate") != "", Note: cleanText(v.Get("note"), 120), Limits: s.cfg.Limits}
	if q.Note == "" {
		q.Note = noteBy + " " + r.by()
	}
	if day := v.Get("as_of"); day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil || t.Year() < 1900 || t.Year() > 2200 {
			return q, invalid("as_of", "models.day")
		}
		q.AsOf = t
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
	if errors.Is(err, errBusy) {
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
		q.set, q.roles = r.set, r.set.Roles.V.RoleOptions
	}
	if q.Activate && s.signed != nil {
		return errUnsigned
	}
	if err := s.startTraining(q, r.by()); err != nil {
		return err
	}
	return s.records.audit(r.Context(), r.by(), "training begun", auditDetail{Note: q.Note})
}

func (s *Site) modelCancel(*request) (string, error) {
	s.trainer.stop()
	return "/models?done=cancelled", nil
}
