package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// Model, tables and activation are one generation: they are committed together,
// and a start repairs what an older or another program left apart.

// applied is a model applied to the customers of the database.
type applied struct {
	*snapshot.Snapshot
	report features.Report // of reading the customers
	rows   int             // of the table of customers
}

// apply applies a model to the customers of the database. The rows are counted
// after an error too.
func (s *Service) apply(ctx context.Context, model *segment.Model, version store.Version) (a applied, err error) {
	var customers []features.Customer
	if customers, a.report, err = s.readCustomers(ctx); err != nil {
		return a, err
	}
	a.rows = len(customers) + a.report.BadRows
	if a.Snapshot, err = snapshot.New(ctx, model, int(version), customers); err != nil {
		err = fmt.Errorf("%w: %w", store.ErrUnfit, err)
	}
	return a, err
}

// Results returns what follows from a model if it becomes the active one.
func (s *Service) Results(ctx context.Context, model *segment.Model) (*store.Results, error) {
	a, err := s.apply(ctx, model, 0)
	if err != nil {
		return nil, err
	}
	return a.Results(ctx)
}

// Unreadable reports whether a model in the database is the fault, not the
// database.
func Unreadable(err error) bool {
	return slices.ContainsFunc([]error{segment.ErrTruncated, segment.ErrAltered, segment.ErrInconsistent, segment.ErrNewer, segment.ErrTooLarge, segment.ErrNotModel},
		func(kind error) bool { return errors.Is(err, kind) })
}

// A Fallback is a version that was taken up in the place of the active one, which
// could not be used.
type Fallback struct {
	Bad, Good int
	Reason    string
}

// start takes up the active version or, where it cannot be used, the newest one
// that can, which then becomes active; the page and the log say so.
func (s *Service) start(ctx context.Context) error {
	err := s.Reload(ctx)
	if err == nil && s.Snapshot.Load() == nil {
		return nil // there are no customers
	}
	if err == nil {
		return s.repair(ctx)
	}
	if !errors.Is(err, store.ErrUnfit) && !Unreadable(err) {
		return err
	}
	list, listErr := s.ModelVersions(ctx, ModelName)
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	bad := 0
	for _, info := range list {
		if info.Active {
			bad = int(info.Version)
		}
	}
	s.Log.Error("the active model cannot be used", "version", bad, "error", err)
	for _, info := range slices.Backward(list) {
		if info.Active {
			continue
		}
		if e := s.Store.Activate(ctx, ModelName, info.Version, store.ActivateOptions{Results: s.Results}); e != nil {
			if !errors.Is(e, store.ErrUnfit) && !Unreadable(e) {
				return errors.Join(err, e)
			}
			s.Log.Error("nor can this one", "version", int(info.Version), "error", e)
			continue
		}
		s.FellBack.Store(&Fallback{Bad: bad, Good: int(info.Version), Reason: err.Error()})
		s.Log.Warn("an earlier model is in use instead", "version", int(info.Version), "instead of", bad)
		if err := s.Records.Audit(ctx, AppUser, "activated", AuditDetail{Version: int(info.Version)}); err != nil {
			return err
		}
		return s.Reload(ctx)
	}
	if errors.Is(err, snapshot.ErrNoCustomers) {
		s.ClearSnapshot()
		return nil
	}
	return fmt.Errorf("no model in the database can be used; version %d: %w", bad, err)
}

// repair writes the tables anew where they do not show the model in use.
func (s *Service) repair(ctx context.Context) error {
	w := s.Snapshot.Load()
	results, err := w.Results(ctx)
	if err != nil {
		return err
	}
	if shown, err := s.Store.Holds(ctx, results); err != nil || shown {
		return err
	}
	s.Log.Warn("the tables did not show the active model and are written anew", "version", w.Version)
	return s.Store.Activate(ctx, ModelName, store.Version(w.Version), store.ActivateOptions{
		Results: func(context.Context, *segment.Model) (*store.Results, error) { return results, nil },
	})
}

// ModelVersions returns the versions of the models of a name.
func (s *Service) ModelVersions(ctx context.Context, name string) ([]store.ModelInfo, error) {
	all, err := s.Store.ListModels(ctx)
	return slices.DeleteFunc(all, func(m store.ModelInfo) bool { return m.Name != name }), err
}

// ChangeModel makes another version the active one, with the tables that follow from
// it, and notes who did it.
func (s *Service) ChangeModel(ctx context.Context, set *Dataset, by, action string, d AuditDetail, activate func(context.Context, store.ActivateOptions) (store.Version, error)) (v store.Version, err error) {
	// What was begun is brought to its end, also when nobody waits for it, but does
	// not wait for the database for ever.
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), time.Minute, ErrDown)
	defer cancel()
	short, done := context.WithTimeoutCause(ctx, WorkFor, ErrDown)
	defer done()
	err = func() (err error) {
		s.forgetLock.RLock()
		defer s.forgetLock.RUnlock()
		s.Changing.Lock()
		defer s.Changing.Unlock()
		var a applied
		v, err = activate(short, store.ActivateOptions{Results: func(ctx context.Context, model *segment.Model) (_ *store.Results, err error) {
			if a, err = s.applyTo(ctx, set, model, 0); err != nil {
				return nil, err
			}
			return a.Results(ctx)
		}})
		switch {
		case err != nil:
			return err
		case set.ID == "":
			a.Version = int(v)
			s.use(a)
		default:
			a.Version = int(v)
			s.keepSnapshot(set, a.Snapshot)
		}
		return nil
	}()
	if err != nil {
		return v, err
	}
	if d.Version == 0 {
		d.To = int(v)
	}
	if err := s.Records.Audit(ctx, by, action, d); err != nil {
		return 0, err
	}
	return v, nil
}
