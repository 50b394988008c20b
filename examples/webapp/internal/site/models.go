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
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/narrate"
	"github.com/customer-personality/segmentation/store"
)

type modelsPage struct {
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

func (s *Site) listModels(r *http.Request) ([]store.ModelInfo, error) {
	all, err := s.store.ListModels(r.Context())
	if err != nil {
		return nil, err
	}
	mine := slices.DeleteFunc(all, func(m store.ModelInfo) bool { return m.Name != modelName })
	for i := range mine {
		mine[i].Note = noteText(s.locales.of(r), mine[i].Note)
	}
	slices.SortFunc(mine, func(a, b store.ModelInfo) int { return int(b.Version) - int(a.Version) })
	return mine, nil
}

func (s *Site) models(w http.ResponseWriter, r *http.Request, snap *snapshot.Snapshot) error {
	list, err := s.listModels(r)
	if err != nil {
		return err
	}
	all := r.URL.Query().Get("audit") == "all"
	hidden := readActions
	if all {
		hidden = nil
	}
	audit, err := s.records.auditEntries(r.Context(), hidden...)
	if err != nil {
		return err
	}
	p := modelsPage{Models: list, Active: snap.Version, Status: s.trainingStatus(s.locales.of(r)), Audit: audit, All: all, AsOf: snap.Customers.Table.AsOf().Format(time.DateOnly), Customers: snap.Set.Len(), Warnings: narrate.Voice{Language: s.locales.of(r)}.ModelWarnings(snap.Model)}
	used := snap.Customers.Dropped.Limits
	p.MaxAge, p.MaxIncome = strconv.Itoa(max(0, used.MaxAge)), strconv.FormatFloat(max(0, used.MaxIncome), 'f', -1, 64)
	if d := snap.Customers.Dropped; d.Total() > 0 {
		l := s.locales.of(r)
		p.LeftOut = l.Count("models.leftout", d.Total(), l.N(d.Total()), l.N(d.Rows), limitsText(l, d))
	}
	if left := s.leftOut.Load(); left != nil {
		p.BadRows = *left
	}
	if p.Earlier, err = s.store.CanRollBack(r.Context(), modelName); err != nil {
		return err
	}
	if p.Status.Total > 0 {
		p.Percent = 100 * p.Status.Done / p.Status.Total
	}
	if p.Status.State == stateRunning {
		w.Header().Set("Refresh", "2")
	}
	q := r.URL.Query()
	if key := q.Get("done"); slices.Contains([]string{"activated", "rolled-back", "forgotten", "unknown", "busy", "cancelled"}, key) {
		p.Notice = s.t(r, "models.done."+key)
	}
	p.Scrubbing = s.unscrubbed.Load()
	return s.show(w, r, http.StatusOK, "models", s.t(r, "models.title"), p)
}

// version reads the version in an address.
func version(r *http.Request) (store.Version, error) {
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil || n < 1 || n > 1<<30 {
		return 0, errNotFound
	}
	return store.Version(n), nil
}

// modelFile returns the file of a model.
func (s *Site) modelFile(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	v, err := version(r)
	if err != nil {
		return err
	}
	model, _, err := s.store.LoadModel(r.Context(), modelName, v)
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
	send(w, &b, fmt.Sprintf("model-%d", int(v)), "json")
	return nil
}

// errUnsigned means that only the signed model may be used.
var errUnsigned = refuse(http.StatusConflict, "", "models.unsigned")

// activate puts another version to use. One that cannot score the customers
// changes nothing.
func (s *Site) activate(r *http.Request, v store.Version) (store.Version, error) {
	model, _, err := s.store.LoadModel(r.Context(), modelName, v)
	if err != nil {
		return 0, unfit(v, err)
	}
	if s.checkReleased(model) != nil {
		return 0, errUnsigned
	}
	if fits(model) != nil {
		return 0, refuse(http.StatusConflict, "", "models.unfit", strings.Join(model.Columns(), ", "), strings.Join(features.TrainingColumns, ", "))
	}
	return s.change(r, "activated", auditDetail{Version: int(v)}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
		return v, s.store.Activate(ctx, modelName, v, o)
	})
}

