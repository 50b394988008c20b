package service

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	_ "time/tzdata" // of images without

	cron "github.com/netresearch/go-cron"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/store"
)

// A Schedule says when models are trained again. The zero value is never.
type Schedule struct {
	Spec string // as it was written
	cron.Schedule
}

// ParseSchedule reads five fields of cron, such as "0 3 * * 1" for Mondays at three, in
// the time zone of the machine or one that stands before, as in
// "CRON_TZ=Europe/Berlin 0 3 * * 1"; also @daily, @weekly and @monthly.
func ParseSchedule(spec string) (Schedule, error) {
	s, err := cron.ParseStandard(spec)
	if err == nil && s.Next(time.Now()).IsZero() {
		err = errors.New("no such day ever comes")
	}
	return Schedule{spec, s}, err
}

// location is the time zone.
func (s Schedule) location() *time.Location {
	if fields, ok := s.Schedule.(*cron.SpecSchedule); ok && fields.Location != nil {
		return fields.Location
	}
	return time.Local
}

// Zone is the name of the time zone, that of the machine with its distance from UTC.
func (s Schedule) Zone(at time.Time) string {
	if zone := s.location(); zone != time.Local {
		return zone.String()
	}
	if name := at.In(time.Local).Format("MST"); name != "UTC" {
		return name + at.In(time.Local).Format(", UTC-07:00")
	}
	return "UTC"
}

// A Clock tells the time; that of the machine where it is nil.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

type systemClock struct{}

