package site

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// Prepare returns the app its customers and its model: what the database has, or
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
		if s.signed, err = model.MarshalJSON(); err != nil {
			return err
		}
	}
	if err := s.readDatasets(ctx); err != nil {
		return err
	}
	unscrubbed, err := s.records.unscrubbed(ctx)
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
			s.clearSnapshot()
			s.wg.Go(s.watch)
			return nil
		}
		if err := s.ingest(ctx); err != nil {
			return err
		}
		if err := s.records.audit(ctx, appUser, didIngest, auditDetail{}); err != nil {
			return err
		}
		if s.cfg.Data == "" && asOf.IsZero() {
			asOf = testdata.AsOf
		}
	}
	if s.cfg.Model != "" {
		if err := s.adoptModel(ctx, s.cfg.Model); err != nil {
			return err
		}
	}
	err = s.start(ctx)
	if errors.Is(err, store.ErrNoActive) || errors.Is(err, store.ErrNoModel) {
		err = s.trainFirst(ctx, asOf)
	}
	if err == nil {
		s.wg.Go(s.watch)
	}
	return err
}

// trainFirst makes the first model.
func (s *Site) trainFirst(ctx context.Context, asOf time.Time) error {
	s.log.Info("training the first model")
	var dropped features.Dropped
	info, err := s.train(ctx, trainRequest{
		AsOf: asOf, Limits: s.cfg.Limits, Activate: true, Note: noteFirst, cleaned: func(d features.Dropped) { dropped = d },
	}, nil)
	if err != nil {
		return program.Because(err, dropped)
	}
	if said := program.LeftOut(dropped); said != "" {
		s.log.Warn("campaign file: " + said)
	}
	return s.records.audit(ctx, appUser, "training "+stateDone, auditDetail{Version: int(info.Version), Note: noteFirst})
}

// hadCustomers reports whether a database without customers had some: there are
// models, or the audit log says so. Then they were deleted, and nothing is read
// in their place.
func (s *Site) hadCustomers(ctx context.Context) (bool, error) {
	list, err := s.store.ListModels(ctx)
	if err != nil || len(list) > 0 {
		return len(list) > 0, err
	}
	return s.records.wasAudited(ctx, didForget, didIngest)
}

// clearSnapshot takes everything out of use because there are no customers.
func (s *Site) clearSnapshot() {
	if !s.noCustomers.Swap(true) {
		s.log.Warn("there are no customers in the database: the pages say so until a campaign file is read into it, for instance by examples/train -data FILE -db URL")
	}
	s.snapshot.Store(nil)
	s.charted.clear()
	s.tables.clear()
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
		s.uploads.Sweep(upload.KeptFor)
		if err := s.expire(s.ctx, time.Now()); err != nil && s.ctx.Err() == nil {
			s.log.Warn("old conversations cannot be deleted", "error", err)
		}
		if err := s.reloadIfChanged(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("the active model cannot be looked up", "error", err)
		}
		if err := s.readDatasets(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("the datasets cannot be looked up", "error", err)
		}
		if err := s.scrub(s.ctx); err != nil && s.ctx.Err() == nil {
			s.log.Warn("what was forgotten is still in the file of the database", "error", err)
		}
	}
}

// reloadIfChanged reloads where the active version is not the one in use, or where there
// are other customers. Where there are fewer, somebody was forgotten by another
// program, and so are the answers that this one has given since.
func (s *Site) reloadIfChanged(ctx context.Context) error {
	n, err := s.store.Count(ctx, s.store.Tables().Customers)
	if err != nil {
		return err
	}
	if was := s.rows.Load(); int64(n) != was {
		s.forgetLock.Lock()
		defer s.forgetLock.Unlock()
		if err := s.reload(ctx); err != nil || int64(n) > was {
			return err
		}
		s.uploads.Sweep(0)
		return dropAnswers(ctx, s.records.db, erasure{})
	}
	list, err := s.modelVersions(ctx, modelName)
	if w := s.snapshot.Load(); err == nil && w != nil && slices.ContainsFunc(list, func(m store.ModelInfo) bool { return m.Active && int(m.Version) != w.Version }) {
		return s.reload(ctx)
	}
	return err
}

