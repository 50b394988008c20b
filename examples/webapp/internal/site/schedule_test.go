package site

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
)

// fakeClock stands still until it is advanced.
type fakeClock struct {
	mu    sync.Mutex
	now   time.Time
	waits map[chan time.Time]time.Time
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	ch := make(chan time.Time, 1)
	if c.waits == nil {
		c.waits = map[chan time.Time]time.Time{}
	}
	c.waits[ch] = c.now.Add(d)
	return ch
}

// to sets the clock.
func (c *fakeClock) to(day, hour, minute int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = time.Date(2026, 11, day, hour, minute, 0, 0, time.UTC)
	c.wake(c.now)
}

// wake lets those look at the clock who wait until a time.
func (c *fakeClock) wake(until time.Time) {
	for ch, at := range c.waits {
		if !at.After(until) {
			ch <- c.now
			delete(c.waits, ch)
		}
	}
}

// nudge wakes also who read the clock before it was set, and waited afterwards.
func (c *fakeClock) nudge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wake(c.now.Add(time.Minute))
}

// scheduled starts an app that trains again every night at three.
func scheduled(c *fakeClock, most float64) Config {
	schedule, err := service.ParseSchedule("CRON_TZ=UTC 0 3 * * *")
	if err != nil {
		panic(err)
	}
	return Config{Retrain: service.RetrainOptions{Schedule: schedule, MostDrift: most, Clock: c}}
}

// run waits for a run of the schedule on a data set to end.
func (a *app) run(t *testing.T, dataset string, day int) service.Retraining {
	t.Helper()
	due := time.Date(2026, 11, day, 3, 0, 0, 0, time.UTC)
	for range 1000 {
		runs, err := a.Records.Retrainings(t.Context(), dataset)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range runs {
			if r.Time().Equal(due) && r.State != service.StateRunning {
				return r
			}
		}
		time.Sleep(20 * time.Millisecond)
		a.Retrain().Clock.(*fakeClock).nudge()
	}
	t.Fatalf("the run of November %d does not end:\n%s", day, a.log)
	return service.Retraining{}
}

// versions are how many there are of the default customers.
func (a *app) versions(t *testing.T) int {
	t.Helper()
	list, err := a.ModelVersions(t.Context(), service.ModelName)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

// TestSchedule: a run makes a version, which is compared and not put to use; a run that
// fails does not stop the next; those that nobody was there for are told, not repeated.
func TestSchedule(t *testing.T) {
	clock := &fakeClock{now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)}
	a := start(t, scheduled(clock, 0))
	a.get(t, "/models").want(t, 200, "By the schedule CRON_TZ=UTC 0 3 * * * (time zone UTC); next on", "stays beside the one in use until somebody")
	clock.to(2, 2, 59)
	clock.to(2, 3, 0)
	r := a.run(t, "", 2)
	worst, known := r.Worst()
	if r.State != service.StateDone || r.Outcome != service.OutcomeKept || r.Version != 2 || r.Active != 1 || !known || worst.Column != "tenure" || worst.PSI < 1 {
		t.Errorf("%+v, %+v", r, worst)
	}
	if v := a.Snapshot.Load().Version; v != 1 {
		t.Errorf("version %d is in use", v)
	}
	a.get(t, "/models").want(t, 200, "trained again by the schedule", "beside the one in use", "Time as a customer is another population: PSI", "Version 2 beside version 1", "the app")
	for _, said := range []string{`msg="models are trained again by a schedule"`, "zone=UTC", "next=2026-11-02T03:00:00Z", `msg="a scheduled retraining has ended"`, "outcome=kept", `"most drift"=tenure`} {
		if !strings.Contains(a.log.String(), said) {
			t.Errorf("the log does not say %s", said)
		}
	}

	table := a.Store.Tables().Customers
	a.execute(t, "alter table "+table+" rename to away")
	clock.to(3, 3, 0)
	if r := a.run(t, "", 3); r.State != service.StateFailed || !strings.Contains(r.Reason, table) {
		t.Errorf("without customers: %+v", r)
	}
	a.execute(t, "alter table away rename to "+table)
	clock.to(4, 3, 1)
	if r := a.run(t, "", 4); r.State != service.StateDone || r.Version != 3 {
		t.Errorf("after a failure: %+v", r)
	}
	a.get(t, "/models").want(t, 200, "failed")
	if !strings.Contains(a.log.String(), `level=ERROR msg="a scheduled retraining failed"`) {
		t.Error("the log does not have the failure")
	}
	a.Stop()

	late := &fakeClock{now: time.Date(2026, 11, 8, 12, 0, 0, 0, time.UTC)}
	b := again(t, a, scheduled(late, 0))
	if r := b.run(t, "", 8); r.State != service.StateMissed || r.Runs != 4 || b.versions(t) != 3 {
		t.Errorf("what was missed: %+v, %d versions", r, b.versions(t))
	}
	b.get(t, "/models").want(t, 200, "4 runs up to this one were missed")
	late.to(9, 3, 0)
	if r := b.run(t, "", 9); r.State != service.StateDone || b.versions(t) != 4 {
		t.Errorf("after those that were missed: %+v", r)
	}
	c := again(t, a, scheduled(&fakeClock{now: time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC)}, 0))
	time.Sleep(100 * time.Millisecond)
	if strings.Contains(c.log.String(), "missed") || c.versions(t) != 4 {
		t.Error("a start after a run tells of one that was missed")
	}
}

