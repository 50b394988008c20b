package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/world"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// Prepare gives the app its customers and its model: what the database has, or
// else the file or the bundled sample, and a model trained on them.
func (s *Site) Prepare(ctx context.Context) error {
	n, err := s.store.Count(ctx, s.store.Tables().Customers)
	if err != nil {
		return err
	}
	if s.cfg.Trust.Given() {
		model, err := s.cfg.Trust.Load(s.cfg.Model)
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := model.Write(&b); err != nil {
			return err
		}
		s.signed = b.Bytes()
	}
	unscrubbed, err := s.book.unscrubbed(ctx)
	if err != nil {
		return err
	}
	s.unscrubbed.Store(unscrubbed)
	asOf := s.cfg.AsOf
	if n == 0 {
		had, err := s.hadCustomers(ctx)
		if err != nil {
			return err
		}
		if had {
			s.empty()
			s.wg.Go(s.watch)
			return nil
		}
		sample := s.cfg.Data == ""
		if err := s.ingest(ctx, sample); err != nil {
			return err
		}
		if err := s.book.audit(ctx, theApp, didIngest, detail{}); err != nil {
			return err
		}
		if sample && asOf.IsZero() {
			asOf = testdata.AsOf
		}
	}
	if s.cfg.Model != "" {
		if err := s.adopt(ctx, s.cfg.Model); err != nil {
			return err
		}
	}
	err = s.start(ctx)
	if errors.Is(err, store.ErrNoActive) || errors.Is(err, store.ErrNoModel) {
		s.log.Info("training the first model")
		var dropped features.Dropped
		info, trained := s.train(ctx, trainRequest{
			AsOf: asOf, Limits: s.cfg.Limits, Activate: true, Note: noteFirst, cleaned: func(d features.Dropped) { dropped = d },
		}, nil)
		if trained != nil {
			return program.Because(trained, dropped)
		}
		if said := program.LeftOut(dropped); said != "" {
			s.log.Warn("campaign file: " + said)
		}
		if err := s.book.audit(ctx, theApp, "training "+stateDone, detail{Version: int(info.Version), Note: noteFirst}); err != nil {
			return err
		}
		err = s.reload(ctx)
	}
	if err == nil {
		s.wg.Go(s.watch)
	}
	return err
}

// hadCustomers tells whether a database without customers had some: there are
// models, or the audit log says so. Then they were deleted, and nothing is read
// in their place.
func (s *Site) hadCustomers(ctx context.Context) (bool, error) {
	list, err := s.store.ListModels(ctx)
	if err != nil || len(list) > 0 {
		return len(list) > 0, err
	}
	return s.book.did(ctx, didForget, didIngest)
}

// empty takes everything out of use because there are no customers.
func (s *Site) empty() {
	if !s.noCustomers.Swap(true) {
		s.log.Warn("there are no customers in the database: the pages say so until a campaign file is read into it, for instance by examples/train -data FILE -db URL")
	}
	s.world.Store(nil)
	s.shelf.clear()
	s.table.clear()
	s.metrics.customers.Set(0)
}

// watchEvery is how often another program's change of the model is looked for.
const watchEvery = 15 * time.Second

// watch takes up a model that another program has made the active one: a second
// app beside this one, or examples/train. It also lets go of old uploads.
func (s *Site) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		s.uploads.sweep(time.Now())
		removeLeft(os.TempDir())
		if err := s.expire(s.ctx, time.Now()); err != nil && s.ctx.Err() == nil {
			s.log.Warn("old conversations cannot be deleted", "error", err)
		}
		if err := s.follow(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("the active model cannot be looked up", "error", err)
		}
		if err := s.scrub(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("what was forgotten is still in the file of the database", "error", err)
		}
	}
}

// follow reloads where the active version is not the one in use, or where there
// are other customers. Where there are fewer, somebody was forgotten by another
// program, and so are the answers that this one has given since.
func (s *Site) follow(ctx context.Context) error {
	n, err := s.store.Count(ctx, s.store.Tables().Customers)
	if err != nil {
		return err
	}
	if was := s.rows.Load(); int64(n) != was {
		s.telling.Lock()
		defer s.telling.Unlock()
		if err := s.reload(ctx); err != nil || int64(n) > was {
			return err
		}
		s.uploads.clear()
		return dropAnswers(ctx, s.book.db)
	}
	list, err := s.store.ListModels(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if w := s.world.Load(); m.Name == modelName && m.Active && w != nil && int(m.Version) != w.Version {
			return s.reload(ctx)
		}
	}
	return nil
}

