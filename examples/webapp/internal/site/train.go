package site

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// A trainRequest says how to train.
type trainRequest struct {
	AsOf     time.Time // zero for today
	K        int       // 0 for the knee
	Limits   features.CleanOptions
	Activate bool
	Note     string
	cleaned  func(features.Dropped) // called with what cleaning dropped; may be nil

	set   *dataset // nil for the default one
	name  string   // of the dataset from then on
	roles features.RoleOptions
}

// train trains a model on the customers of the database and saves it; where it
// is to be activated, with the tables that follow from it, and then it is in use.
func (s *Site) train(ctx context.Context, q trainRequest, progress func(done, total int)) (store.ModelInfo, error) {
	var none store.ModelInfo
	s.metrics.training.Set(1)
	defer s.metrics.training.Set(0)
	forgets := s.forgets.Load()
	o := segmentation.TrainOptions{Clean: q.Limits, Cleaned: q.cleaned, Model: segment.TrainOptions{K: q.K, Seed: 1}}
	if progress != nil {
		o.Model.Progress = func(p segment.Progress) { progress(p.Done, p.Total) }
	}
	fit := s.fit
	if q.set != nil {
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
	save := store.SaveOptions{Activate: q.Activate, Note: q.Note}
	if q.Activate {
		if save.Results, err = a.Results(); err != nil {
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
	if s.forgets.Load() != forgets {
		return none, errForgotten
	}
	s.changing.Lock()
	defer s.changing.Unlock()
	name := modelName
	if q.set != nil {
		name = q.set.model()
	}
	info, err := s.store.SaveModel(ctx, name, trained.Model, save)
	if err != nil || !q.Activate {
		return info, err
	}
	a.Version = int(info.Version)
	if q.set == nil {
		s.use(a)
		return info, nil
	}
	return info, s.useSet(ctx, q, a.Snapshot)
}

// fit trains on the customers of the campaign schema, and applies the model to them
// where it is to be used.
func (s *Site) fit(ctx context.Context, q trainRequest, o segmentation.TrainOptions) (a applied, trained *segmentation.Result, err error) {
	customers, report, err := s.readCustomers(ctx)
	if err != nil {
		return a, nil, err
	}
	a = applied{report: report, rows: len(customers) + report.BadRows}
	if trained, err = segmentation.Train(ctx, features.Engineer(customers, features.AsOf(q.AsOf)), o); err == nil && q.Activate {
		a.Snapshot, err = snapshot.Of(ctx, trained, 0)
	}
	return a, trained, err
}

// dataset is the id of what is trained on.
func (q trainRequest) dataset() string {
	if q.set == nil {
		return ""
	}
	return q.set.ID
}

// The states of a training.
const (
	stateIdle     = "idle"
	stateRunning  = "running"
	stateDone     = "done"
	stateFailed   = "failed"
	stateCanceled = "cancelled"
)

// A trainingStatus is how far a training has come.
type trainingStatus struct {
	State   string `json:"state"`
	Done    int    `json:"done"`
	Total   int    `json:"total"`
	Version int    `json:"version,omitempty"` // of the new model
	Error   string `json:"error,omitempty"`
	Note    string `json:"note,omitempty"`    // on customers left out; see Site.trainingStatus
	Dataset string `json:"dataset,omitempty"` // that it is of; empty for the default one

	dropped features.Dropped
}

// trainer runs one training at a time.
type trainer struct {
	web.Locked[trainingStatus]
	cancel context.CancelFunc // of the last one; the lock guards it
}

var errBusy = refuse(http.StatusConflict, "", "models.done.busy") // a training is going on

// startTraining begins a training in the background.
func (s *Site) startTraining(q trainRequest, by string) (err error) {
	if s.ctx.Err() != nil {
		return s.ctx.Err()
	}
	ctx, cancel := context.WithCancel(s.ctx)
	s.trainer.Change(func(now *trainingStatus) {
		if now.State == stateRunning {
			err = errBusy
			return
		}
		s.trainer.cancel = cancel
		*now = trainingStatus{State: stateRunning, Dataset: q.dataset()}
	})
	if err != nil {
		cancel()
		return err
	}
	q.cleaned = func(d features.Dropped) { s.trainer.Change(func(now *trainingStatus) { now.dropped = d }) }
	s.wg.Go(func() {
		defer cancel()
		info, err := s.train(ctx, q, func(done, total int) {
			s.trainer.Change(func(now *trainingStatus) { now.Done, now.Total = done, total })
		})
		outcome, told, reason := stateDone, auditDetail{}, ""
		switch {
		case err != nil && ctx.Err() != nil:
			outcome = stateCanceled
		case err != nil:
			outcome, reason = stateFailed, program.Plain(err)
			s.log.Error("a training failed", "error", err)
		default:
			told = auditDetail{Version: int(info.Version), Note: q.Note}
		}
		s.trainer.Change(func(now *trainingStatus) {
			now.State, now.Error, now.Version = outcome, reason, told.Version
			s.metrics.trained.WithLabelValues(outcome).Inc()
			// That is noted also when the app is ending.
			note, done := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer done()
			if err := s.records.audit(note, by, "training "+outcome, told); err != nil {
				s.log.Error("the audit log cannot be written", "error", err)
			}
		})
	})
	return nil
}

// trainingStatus is how far the training has come, with a note where its limits left out
// more than a tenth of the customers.
func (s *Site) trainingStatus(l *locale) trainingStatus {
	now := s.trainer.Now()
	if d := now.dropped; d.Warning() != "" {
		now.Note = l.Count("models.many", d.Total(), l.N(d.Total()), l.N(d.Rows), limitsText(l, d))
	}
	return now
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

func (t *trainer) stop() {
	t.Change(func(*trainingStatus) {
		if t.cancel != nil {
			t.cancel()
		}
	})
}
