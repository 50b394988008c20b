package service

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

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
	"github.com/customer-personality/segmentation/testdata"
)

// Prepare returns the app its customers and its model: what the database has, or
// else the file or the bundled sample, and a model trained on them.
func (s *Service) Prepare(ctx context.Context) error {
	n, err := s.Store.Count(ctx, s.Store.Tables().Customers)
	if err != nil {
		return err
	}
	if s.options.Trust.Given() {
		model, err := s.options.Trust.Load(s.options.Model)
		if err != nil {
			return err
		}
		if s.Signed, err = model.MarshalJSON(); err != nil {
			return err
		}
	}
	if err := s.ReadDatasets(ctx); err != nil {
		return err
	}
	unscrubbed, err := s.Records.Unscrubbed(ctx)
	if err != nil {
		return err
	}
	s.Unscrubbed.Store(unscrubbed)
	asOf := s.options.AsOf
	if n == 0 {
		had, err := s.hadCustomers(ctx)
		if err != nil {
			return err
		}
		if had {
			s.ClearSnapshot()
			return s.beginWatching(ctx)
		}
		if err := s.ingest(ctx); err != nil {
			return err
		}
		if err := s.Records.Audit(ctx, AppUser, didIngest, AuditDetail{}); err != nil {
			return err
		}
		if s.options.Data == "" && asOf.IsZero() {
			asOf = testdata.AsOf
		}
	}
	if s.options.Model != "" {
		if err := s.adoptModel(ctx, s.options.Model); err != nil {
			return err
		}
	}
	err = s.start(ctx)
	if errors.Is(err, store.ErrNoActive) || errors.Is(err, store.ErrNoModel) {
		err = s.trainFirst(ctx, asOf)
	}
	if err == nil {
		err = s.beginWatching(ctx)
	}
	return err
}

// beginWatching begins what goes on in the background.
func (s *Service) beginWatching(ctx context.Context) error {
	s.wg.Go(s.watch)
	if s.options.Retrain.Spec == "" {
		return nil
	}
	last, err := s.Records.scheduledSince(ctx, s.options.Retrain.Spec, s.clock().Now())
	if err == nil {
		s.wg.Go(func() { s.keepSchedule(last) })
	}
	return err
}

// trainFirst makes the first model.
func (s *Service) trainFirst(ctx context.Context, asOf time.Time) error {
	s.Log.Info("training the first model")
	var dropped features.Dropped
	info, err := s.Train(ctx, TrainRequest{
		AsOf: asOf, Limits: s.options.Limits, Activate: true, Note: NoteFirst, cleaned: func(d features.Dropped) { dropped = d },
	}, nil)
	if err != nil {
		return program.Because(err, dropped)
	}
	if said := program.LeftOut(dropped); said != "" {
		s.Log.Warn("campaign file: " + said)
	}
	return s.Records.Audit(ctx, AppUser, "training "+StateDone, AuditDetail{Version: int(info.Version), Note: NoteFirst})
}

// hadCustomers reports whether a database without customers had some: there are
// models, or the audit log says so. Then they were deleted, and nothing is read
// in their place.
func (s *Service) hadCustomers(ctx context.Context) (bool, error) {
	list, err := s.Store.ListModels(ctx)
	if err != nil || len(list) > 0 {
		return len(list) > 0, err
	}
	return s.Records.wasAudited(ctx, DidForget, didIngest)
}

// ClearSnapshot takes everything out of use because there are no customers.
func (s *Service) ClearSnapshot() {
	if !s.NoCustomers.Swap(true) {
		s.Log.Warn("there are no customers in the database: the pages say so until a campaign file is read into it, for instance by examples/train -data FILE -db URL")
	}
	s.Snapshot.Store(nil)
	s.Charted.clear()
	s.Tables.clear()
	s.Compared.clear()
	s.Counts.customers.Set(0)
}

// watchEvery is how often another program's change of the model is looked for.
const watchEvery = 15 * time.Second

// watch takes up a model that another program has made the active one: a second
// app beside this one, or examples/train. It also lets go of old uploads.
func (s *Service) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		s.Uploads.Sweep(upload.KeptFor)
		if err := s.Expire(s.ctx, time.Now()); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("old conversations cannot be deleted", "error", err)
		}
		if err := s.ExpireSets(s.ctx, time.Now()); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("customers of whom no model was made cannot be deleted", "error", err)
		}
		if err := s.ReloadIfChanged(s.ctx); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("the active model cannot be looked up", "error", err)
		}
		if err := s.ReadDatasets(s.ctx); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("the datasets cannot be looked up", "error", err)
		}
		if err := s.Scrub(s.ctx); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("what was forgotten is still in the file of the database", "error", err)
		}
	}
}

// ReloadIfChanged reloads where the active version is not the one in use, or where there
// are other customers. Where there are fewer, somebody was forgotten by another
// program, and so are the answers that this one has given since.
func (s *Service) ReloadIfChanged(ctx context.Context) error {
	n, err := s.Store.Count(ctx, s.Store.Tables().Customers)
	if err != nil {
		return err
	}
	if was := s.rows.Load(); int64(n) != was {
		s.forgetLock.Lock()
		defer s.forgetLock.Unlock()
		if err := s.Reload(ctx); err != nil || int64(n) > was {
			return err
		}
		s.Uploads.Sweep(0)
		return errors.Join(dropAnswers(ctx, s.Records.DB, Erasure{}), s.pruneLists(ctx))
	}
	list, err := s.ModelVersions(ctx, ModelName)
	if w := s.Snapshot.Load(); err == nil && w != nil && slices.ContainsFunc(list, func(m store.ModelInfo) bool { return m.Active && int(m.Version) != w.Version }) {
		return s.Reload(ctx)
	}
	return err
}