func (s *Site) ingest(ctx context.Context, sample bool) error {
	options := store.IngestOptions{Read: features.ReadOptions{Policy: features.Skip, Name: "customers.csv"}}
	if sample {
		report, err := s.store.Ingest(ctx, bytes.NewReader(testdata.Customers), options)
		if err == nil {
			s.log.Info("read the bundled sample", "customers", report.Rows)
		}
		return err
	}
	file, err := os.Open(s.cfg.Data)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	options.Read.Name = filepath.Base(s.cfg.Data)
	report, err := s.store.Ingest(ctx, file, options)
	if err != nil {
		return err
	}
	for _, warning := range report.Warnings() {
		s.log.Warn("campaign file: " + warning)
	}
	s.log.Info("read the campaign file", "customers", report.Rows, "left out", report.BadRows)
	return nil
}

// theApp is who does what nobody asked for on a page: the first training, and
// taking up the model file of the settings.
const theApp = "webapp"

// adopt makes a model file the active model, unless it is so already.
func (s *Site) adopt(ctx context.Context, path string) error {
	model, err := s.cfg.Trust.Load(path)
	if err != nil {
		return err
	}
	if err := fits(model); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	var mine bytes.Buffer
	if err := model.Write(&mine); err != nil {
		return err
	}
	if active, _, err := s.store.LoadModel(ctx, modelName, store.Active); err == nil {
		var theirs bytes.Buffer
		if err := active.Write(&theirs); err == nil && bytes.Equal(mine.Bytes(), theirs.Bytes()) {
			return nil
		}
	}
	results, err := s.results(ctx, model)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	note := noteFrom + " " + filepath.Base(path)
	info, err := s.store.SaveModel(ctx, modelName, model, store.SaveOptions{Activate: true, Note: note, Results: results})
	if err != nil {
		return err
	}
	return s.book.audit(ctx, theApp, "activated", detail{Version: int(info.Version), Note: note})
}

// released tells whether a model may be used: where there are keys, only the one
// that was signed by them.
func (s *Site) released(m *segment.Model) error {
	if s.signed == nil {
		return nil
	}
	var b bytes.Buffer
	if err := m.Write(&b); err != nil {
		return err
	}
	if !bytes.Equal(b.Bytes(), s.signed) {
		return program.ErrUntrusted
	}
	return nil
}

// fits tells whether the app can use a model.
func fits(m *segment.Model) error {
	if !slices.Equal(m.Columns(), features.TrainingColumns) {
		return fmt.Errorf("the model takes the columns %s; the app needs one for %s", strings.Join(m.Columns(), ", "), strings.Join(features.TrainingColumns, ", "))
	}
	return nil
}

// reload puts the active model and the customers of the database in the place
// of those in use, at one moment: requests that have begun go on with the old
// ones.
func (s *Site) reload(ctx context.Context) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	model, info, err := s.store.LoadModel(ctx, modelName, store.Active)
	if err != nil {
		return err
	}
	if err := s.released(model); err != nil {
		return fmt.Errorf("version %d, which another program has made the active one: %w", info.Version, err)
	}
	customers, report, err := s.readCustomers(ctx)
	if err != nil {
		return err
	}
	s.rows.Store(int64(len(customers) + report.BadRows))
	w, err := world.New(ctx, model, int(info.Version), customers)
	if errors.Is(err, world.ErrNoCustomers) && (len(customers) == 0 || s.world.Load() != nil) {
		s.empty()
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrUnfit, err)
	}
	if f := s.fellBack.Load(); f != nil && f.Good != int(info.Version) {
		s.fellBack.Store(nil)
	}
	s.active.Store(&info)
	s.world.Store(w)
	s.noCustomers.Store(false)
	s.leftOut.Store(&report)
	s.metrics.leftOut.Set(float64(report.BadRows))
	s.metrics.model.Set(float64(info.Version))
	s.metrics.customers.Set(float64(w.Set.Len()))
	s.log.Info("model in use", "version", int(info.Version), "clusters", model.K(), "customers", w.Set.Len())
	return nil
}

// readCustomers reads the customers of the database. Rows that are no customers,
// such as one born in the year 0, are left out, counted and told, as those of a
// file are: the page of models shows the first reasons, the log the number.
func (s *Site) readCustomers(ctx context.Context) ([]features.Customer, features.Report, error) {
	var report features.Report
	var list []features.Customer
	for c, err := range s.store.FetchCustomersWith(ctx, store.FetchOptions{Policy: features.Skip, Report: &report}) {
		if err != nil {
			return nil, report, err
		}
		list = append(list, c)
	}
	if report.BadRows > 0 {
		s.log.Warn("rows of the table of customers are no customers and were left out", "rows", report.BadRows, "first column", report.Errors[0].Column)
	}
	return list, report, nil
}

// A trainRequest says how to train.
type trainRequest struct {
	AsOf     time.Time // zero for today
	K        int       // 0 for the knee
	Limits   features.CleanOptions
	Activate bool
	Note     string
	cleaned  func(features.Dropped) // told what cleaning dropped; may be nil
}