// TestScheduleOfTwo: of two apps on a database one trains, and what one has left
// undone is told.
func TestScheduleOfTwo(t *testing.T) {
	clock := &fakeClock{now: time.Date(2026, 11, 2, 2, 59, 0, 0, time.UTC)}
	a := start(t, scheduled(clock, 0))
	b := again(t, a, scheduled(clock, 0))
	for day := 2; day < 7; day++ {
		clock.to(day, 3, 0)
		if r := a.run(t, "", day); r.State != service.StateDone || r.Version != day {
			t.Errorf("%+v", r)
		}
	}
	time.Sleep(100 * time.Millisecond)
	if n := a.versions(t); n != 6 {
		t.Errorf("%d versions after five runs", n)
	}
	const ended = `msg="a scheduled retraining has ended"`
	if n := strings.Count(a.log.String(), ended) + strings.Count(b.log.String(), ended); n != 5 {
		t.Errorf("%d runs have ended:\n%s\n%s", n, a.log, b.log)
	}
	a.execute(t, "update webapp_retrainings set state = 'running' where version = 6")
	clock.to(6, 3, 4)
	if r := b.run(t, "", 6); r.State != service.StateInterrupted {
		t.Errorf("%+v", r)
	}
}

// TestScheduleActivates: a version is put to use by itself where nothing has drifted,
// and only then.
func TestScheduleActivates(t *testing.T) {
	clock := &fakeClock{now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)}
	a := start(t, scheduled(clock, 0.1))
	a.get(t, "/models").want(t, 200, "put to use by itself where no column has drifted by a PSI above 0.1")
	a.execute(t, "delete from webapp_baselines")
	clock.to(2, 3, 0)
	if r := a.run(t, "", 2); r.Outcome != service.OutcomeUnknown || a.Snapshot.Load().Version != 1 {
		t.Errorf("of an unknown training: %+v", r)
	}
	a.post(t, "/models/2/activate", nil).want(t, 200)
	clock.to(3, 3, 0)
	if r := a.run(t, "", 3); r.Outcome != service.OutcomeActivated || r.Version != 3 || a.Snapshot.Load().Version != 3 {
		t.Errorf("of the same customers: %+v", r)
	}
	a.execute(t, "update "+a.Store.Tables().Customers+" set income = income * 0.7")
	clock.to(4, 3, 0)
	r := a.run(t, "", 4)
	if worst, _ := r.Worst(); r.Outcome != service.OutcomeDrifted || worst.Column != "income" || a.Snapshot.Load().Version != 3 {
		t.Errorf("of poorer customers: %+v", r)
	}
	a.get(t, "/models").want(t, 200, "put to use", "not put to use: the drift is not known", "not put to use: a column has drifted too far", "Income is another population: PSI")
}

// TestScheduleOfDatasets: data sets are trained on again too, on their rows.
func TestScheduleOfDatasets(t *testing.T) {
	clock := &fakeClock{now: time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)}
	a := start(t, scheduled(clock, 0))
	id := a.trainSet(t, "mall.csv", mall(120))
	clock.to(2, 3, 0)
	if r := a.run(t, id, 2); r.State != service.StateDone || r.Version != 2 || r.Active != 1 || r.Comparison.V.Stay != 1 {
		t.Errorf("%+v", r)
	}
	a.get(t, "/models?data="+id).want(t, 200, "trained on the rows of this data set as they are stored here", "The new model segments as the old one did.")
	a.post(t, "/data/"+id+"/delete", nil).want(t, 200)
	var left int
	if err := a.Store.DB().Get(&left, a.Store.DB().Rebind(`select count(*) from webapp_retrainings where dataset = ?`), id); err != nil || left != 0 {
		t.Errorf("%v: %d runs of a deleted data set are left", err, left)
	}
}

// TestScheduleIsCancelled: a run that is cancelled leaves no version, and the next one
// goes on.
func TestScheduleIsCancelled(t *testing.T) {
	clock := &fakeClock{now: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	a := start(t, scheduled(clock, 0))
	for day := 1; day < 12; day++ {
		before := a.versions(t)
		clock.to(day, 3, 0)
		for range 2000 {
			if a.Trainer.Now().State == service.StateRunning {
				a.post(t, "/models/cancel", nil)
				break
			}
			time.Sleep(time.Millisecond)
		}
		r := a.run(t, "", day)
		if r.State != service.StateCanceled {
			continue // it was done before
		}
		if n := a.versions(t); n != before || r.Reason != "" {
			t.Errorf("%+v: %d versions, %d before", r, n, before)
		}
		clock.to(day+1, 3, 0)
		if r := a.run(t, "", day+1); r.State != service.StateDone {
			t.Errorf("after one that was cancelled: %+v", r)
		}
		return
	}
	t.Error("no run could be cancelled")
}

// TestParseSchedule: what is no schedule, or never comes, is refused, and a zone counts.
func TestParseSchedule(t *testing.T) {
	for _, bad := range []string{"at three", "0 3 * *", "61 3 * * *", "0 0 30 2 *", "CRON_TZ=Nowhere 0 3 * * *"} {
		if _, err := service.ParseSchedule(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	s, err := service.ParseSchedule("CRON_TZ=Europe/Berlin 0 3 * * 1")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 23, 12, 0, 0, 0, time.UTC) // the clocks are put forward on the 29th
	for _, want := range []string{"2026-03-30T01:00:00Z", "2026-04-06T01:00:00Z"} {
		if at = s.Next(at); at.UTC().Format(time.RFC3339) != want {
			t.Errorf("next at %v, want %s", at.UTC(), want)
		}
	}
	if zone := s.Zone(at); zone != "Europe/Berlin" {
		t.Errorf("the zone is %s", zone)
	}
}
