package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store"
)

type modelsPage struct {
	Models    []store.ModelInfo
	Active    int
	Status    status
	Percent   int
	Deeds     []audited
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
		mine[i].Note = noted(s.locales.of(r), mine[i].Note)
	}
	slices.SortFunc(mine, func(a, b store.ModelInfo) int { return int(b.Version) - int(a.Version) })
	return mine, nil
}

func (s *Site) models(w http.ResponseWriter, r *http.Request, world *world.World) {
	list, err := s.listModels(r)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	all := r.URL.Query().Get("audit") == "all"
	hidden := readings
	if all {
		hidden = nil
	}
	deeds, err := s.book.deeds(r.Context(), hidden...)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	p := modelsPage{Models: list, Active: world.Version, Status: s.training(s.locales.of(r)), Deeds: deeds, All: all, AsOf: world.Table.AsOf().Format(time.DateOnly), Customers: world.Set.Len(), Warnings: doubts(s.locales.of(r), world.Model)}
	used := world.Dropped.Limits
	p.MaxAge, p.MaxIncome = strconv.Itoa(max(0, used.MaxAge)), strconv.FormatFloat(max(0, used.MaxIncome), 'f', -1, 64)
	if d := world.Dropped; d.Total() > 0 {
		l := s.locales.of(r)
		p.LeftOut = l.Count("models.leftout", d.Total(), l.N(d.Total()), l.N(d.Rows), limited(l, d))
	}
	if left := s.leftOut.Load(); left != nil {
		p.BadRows = *left
	}
	if p.Earlier, err = s.book.earlier(r.Context(), modelName); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
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
	s.show(w, r, http.StatusOK, "models", "models.title", p)
}

// version reads the version in an address.
func version(r *http.Request) (store.Version, error) {
	n, err := strconv.Atoi(r.PathValue("version"))
	if err != nil || n < 1 || n > 1<<30 {
		return 0, errNotFound
	}
	return store.Version(n), nil
}