// train trains a model on the customers of the database, saves it and the
// tables that follow from it, and gives its version.
func (s *Site) train(ctx context.Context, q trainRequest, progress func(done, total int)) (store.ModelInfo, error) {
	var none store.ModelInfo
	s.metrics.training.Set(1)
	defer s.metrics.training.Set(0)
	forgets := s.forgets.Load()
	customers, _, err := s.readCustomers(ctx)
	if err != nil {
		return none, err
	}
	clean, dropped := features.Clean(features.Engineer(customers, features.AsOf(q.AsOf)), q.Limits)
	if q.cleaned != nil {
		q.cleaned(dropped)
	}
	if err := program.Enough(clean); err != nil {
		return none, err
	}
	x, err := clean.Matrix(features.TrainingColumns...)
	if err != nil {
		return none, err
	}
	if err := program.Filled(x, features.TrainingColumns); err != nil {
		return none, err
	}
	options := segment.TrainOptions{Columns: features.TrainingColumns, Units: features.Units(), AsOf: clean.AsOf(), Limits: q.Limits.Limits(), K: q.K, Seed: 1}
	if progress != nil {
		options.Progress = func(p segment.Progress) { progress(p.Done, p.Total) }
	}
	model, err := segment.Train(ctx, x, options)
	if err != nil {
		return none, err
	}
	predictions, err := model.PredictMatrix(ctx, x)
	if err != nil {
		return none, err
	}
	encoded, err := clean.Encode(features.EncodeOptions{})
	if err != nil {
		return none, err
	}
	// What has come so far is brought to its end.
	if err := ctx.Err(); err != nil {
		return none, err
	}
	ctx = context.WithoutCancel(ctx)
	save := store.SaveOptions{Activate: q.Activate, Note: q.Note}
	if q.Activate {
		save.Results = &store.Results{Table: clean, Encoded: encoded, Predictions: predictions}
	}
	var info store.ModelInfo
	err = s.whileNobodyIsForgotten(func() (err error) {
		if s.forgets.Load() != forgets {
			return errForgotten
		}
		info, err = s.store.SaveModel(ctx, modelName, model, save)
		return err
	})
	return info, err
}

// The states of a training.
const (
	stateIdle     = "idle"
	stateRunning  = "running"
	stateDone     = "done"
	stateFailed   = "failed"
	stateCanceled = "cancelled"
)

// A status is how far a training has come.
type status struct {
	State   string `json:"state"`
	Done    int    `json:"done"`
	Total   int    `json:"total"`
	Version int    `json:"version,omitempty"` // of the new model
	Error   string `json:"error,omitempty"`
	Note    string `json:"note,omitempty"` // on customers left out; see Site.training

	dropped features.Dropped
}

// trainer runs one training at a time.
type trainer struct {
	site   *Site
	mu     sync.Mutex
	status status
	cancel context.CancelFunc
}

var errBusy = errors.New("a training is going on")

func (t *trainer) now() status {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status.State == "" {
		return status{State: stateIdle}
	}
	return t.status
}

// start begins a training in the background.
func (t *trainer) start(q trainRequest, by string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.status.State == stateRunning {
		return errBusy
	}
	s := t.site
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	t.cancel = cancel
	t.status = status{State: stateRunning}
	q.cleaned = func(d features.Dropped) {
		t.mu.Lock()
		t.status.dropped = d
		t.mu.Unlock()
	}
	s.wg.Go(func() {
		defer cancel()
		info, err := s.train(ctx, q, func(done, total int) {
			t.mu.Lock()
			t.status.Done, t.status.Total = done, total
			t.mu.Unlock()
		})
		if err == nil && q.Activate {
			err = s.reload(context.WithoutCancel(ctx))
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		outcome := stateDone
		switch {
		case err != nil && ctx.Err() != nil:
			outcome = stateCanceled
		case err != nil:
			outcome = stateFailed
			t.status.Error = program.Plain(err)
			s.log.Error("a training failed", "error", err)
		default:
			t.status.Version = int(info.Version)
		}
		t.status.State = outcome
		s.metrics.trained.WithLabelValues(outcome).Inc()
		// The deed is noted also when the app is ending.
		note, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer done()
		told := detail{}
		if outcome == stateDone {
			told = detail{Version: int(info.Version), Note: q.Note}
		}
		if err := s.book.audit(note, by, "training "+outcome, told); err != nil {
			s.log.Error("the audit log cannot be written", "error", err)
		}
	})
	return nil
}

// training is how far the training has come, with a note where its limits left out
// more than a tenth of the customers.
func (s *Site) training(l *locale) status {
	now := s.trainer.now()
	if d := now.dropped; d.Warning() != "" {
		now.Note = l.Count("models.many", d.Total(), l.N(d.Total()), l.N(d.Rows), limited(l, d))
	}
	return now
}

// limited names the limits that left customers out.
func limited(l *locale, d features.Dropped) string {
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

func (t *trainer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cancel != nil {
		t.cancel()
	}
}