// rollback puts the version to use that was before.
func (s *Site) rollback(r *http.Request) (store.Version, error) {
	if s.signed != nil {
		return 0, errUnsigned
	}
	return s.change(r, "rolled back", auditDetail{}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
		v, err := s.store.Rollback(ctx, modelName, o)
		if errors.Is(err, store.ErrNoActive) {
			err = refuse(http.StatusConflict, "", "models.nothing")
		}
		return v, err
	})
}

// change makes another version the active one, with the tables that follow from
// it, and notes who did it.
func (s *Site) change(r *http.Request, action string, d auditDetail, activate func(context.Context, store.ActivateOptions) (store.Version, error)) (v store.Version, err error) {
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
			if a, err = s.apply(ctx, model, 0); err != nil {
				return nil, err
			}
			return a.Results()
		}})
		if err == nil {
			a.Version = int(v)
			s.use(a)
		}
		return err
	}()
	if err != nil {
		return 0, unfit(v, err)
	}
	if d.Version == 0 {
		d.To = int(v)
	}
	if err := s.records.audit(ctx, userOf(r), action, d); err != nil {
		return 0, err
	}
	return v, nil
}

func (s *Site) modelActivate(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	v, err := version(r)
	if err == nil {
		v, err = s.activate(r, v)
	}
	return activated(w, r, v, err, "/models?done=activated")
}

func (s *Site) modelRollback(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	v, err := s.rollback(r)
	return activated(w, r, v, err, "/models?done=rolled-back")
}

// activated says which version is active now: to a program, or on the page of a
// form.
func activated(w http.ResponseWriter, r *http.Request, v store.Version, err error, page string) error {
	switch {
	case err != nil:
		return err
	case strings.HasPrefix(r.URL.Path, "/api/"):
		return writeJSON(w, http.StatusOK, map[string]int{"active": int(v)})
	}
	return redirect(w, r, page)
}

// trainRequestOf reads how to train, from a form or a query.
func (s *Site) trainRequestOf(r *http.Request, v url.Values) (trainRequest, error) {
	q := trainRequest{Activate: v.Get("activate") != "", Note: cleanText(v.Get("note"), 120), Limits: s.cfg.Limits}
	if q.Note == "" {
		q.Note = noteBy + " " + userOf(r)
	}
	if day := v.Get("as_of"); day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil || t.Year() < 1900 || t.Year() > 2200 {
			return q, refuse(http.StatusUnprocessableEntity, "as_of", "models.day")
		}
		q.AsOf = t
	}
	for _, limit := range []struct {
		field, key string
		read       func(*features.CleanOptions, string) error
	}{{"max_age", "models.maxage", program.MaxAge}, {"max_income", "models.maxincome", program.MaxIncome}} {
		if text := strings.TrimSpace(v.Get(limit.field)); text != "" && limit.read(&q.Limits, text) != nil {
			return q, refuse(http.StatusUnprocessableEntity, limit.field, limit.key)
		}
	}
	if k := v.Get("k"); k != "" {
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 || n > 50 {
			return q, refuse(http.StatusUnprocessableEntity, "k", "models.k")
		}
		q.K = n
	}
	return q, nil
}

func (s *Site) modelRetrain(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	q, err := s.trainRequestOf(r, r.PostForm)
	if err != nil {
		return err
	}
	if err := s.beginTraining(r, q); err != nil {
		if errors.Is(err, errBusy) {
			return redirect(w, r, "/models?done=busy")
		}
		return err
	}
	return redirect(w, r, "/models")
}

func (s *Site) beginTraining(r *http.Request, q trainRequest) error {
	if q.Activate && s.signed != nil {
		return errUnsigned
	}
	if err := s.trainer.start(q, userOf(r)); err != nil {
		return err
	}
	return s.records.audit(r.Context(), userOf(r), "training begun", auditDetail{Note: q.Note})
}

func (s *Site) modelCancel(w http.ResponseWriter, r *http.Request, _ *snapshot.Snapshot) error {
	s.trainer.stop()
	return redirect(w, r, "/models?done=cancelled")
}