// ingest reads the campaign file, or the bundled sample.
func (s *Service) ingest(ctx context.Context) error {
	name, read, in := "customers.csv", "read the bundled sample", io.Reader(bytes.NewReader(testdata.Customers))
	if s.options.Data != "" {
		file, err := os.Open(s.options.Data)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		name, read, in = filepath.Base(s.options.Data), "read the campaign file", file
	}
	report, err := s.Store.Ingest(ctx, in, store.IngestOptions{Read: features.ReadOptions{Policy: features.Skip, Name: name}})
	if err != nil {
		return err
	}
	for _, warning := range report.Warnings() {
		s.Log.Warn("campaign file: " + warning)
	}
	s.Log.Info(read, "customers", report.Rows, "left out", report.BadRows)
	return nil
}

// AppUser is who does what nobody asked for on a page: the first training, and
// taking up the model file of the settings.
const AppUser = "webapp"

// adoptModel makes a model file the active model, unless it is so already.
func (s *Service) adoptModel(ctx context.Context, path string) error {
	model, err := s.options.Trust.Load(path)
	if err != nil {
		return err
	}
	if err := CheckFits(model); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	mine, err := model.MarshalJSON()
	if err != nil {
		return err
	}
	if active, _, err := s.Store.LoadModel(ctx, ModelName, store.Active); err == nil {
		if theirs, err := active.MarshalJSON(); err == nil && bytes.Equal(mine, theirs) {
			return nil
		}
	}
	results, err := s.Results(ctx, model)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	note := NoteFrom + " " + filepath.Base(path)
	info, err := s.Store.SaveModel(ctx, ModelName, model, store.SaveOptions{Activate: true, Note: note, Results: results})
	if err != nil {
		return err
	}
	return s.Records.Audit(ctx, AppUser, "activated", AuditDetail{Version: int(info.Version), Note: note})
}

// CheckReleased reports whether a model may be used: where there are keys, only the one
// that was signed by them.
func (s *Service) CheckReleased(m *segment.Model) error {
	if s.Signed == nil {
		return nil
	}
	mine, err := m.MarshalJSON()
	if err == nil && !bytes.Equal(mine, s.Signed) {
		err = signature.ErrUntrusted
	}
	return err
}

// CheckFits reports whether the app can use a model.
func CheckFits(m *segment.Model) error {
	if !slices.Equal(m.Columns(), features.TrainingColumns) {
		return fmt.Errorf("the model takes the columns %s; the app needs one for %s", strings.Join(m.Columns(), ", "), strings.Join(features.TrainingColumns, ", "))
	}
	return nil
}

// Reload puts the active model and the customers of the database in the place
// of those in use, at one moment: requests that have begun go on with the old
// ones.
func (s *Service) Reload(ctx context.Context) error {
	s.Changing.Lock()
	defer s.Changing.Unlock()
	model, info, err := s.Store.LoadModel(ctx, ModelName, store.Active)
	if err != nil {
		return err
	}
	if err := s.CheckReleased(model); err != nil {
		return fmt.Errorf("version %d, which another program has made the active one: %w", info.Version, err)
	}
	a, err := s.apply(ctx, model, info.Version)
	if errors.Is(err, store.ErrUnfit) { // to these customers
		s.rows.Store(int64(a.rows))
	}
	if errors.Is(err, snapshot.ErrNoCustomers) && (a.rows == a.report.BadRows || s.Snapshot.Load() != nil) {
		s.ClearSnapshot()
		return nil
	}
	if err != nil {
		return err
	}
	s.use(a)
	return nil
}

// use puts a model and its customers in the place of those in use.
func (s *Service) use(a applied) {
	if f := s.FellBack.Load(); f != nil && f.Good != a.Version {
		s.FellBack.Store(nil)
	}
	s.rows.Store(int64(a.rows))
	s.Snapshot.Store(a.Snapshot)
	s.NoCustomers.Store(false)
	s.LeftOut.Store(&a.report)
	s.Counts.leftOut.Set(float64(a.report.BadRows))
	s.Counts.model.Set(float64(a.Version))
	s.Counts.customers.Set(float64(a.Set.Len()))
	s.Log.Info("model in use", "version", a.Version, "clusters", a.Model.K(), "customers", a.Set.Len())
}

// readCustomers reads the customers of the database. Rows that are no customers,
// such as one born in the year 0, are left out and counted, as those of a file
// are: the page of models shows the first reasons, the log the number.
func (s *Service) readCustomers(ctx context.Context) ([]features.Customer, features.Report, error) {
	var report features.Report
	var list []features.Customer
	for c, err := range s.Store.FetchCustomers(ctx, store.FetchOptions{Policy: features.Skip, Report: &report}) {
		if err != nil {
			return nil, report, err
		}
		list = append(list, c)
	}
	if report.BadRows > 0 {
		s.Log.Warn("rows of the table of customers are no customers and were left out", "rows", report.BadRows, "first column", report.Errors[0].Column)
	}
	return list, report, nil
}
