package service

import (
	"context"
	"errors"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// A TrainRequest says how to train.
type TrainRequest struct {
	AsOf     time.Time // zero for today
	K        int       // 0 for the knee
	Limits   features.CleanOptions
	Activate bool
	Note     string
	cleaned  func(features.Dropped) // called with what cleaning dropped; may be nil

	Set    *Dataset // nil for the default one
	Name   string   // of the dataset from then on
	Roles  features.RoleOptions
	Within Limits
}

// Of returns the request as one to train on a dataset as it was trained on before.
func (q TrainRequest) Of(d *Dataset) TrainRequest {
	q.Set, q.Name, q.AsOf, q.Roles, q.Within = d, d.Name, d.Day(), d.Roles.V.RoleOptions, d.Roles.V.Limits
	return q
}

// Train trains a model on the customers of the database and saves it; where it
// is to be activated, with the tables that follow from it, and then it is in use.
func (s *Service) Train(ctx context.Context, q TrainRequest, progress func(done, total int)) (store.ModelInfo, error) {
	var none store.ModelInfo
	s.Counts.training.Set(1)
	defer s.Counts.training.Set(0)
	forgets := s.Forgets.Load()
	o := segmentation.TrainOptions{Clean: q.Limits, Cleaned: q.cleaned, Model: segment.TrainOptions{K: q.K, Seed: 1}}
	if progress != nil {
		o.Model.Progress = func(p segment.Progress) { progress(p.Done, p.Total) }
	}
	fit := s.fit
	if q.Set != nil {
		fit = s.fitSet
	}
	a, trained, err := fit(ctx, q, o)
	if err != nil {
		// The caller has what cleaning dropped from q.cleaned.
		if dropped, ok := errors.AsType[*segmentation.DroppedError](err); ok {
			err = dropped.Err
		}
		return none, err
	}
	base, err := baselineOf(ctx, trained)
	if err != nil {
		return none, err
	}
	save := store.SaveOptions{Activate: q.Activate, Note: q.Note}
	if q.Activate {
		if save.Results, err = a.Results(ctx); err != nil {
			return none, err
		}
	}
	// What has come so far is brought to its end.
	if err := ctx.Err(); err != nil {
		return none, err
	}
	ctx = context.WithoutCancel(ctx)
	s.forgetLock.RLock()
	defer s.forgetLock.RUnlock()
	if s.Forgets.Load() != forgets {
		return none, ErrForgotten
	}
	s.Changing.Lock()
	defer s.Changing.Unlock()
	name := ModelName
	if q.Set != nil {
		name = q.Set.Model()
		if s.Find(q.Set.ID) == nil { // deleted meanwhile
			return none, ErrNoSuch
		}
	}
	info, err := s.Store.SaveModel(ctx, name, trained.Model, save)
	if err != nil {
		return info, err
	}
	if err := s.Records.keepBaseline(ctx, info, base); err != nil { // the version is there without
		s.Log.Error("whom a version was trained on cannot be kept, so that its drift will not be known", "version", int(info.Version), "error", err)
	}
	if !q.Activate {
		return info, nil
	}
	a.Version = int(info.Version)
	if q.Set == nil {
		s.use(a)
		return info, nil
	}
	return info, s.useSet(ctx, q, a.Snapshot)
}

// fit trains on the customers of the campaign schema, and applies the model to them
// where it is to be used.
func (s *Service) fit(ctx context.Context, q TrainRequest, o segmentation.TrainOptions) (a applied, trained *segmentation.Result, err error) {
	customers, report, err := s.readCustomers(ctx)
	if err != nil {
		return a, nil, err
	}
	a = applied{report: report, rows: len(customers) + report.BadRows}
	table, err := features.Engineer(ctx, customers, features.AsOf(q.AsOf))
	if err != nil {
		return a, nil, err
	}
	if trained, err = segmentation.Train(ctx, table, o); err == nil && q.Activate {
		a.Snapshot, err = snapshot.Of(ctx, trained, 0)
	}
	return a, trained, err
}

// dataset is the id of what is trained on.
func (q TrainRequest) dataset() string {
	if q.Set == nil {
		return ""
	}
	return q.Set.ID
}

// The states of a training.
const (
	StateIdle     = "idle"
	StateRunning  = "running"
	StateDone     = "done"
	StateFailed   = "failed"
	StateCanceled = "cancelled"
)

// A TrainingStatus is how far a training has come.
type TrainingStatus struct {
	State   string `json:"state"`
	Done    int    `json:"done"`
	Total   int    `json:"total"`
	Version int    `json:"version,omitempty"` // of the new model
	Error   string `json:"error,omitempty"`
	Note    string `json:"note,omitempty"`    // on customers left out; see Site.trainingStatus
	Dataset string `json:"dataset,omitempty"` // that it is of; empty for the default one

	Dropped features.Dropped `json:"-"`
}

// A Trainer runs one training at a time.
type Trainer struct {
	web.Locked[TrainingStatus]
	cancel context.CancelFunc // of the last one; the lock guards it
}

// StartTraining begins a training in the background.
func (s *Service) StartTraining(q TrainRequest, by string) error {
	_, err := s.beginTraining(q, by)
	return err
}

// trainingEnd is how a training has ended.
type trainingEnd struct {
	info store.ModelInfo
	err  error
}

// beginTraining begins a training in the background, and tells how it ends.
func (s *Service) beginTraining(q TrainRequest, by string) (_ <-chan trainingEnd, err error) {
	if s.ctx.Err() != nil {
		return nil, s.ctx.Err()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.Trainer.Change(func(now *TrainingStatus) {
		if now.State == StateRunning {
			err = ErrBusy
			return
		}
		s.Trainer.cancel = cancel
		*now = TrainingStatus{State: StateRunning, Dataset: q.dataset()}
	})
	if err != nil {
		cancel()
		return nil, err
	}
	end := make(chan trainingEnd, 1)
	q.cleaned = func(d features.Dropped) { s.Trainer.Change(func(now *TrainingStatus) { now.Dropped = d }) }
	s.wg.Go(func() {
		defer cancel()
		info, err := s.Train(ctx, q, func(done, total int) {
			s.Trainer.Change(func(now *TrainingStatus) { now.Done, now.Total = done, total })
		})
		outcome, told, reason := StateDone, AuditDetail{}, ""
		switch {
		case err != nil && ctx.Err() != nil:
			outcome, err = StateCanceled, context.Canceled
		case err != nil:
			outcome, reason = StateFailed, program.Plain(err)
			s.Log.Error("a training failed", "error", err)
		default:
			told = AuditDetail{Version: int(info.Version), Note: q.Note}
		}
		s.Trainer.Change(func(now *TrainingStatus) {
			now.State, now.Error, now.Version = outcome, reason, told.Version
			s.Counts.trained.WithLabelValues(outcome).Inc()
			// That is noted also when the app is ending.
			note, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer done()
			if err := s.Records.Audit(note, by, "training "+outcome, told); err != nil {
				s.Log.Error("the audit log cannot be written", "error", err)
			}
		})
		end <- trainingEnd{info, err}
	})
	return end, nil
}

// Stop ends the training that is going on, undone.
func (t *Trainer) Stop() {
	t.Change(func(*TrainingStatus) {
		if t.cancel != nil {
			t.cancel()
		}
	})
}