// ingest reads the campaign file, or the bundled sample.
func (s *Site) ingest(ctx context.Context) error {
	name, read, in := "customers.csv", "read the bundled sample", io.Reader(bytes.NewReader(testdata.Customers))
	if s.cfg.Data != "" {
		file, err := os.Open(s.cfg.Data)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		name, read, in = filepath.Base(s.cfg.Data), "read the campaign file", file
	}
	report, err := s.store.Ingest(ctx, in, store.IngestOptions{Read: features.ReadOptions{Policy: features.Skip, Name: name}})
	if err != nil {
		return err
	}
	for _, warning := range report.Warnings() {
		s.log.Warn("campaign file: " + warning)
	}
	s.log.Info(read, "customers", report.Rows, "left out", report.BadRows)
	return nil
}

// appUser is who does what nobody asked for on a page: the first training, and
// taking up the model file of the settings.
const appUser = "webapp"

// adoptModel makes a model file the active model, unless it is so already.
func (s *Site) adoptModel(ctx context.Context, path string) error {
	model, err := s.cfg.Trust.Load(path)
	if err != nil {
		return err
	}
	if err := fits(model); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	mine, err := model.MarshalJSON()
	if err != nil {
		return err
	}
	if active, _, err := s.store.LoadModel(ctx, modelName, store.Active); err == nil {
		if theirs, err := active.MarshalJSON(); err == nil && bytes.Equal(mine, theirs) {
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
	return s.records.audit(ctx, appUser, "activated", auditDetail{Version: int(info.Version), Note: note})
}

// checkReleased reports whether a model may be used: where there are keys, only the one
// that was signed by them.
func (s *Site) checkReleased(m *segment.Model) error {
	if s.signed == nil {
		return nil
	}
	mine, err := m.MarshalJSON()
	if err == nil && !bytes.Equal(mine, s.signed) {
		err = signature.ErrUntrusted
	}
	return err
}

// fits reports whether the app can use a model.
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
	if err := s.checkReleased(model); err != nil {
		return fmt.Errorf("version %d, which another program has made the active one: %w", info.Version, err)
	}
	a, err := s.apply(ctx, model, info.Version)
	if errors.Is(err, store.ErrUnfit) { // to these customers
		s.rows.Store(int64(a.rows))
	}
	if errors.Is(err, snapshot.ErrNoCustomers) && (a.rows == a.report.BadRows || s.snapshot.Load() != nil) {
		s.clearSnapshot()
		return nil
	}
	if err != nil {
		return err
	}
	s.use(a)
	return nil
}

// use puts a model and its customers in the place of those in use.
func (s *Site) use(a applied) {
	if f := s.fellBack.Load(); f != nil && f.Good != a.Version {
		s.fellBack.Store(nil)
	}
	s.rows.Store(int64(a.rows))
	s.snapshot.Store(a.Snapshot)
	s.noCustomers.Store(false)
	s.leftOut.Store(&a.report)
	s.metrics.leftOut.Set(float64(a.report.BadRows))
	s.metrics.model.Set(float64(a.Version))
	s.metrics.customers.Set(float64(a.Set.Len()))
	s.log.Info("model in use", "version", a.Version, "clusters", a.Model.K(), "customers", a.Set.Len())
}

// readCustomers reads the customers of the database. Rows that are no customers,
// such as one born in the year 0, are left out and counted, as those of a file
// are: the page of models shows the first reasons, the log the number.
func (s *Site) readCustomers(ctx context.Context) ([]features.Customer, features.Report, error) {
	var report features.Report
	var list []features.Customer
	for c, err := range s.store.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip, Report: &report}) {
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
