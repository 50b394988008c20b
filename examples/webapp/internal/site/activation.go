package site

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

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
func (s *Site) apply(ctx context.Context, model *segment.Model, version store.Version) (a applied, err error) {
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

// results returns what follows from a model if it becomes the active one.
func (s *Site) results(ctx context.Context, model *segment.Model) (*store.Results, error) {
	a, err := s.apply(ctx, model, 0)
	if err != nil {
		return nil, err
	}
	return a.Results()
}

// unfit says to the reader why a version is not put to use.
func unfit(v store.Version, err error) error {
	if errors.Is(err, store.ErrUnfit) || unreadable(err) {
		return refuse(http.StatusConflict, "", "models.unusable", int(v), err.Error())
	}
	return err
}

// unreadable reports whether a model in the database is the fault, not the
// database.
func unreadable(err error) bool {
	return slices.ContainsFunc([]error{segment.ErrTruncated, segment.ErrAltered, segment.ErrInconsistent, segment.ErrNewer, segment.ErrTooLarge, segment.ErrNotModel},
		func(kind error) bool { return errors.Is(err, kind) })
}

// A fallback is a version that was taken up in the place of the active one, which
// could not be used.
type fallback struct {
	Bad, Good int
	Reason    string
}

// start takes up the active version or, where it cannot be used, the newest one
// that can, which then becomes active; the page and the log say so.
func (s *Site) start(ctx context.Context) error {
	err := s.reload(ctx)
	if err == nil && s.snapshot.Load() == nil {
		return nil // there are no customers
	}
	if err == nil {
		return s.repair(ctx)
	}
	if !errors.Is(err, store.ErrUnfit) && !unreadable(err) {
		return err
	}
	list, listErr := s.modelVersions(ctx, modelName)
	if listErr != nil {
		return errors.Join(err, listErr)
	}
	bad := 0
	for _, info := range list {
		if info.Active {
			bad = int(info.Version)
		}
	}
	s.log.Error("the active model cannot be used", "version", bad, "error", err)
	for _, info := range slices.Backward(list) {
		if info.Active {
			continue
		}
		if e := s.store.Activate(ctx, modelName, info.Version, store.ActivateOptions{Results: s.results}); e != nil {
			if !errors.Is(e, store.ErrUnfit) && !unreadable(e) {
				return errors.Join(err, e)
			}
			s.log.Error("nor can this one", "version", int(info.Version), "error", e)
			continue
		}
		s.fellBack.Store(&fallback{Bad: bad, Good: int(info.Version), Reason: err.Error()})
		s.log.Warn("an earlier model is in use instead", "version", int(info.Version), "instead of", bad)
		if err := s.records.audit(ctx, appUser, "activated", auditDetail{Version: int(info.Version)}); err != nil {
			return err
		}
		return s.reload(ctx)
	}
	if errors.Is(err, snapshot.ErrNoCustomers) {
		s.clearSnapshot()
		return nil
	}
	return fmt.Errorf("no model in the database can be used; version %d: %w", bad, err)
}

// repair writes the tables anew where they do not show the model in use.
func (s *Site) repair(ctx context.Context) error {
	w := s.snapshot.Load()
	results, err := w.Results()
	if err != nil {
		return err
	}
	if shown, err := s.store.Holds(ctx, results); err != nil || shown {
		return err
	}
	s.log.Warn("the tables did not show the active model and are written anew", "version", w.Version)
	return s.store.Activate(ctx, modelName, store.Version(w.Version), store.ActivateOptions{
		Results: func(context.Context, *segment.Model) (*store.Results, error) { return results, nil },
	})
}