func (systemClock) Now() time.Time                         { return time.Now() }
func (systemClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

// RetrainOptions say when models are trained again, and whether they are put to use.
type RetrainOptions struct {
	Schedule
	// MostDrift is the greatest population stability index of a column up to which a
	// new version is put to use by itself; 0 for never.
	MostDrift float64
	Clock     Clock
}

// SetSchedule sets the schedule, see [ParseSchedule].
func (o *RetrainOptions) SetSchedule(spec string) (err error) {
	o.Schedule, err = ParseSchedule(spec)
	return err
}

// SetMostDrift sets MostDrift.
func (o *RetrainOptions) SetMostDrift(text string) (err error) {
	if o.MostDrift, err = strconv.ParseFloat(strings.TrimSpace(text), 64); err != nil || !(o.MostDrift > 0 && o.MostDrift <= 10) {
		return errors.New("it is a number above 0 and up to 10, such as 0.1")
	}
	return nil
}

// The states of a retraining, beside those of a training.
const (
	StateMissed      = "missed"      // nobody was there
	StateInterrupted = "interrupted" // who trained went away
)

// What became of a new version.
const (
	OutcomeKept      = "kept"      // beside the one in use, as always
	OutcomeActivated = "activated" // put to use
	OutcomeDrifted   = "drifted"   // kept, because of the drift
	OutcomeUnknown   = "unknown"   // kept, because the drift is not known
	OutcomeFailed    = "failed"    // kept, because it cannot be compared or put to use
)

// A Retraining is a run of the schedule on a dataset.
type Retraining struct {
	Due        int64                       `db:"due"` // seconds of Unix time
	Dataset    string                      `db:"dataset"`
	State      string                      `db:"state"`
	AliveAt    int64                       `db:"alive_at"` // when who trains last said so
	Runs       int                         `db:"runs"`     // of one that was missed, how many were
	Version    int                         `db:"version"`  // the new one, 0 for none
	Active     int                         `db:"active"`   // that it is compared with
	Outcome    string                      `db:"outcome"`
	Reason     string                      `db:"reason"` // of what failed
	Comparison asJSON[*insight.Comparison] `db:"comparison"`
}

// Time is when it was due.
func (r Retraining) Time() time.Time { return time.Unix(r.Due, 0) }

// Worst returns the column that drifted most, one whose index is not known before all
// others; false where no drift is known.
func (r Retraining) Worst() (insight.Drift, bool) {
	if r.Comparison.V == nil || len(r.Comparison.V.Drift) == 0 {
		return insight.Drift{}, false
	}
	worst := r.Comparison.V.Drift[0]
	for _, d := range r.Comparison.V.Drift[1:] {
		if worst.PSI == worst.PSI && !(d.PSI <= worst.PSI) {
			worst = d
		}
	}
	return worst, true
}

const (
	// lateFor is how late a run may begin; after that it is missed.
	lateFor = 5 * time.Minute
	// aliveEvery is how often who trains says so, and goneAfter when it is taken for
	// gone.
	aliveEvery = 15 * time.Second
	goneAfter  = 2 * time.Minute
)

// Next is when the schedule is due next, zero for never.
func (s *Service) Next() time.Time {
	if s.options.Retrain.Spec == "" {
		return time.Time{}
	}
	return s.options.Retrain.Schedule.Next(s.clock().Now())
}

// Retrain are the options of the schedule.
func (s *Service) Retrain() RetrainOptions { return s.options.Retrain }

func (s *Service) clock() Clock {
	if s.options.Retrain.Clock != nil {
		return s.options.Retrain.Clock
	}
	return systemClock{}
}

// keepSchedule trains again whenever the schedule is due, until the service ends.
func (s *Service) keepSchedule(last time.Time) {
	schedule := s.options.Retrain.Schedule
	s.Log.Info("models are trained again by a schedule", "schedule", schedule.Spec, "zone", schedule.Zone(s.clock().Now()), "next", s.Next().Format(time.RFC3339))
	for s.ctx.Err() == nil {
		now := s.clock().Now()
		if err := s.Records.interruptRetrainings(s.ctx, now.Add(-goneAfter)); err != nil && s.ctx.Err() == nil {
			s.Log.Warn("the retrainings cannot be looked up", "error", err)
		}
		due := schedule.Next(last)
		if due.After(now) {
			select {
			case <-s.ctx.Done():
			// The clock of the machine may be set meanwhile, or stand still.
			case <-s.clock().After(min(due.Sub(now), 30*time.Second)):
			}
			continue
		}
		missed, latest := 0, due
		for next := schedule.Next(due); !next.After(now); next = schedule.Next(next) {
			missed, latest = missed+1, next
		}
		if last = latest; now.Sub(latest) > lateFor {
			s.missRuns(latest, missed+1)
			continue
		}
		for _, d := range append([]*Dataset{&s.Dataset}, s.Listed()...) {
			if s.ctx.Err() == nil {
				s.retrain(latest, d)
			}
		}
	}
}

// missRuns says that runs were missed, which are not repeated.
func (s *Service) missRuns(latest time.Time, runs int) {
	first, err := s.Records.claimRetraining(s.ctx, Retraining{Due: latest.Unix(), State: StateMissed, Runs: runs})
	if err != nil {
		s.Log.Error("the retrainings cannot be written", "error", err)
	} else if first {
		s.Log.Warn("scheduled retrainings were missed while no app ran, and are not repeated", "runs", runs, "last due", latest.Format(time.RFC3339))
	}
}

// retrain trains again on a dataset that has a model in use, unless another app on the
// database does.
func (s *Service) retrain(due time.Time, d *Dataset) {
	snap, err := s.Load(d)
	if snap == nil && err == nil { // there is nothing to train on again
		return
	}
	run := Retraining{Due: due.Unix(), Dataset: d.ID, State: StateRunning, AliveAt: s.clock().Now().Unix()}
	if mine, claimErr := s.Records.claimRetraining(s.ctx, run); !mine {
		if claimErr != nil && s.ctx.Err() == nil {
			s.Log.Error("a scheduled retraining cannot begin", "dataset", d.ID, "error", claimErr)
		}
		return
	}
	if err == nil {
		year, month, day := due.In(s.options.Retrain.location()).Date()
		q := TrainRequest{AsOf: time.Date(year, month, day, 0, 0, 0, 0, time.UTC), Limits: features.CleanOptionsOf(snap.Model.Limits()), Note: NoteSchedule}
		if d.ID != "" {
			q = q.Of(d) // its stored rows, on the day that they are counted on
		}
		err = s.trainDue(&run, d, q)
	}
	if err != nil {
		run.State, run.Reason = StateFailed, program.Plain(err)
		if s.ctx.Err() != nil || errors.Is(err, context.Canceled) {
			run.State, run.Reason = StateCanceled, ""
		}
	}
	told := []any{"dataset", d.ID, "due", due.Format(time.RFC3339), "state", run.State, "version", run.Version, "active", run.Active, "outcome", run.Outcome, "reason", run.Reason}
	if c := run.Comparison.V; c != nil {
		told = append(told, "verdict", c.Verdict, "stay", c.Stay)
	}
	if worst, ok := run.Worst(); ok {
		told = append(told, "most drift", worst.Column, "psi", worst.PSI)
	}
	if run.State == StateFailed || run.Outcome == OutcomeFailed {
		s.Log.Error("a scheduled retraining failed", told...)
	} else {
		s.Log.Info("a scheduled retraining has ended", told...)
	}
	// That is noted also when the app is ending.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), ReadFor)
	defer cancel()
	if err := s.Records.endRetraining(ctx, run); err != nil {
		s.Log.Error("the retrainings cannot be written", "error", err)
	}
}

// trainDue trains, compares and, where that is asked for, puts to use.
func (s *Service) trainDue(run *Retraining, d *Dataset, q TrainRequest) error {
	clock := s.clock()
	begun := clock.Now()
	done, err := s.beginTraining(q, AppUser)
	for errors.Is(err, ErrBusy) && clock.Now().Sub(begun) < lateFor {
		select {
		case <-s.ctx.Done():
			return s.ctx.Err()
		case <-clock.After(time.Second):
		}
		done, err = s.beginTraining(q, AppUser)
	}
	if err != nil {
		return err
	}
	var ended trainingEnd
	for waiting := true; waiting; {
		select {
		case ended = <-done:
			waiting = false
		case <-clock.After(aliveEvery):
			if err := s.Records.keepAlive(s.ctx, *run, clock.Now()); err != nil && s.ctx.Err() == nil {
				s.Log.Warn("the retrainings cannot be written", "error", err)
			}
		}
	}
	if ended.err != nil {
		return ended.err
	}
	run.State, run.Version, run.Outcome = StateDone, int(ended.info.Version), OutcomeKept
	if err := s.compareDue(run, d); err != nil {
		run.Outcome, run.Reason = OutcomeFailed, program.Plain(err)
	}
	return nil
}

// compareDue compares a new version with the one in use, and puts it to use where the
// drift allows it.
func (s *Service) compareDue(run *Retraining, d *Dataset) error {
	if d = s.Find(d.ID); d == nil {
		return ErrNoSuch
	}
	snap, err := s.Load(d)
	if err != nil || snap == nil {
		return err
	}
	run.Active = snap.Version
	c, err := s.Compare(s.ctx, d, snap, store.Version(run.Version))
	if err != nil {
		return err
	}
	run.Comparison.V = c.Comparison
	if s.options.Retrain.MostDrift <= 0 || s.Signed != nil {
		return nil
	}
	worst, known := run.Worst()
	switch {
	case !known:
		run.Outcome = OutcomeUnknown
	case !(worst.PSI <= s.options.Retrain.MostDrift):
		run.Outcome = OutcomeDrifted
	default:
		_, err := s.ChangeModel(s.ctx, d, AppUser, "activated", AuditDetail{Version: run.Version}, func(ctx context.Context, o store.ActivateOptions) (store.Version, error) {
			return store.Version(run.Version), s.Store.Activate(ctx, d.Model(), store.Version(run.Version), o)
		})
		if err != nil {
			return err
		}
		run.Outcome = OutcomeActivated
	}
	return nil
}

// scheduledSince returns when the last run was due, or since when there is this schedule.
func (b *Records) scheduledSince(ctx context.Context, spec string, now time.Time) (time.Time, error) {
	_, err := execute(ctx, b.DB, `insert into webapp_schedule (id, spec, since) values (1, ?, ?)
		on conflict (id) do update set spec = excluded.spec, since = excluded.since where webapp_schedule.spec <> excluded.spec`, spec, now.Unix())
	if err != nil {
		return now, err
	}
	var since int64
	err = b.DB.GetContext(ctx, &since, `select max(at) from (select since as at from webapp_schedule union all select due from webapp_retrainings) as times`)
	return time.Unix(since, 0), err
}

// claimRetraining keeps a run, unless another app on the database has; only the one that
// has kept it may do it.
func (b *Records) claimRetraining(ctx context.Context, r Retraining) (mine bool, err error) {
	n, err := execute(ctx, b.DB, `insert into webapp_retrainings (due, dataset, state, alive_at, runs, version, active, outcome, reason, comparison) values (?, ?, ?, ?, ?, 0, 0, '', '', 'null')
		on conflict (due, dataset) do nothing`, r.Due, r.Dataset, r.State, r.AliveAt, r.Runs)
	return n == 1, err
}

// keepAlive says that a run still goes on.
func (b *Records) keepAlive(ctx context.Context, r Retraining, now time.Time) error {
	return found(execute(ctx, b.DB, `update webapp_retrainings set alive_at = ? where due = ? and dataset = ?`, now.Unix(), r.Due, r.Dataset))
}

// endRetraining keeps what became of a run.
func (b *Records) endRetraining(ctx context.Context, r Retraining) error {
	return found(execute(ctx, b.DB, `update webapp_retrainings set state = ?, version = ?, active = ?, outcome = ?, reason = ?, comparison = ? where due = ? and dataset = ?`,
		r.State, r.Version, r.Active, r.Outcome, r.Reason, r.Comparison, r.Due, r.Dataset))
}

// interruptRetrainings marks the runs whose app has not been heard of since a time.
func (b *Records) interruptRetrainings(ctx context.Context, since time.Time) error {
	_, err := execute(ctx, b.DB, `update webapp_retrainings set state = ? where state = ? and alive_at < ?`, StateInterrupted, StateRunning, since.Unix())
	return err
}

// mostRetrainings is how many runs are listed.
const mostRetrainings = 10

// Retrainings lists the last runs on a dataset, with those that were missed.
func (b *Records) Retrainings(ctx context.Context, dataset string) ([]Retraining, error) {
	return list[Retraining](ctx, b, fmt.Sprintf(`select due, dataset, state, alive_at, runs, version, active, outcome, reason, comparison from webapp_retrainings
		where dataset = ? or state = ? order by due desc limit %d`, mostRetrainings), dataset, StateMissed)
}