// modelFile gives the file of a model.
func (s *Site) modelFile(w http.ResponseWriter, r *http.Request, _ *world.World) {
	v, err := version(r)
	if err != nil {
		s.fail(w, r, http.StatusNotFound, err)
		return
	}
	model, _, err := s.store.LoadModel(r.Context(), modelName, v)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	var b bytes.Buffer
	if err := model.Write(&b); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	if !s.noted(w, r, didModel, detail{Version: int(v)}) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="model-%d.json"`, int(v)))
	_, _ = b.WriteTo(w)
}

// activate puts another version to use, with the tables that follow from it, and
// notes who did it. A version that cannot score the customers changes nothing.
func (s *Site) activate(r *http.Request, v store.Version) error {
	model, _, err := s.store.LoadModel(r.Context(), modelName, v)
	if err != nil {
		return s.unfit(r, v, err)
	}
	if s.released(model) != nil {
		return s.unsigned(r)
	}
	if fits(model) != nil {
		return problem{Status: http.StatusConflict, Message: s.t(r, "models.unfit", strings.Join(model.Columns(), ", "), strings.Join(features.TrainingColumns, ", "))}
	}
	// What was begun is brought to its end, also when nobody waits for it.
	ctx, cancel := toTheEnd(r.Context())
	defer cancel()
	short, done := context.WithTimeoutCause(ctx, workFor, errDown)
	defer done()
	if err := s.whileNobodyIsForgotten(func() error {
		return s.store.Activate(short, modelName, v, store.ActivateOptions{Results: s.results})
	}); err != nil {
		return s.unfit(r, v, err)
	}
	if err := s.book.audit(ctx, who(r), "activated", detail{Version: int(v)}); err != nil {
		return err
	}
	return s.reload(ctx)
}

// unsigned says that only the signed model may be used.
func (s *Site) unsigned(r *http.Request) error {
	return problem{Status: http.StatusConflict, Message: s.t(r, "models.unsigned")}
}

func (s *Site) rollback(r *http.Request) (store.Version, error) {
	if s.signed != nil {
		return 0, s.unsigned(r)
	}
	ctx, cancel := toTheEnd(r.Context())
	defer cancel()
	short, done := context.WithTimeoutCause(ctx, workFor, errDown)
	defer done()
	var v store.Version
	err := s.whileNobodyIsForgotten(func() (err error) {
		v, err = s.store.Rollback(short, modelName, store.ActivateOptions{Results: s.results})
		return err
	})
	if errors.Is(err, store.ErrNoActive) {
		return 0, problem{Status: http.StatusConflict, Message: s.t(r, "models.nothing")}
	}
	if err != nil {
		return 0, s.unfit(r, v, err)
	}
	if err := s.book.audit(ctx, who(r), "rolled back", detail{To: int(v)}); err != nil {
		return 0, err
	}
	return v, s.reload(ctx)
}

func (s *Site) modelActivate(w http.ResponseWriter, r *http.Request, _ *world.World) {
	v, err := version(r)
	if err == nil {
		err = s.activate(r, v)
	}
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, "/models?done=activated", http.StatusSeeOther)
}

func (s *Site) modelRollback(w http.ResponseWriter, r *http.Request, _ *world.World) {
	if _, err := s.rollback(r); err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, "/models?done=rolled-back", http.StatusSeeOther)
}

// trainRequestOf reads how to train, from a form or a query.
func (s *Site) trainRequestOf(r *http.Request, v url.Values) (trainRequest, error) {
	q := trainRequest{Activate: v.Get("activate") != "", Note: cleanText(v.Get("note"), 120), Limits: s.cfg.Limits}
	if q.Note == "" {
		q.Note = noteBy + " " + who(r)
	}
	if day := v.Get("as_of"); day != "" {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil || t.Year() < 1900 || t.Year() > 2200 {
			return q, problem{Status: http.StatusUnprocessableEntity, Message: s.t(r, "models.day"), Field: "as_of"}
		}
		q.AsOf = t
	}
	for _, limit := range []struct {
		field, key string
		read       func(*features.CleanOptions, string) error
	}{{"max_age", "models.maxage", program.MaxAge}, {"max_income", "models.maxincome", program.MaxIncome}} {
		if text := strings.TrimSpace(v.Get(limit.field)); text != "" && limit.read(&q.Limits, text) != nil {
			return q, problem{Status: http.StatusUnprocessableEntity, Message: s.t(r, limit.key), Field: limit.field}
		}
	}
	if k := v.Get("k"); k != "" {
		n, err := strconv.Atoi(k)
		if err != nil || n < 0 || n > 50 {
			return q, problem{Status: http.StatusUnprocessableEntity, Message: s.t(r, "models.k"), Field: "k"}
		}
		q.K = n
	}
	return q, nil
}

func (s *Site) modelRetrain(w http.ResponseWriter, r *http.Request, _ *world.World) {
	q, err := s.trainRequestOf(r, r.PostForm)
	if err != nil {
		s.fail(w, r, http.StatusBadRequest, err)
		return
	}
	if err := s.beginTraining(r, q); err != nil {
		if errors.Is(err, errBusy) {
			http.Redirect(w, r, "/models?done=busy", http.StatusSeeOther)
			return
		}
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	http.Redirect(w, r, "/models", http.StatusSeeOther)
}

func (s *Site) beginTraining(r *http.Request, q trainRequest) error {
	if q.Activate && s.signed != nil {
		return s.unsigned(r)
	}
	if err := s.trainer.start(q, who(r)); err != nil {
		return err
	}
	return s.book.audit(r.Context(), who(r), "training begun", detail{Note: q.Note})
}

func (s *Site) modelCancel(w http.ResponseWriter, r *http.Request, _ *world.World) {
	s.trainer.stop()
	http.Redirect(w, r, "/models?done=cancelled", http.StatusSeeOther)
}

// forget removes a customer everywhere, also from the free pages of the
// database and from scored files that wait to be fetched, and makes the charts
// anew without it. The audit log says that somebody was forgotten, not who.
func (s *Site) forget(r *http.Request, id string) (int, error) {
	// What was begun is brought to its end, also when nobody waits for it.
	ctx := context.WithoutCancel(r.Context())
	places, err := s.erase(ctx, who(r), id)
	if err != nil || places == 0 {
		return places, err
	}
	// What cannot be cleaned now is tried again, and the page says so.
	short, cancel := context.WithTimeoutCause(ctx, workFor, errDown)
	defer cancel()
	if err := s.scrub(short); err != nil {
		s.log.Warn("what was forgotten is still in the files of the database", "error", err)
	}
	return places, nil
}

// erase is forget but for the free pages, which take longer: no answer is made
// meanwhile.
func (s *Site) erase(ctx context.Context, by string, id string) (int, error) {
	s.telling.Lock()
	defer s.telling.Unlock()
	short, cancel := context.WithTimeoutCause(ctx, workFor, errDown)
	defer cancel()
	f, err := s.forgettable(short, id)
	if err != nil {
		return 0, err
	}
	places, err := s.book.forget(ctx, f)
	if err != nil {
		return places, err
	}
	places += s.uploads.forget(f)
	removeLeft(os.TempDir()) // of apps that were killed
	if places == 0 {
		return 0, nil
	}
	s.forgets.Add(1)
	s.unscrubbed.Store(true)
	if err := s.book.audit(ctx, by, didForget, detail{}); err != nil {
		return places, err
	}
	return places, s.reload(ctx)
}

// scrub takes what was forgotten out of the files of the database. What another
// program prevents is tried again, see watch.
func (s *Site) scrub(ctx context.Context) error {
	s.scrubbing.Lock()
	defer s.scrubbing.Unlock()
	if !s.unscrubbed.Swap(false) {
		return nil
	}
	err := s.store.Scrub(ctx, bookTables...)
	if err == nil {
		err = s.book.audit(ctx, theApp, didScrub, detail{})
	}
	if err != nil {
		s.unscrubbed.Store(true)
	}
	return err
}

func (s *Site) forgetForm(w http.ResponseWriter, r *http.Request, _ *world.World) {
	id, err := s.customerID(r, r.PostFormValue("id"))
	if err != nil {
		s.fail(w, r, http.StatusUnprocessableEntity, err)
		return
	}
	places, err := s.forget(r, id)
	if err != nil {
		s.fail(w, r, http.StatusInternalServerError, err)
		return
	}
	if places == 0 {
		http.Redirect(w, r, "/models?done=unknown#forget", http.StatusSeeOther)
		return
	}
	http.Redirect(w, r, "/models?done=forgotten#forget", http.StatusSeeOther)
}
