package site

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/segment"
)

// mostUnpacked bounds what a packed file may become, in sizes of an upload.
const mostUnpacked = 8

// bring takes a file of customers of any kind, to be a dataset of its own.
func (s *Site) bring(r *request) error {
	if s.signed != nil {
		return errUnsigned
	}
	by := r.by()
	refused := func(status int, text string) error { return s.showData(r, status, text) }
	return s.receive(r, refused, func(job *uploadJob) error {
		day, err := dayOf(job.Fields["as_of"])
		if err != nil {
			return err
		}
		snap, forgets := s.snapshot.Load(), s.forgets.Load()
		s.uploads.Keep(job, uploadState{State: stateRunning, New: true, Tiers: map[string]int{}, Errors: []string{}, Warnings: []string{}, Doubts: []segment.WarningCount{}})
		s.wg.Go(func() {
			s.run(s.ctx, job, func(in io.Reader, out io.Writer) error {
				o := segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip, Name: job.Name, AsOf: features.AsOf(day)}, MaxBytes: mostUnpacked * s.cfg.MaxUpload}
				source, err := segmentation.Open(s.ctx, in, o)
				if err != nil {
					return err
				}
				if !source.Campaign {
					return s.keepSource(s.ctx, job, source, by, forgets)
				}
				// A campaign file goes the way of the others of its kind.
				if snap == nil {
					return fmt.Errorf("this is a campaign file, and there is no model yet to score it by; want other customers, or a model")
				}
				if _, err := in.(io.Seeker).Seek(0, io.SeekStart); err != nil {
					return err
				}
				job.Change(func(state *uploadState) { state.New, state.tiers = false, snap.Tiers })
				return s.scoreFile(s.ctx, job, &s.dataset, snap.Model, in, out)
			})
		})
		return nil
	})
}

// dayOf reads the day on which things are counted, zero for an empty text.
func dayOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil || day.Year() < 1900 || day.Year() > 2200 {
		return day, invalid("as_of", "models.day")
	}
	return day, nil
}

// keepSource keeps the customers of a file as a dataset, with the roles that were
// found for their columns. Forgets is how many were forgotten before it was read.
func (s *Site) keepSource(ctx context.Context, job *uploadJob, source *segmentation.Source, by string, forgets int64) error {
	t := source.Table
	if n := len(t.Columns()); n > mostColumns {
		return fmt.Errorf("the file has %d columns; want %d at most", n, mostColumns)
	}
	name, _, _ := strings.Cut(filepath.Base(job.Name), ".")
	k := keptData{
		ID: web.NewID(), Name: cmp.Or(cleanText(name, mostTitle), "data"), Customers: t.Len(), CreatedAt: time.Now().UnixMicro(),
		Roles: asJSON[chosenRoles]{chosen(source.Roles)}, Columns: asJSON[[]column]{columnsOf(t, source.Roles, source.Columns)}, Told: asJSON[[]string]{source.Told},
	}
	if day := t.AsOf(); !day.IsZero() {
		k.AsOf = day.Format(time.DateOnly)
	}
	s.forgetLock.RLock()
	defer s.forgetLock.RUnlock()
	if s.forgets.Load() != forgets {
		return fmt.Errorf("a customer was forgotten while the file was read, and nothing of it was kept; want the file again")
	}
	// The list has it first: what breaks off here can be removed there.
	if err := s.records.addDataset(ctx, k); err != nil {
		return err
	}
	err := s.store.SaveTable(ctx, k.table(), t)
	if err == nil {
		err = s.records.audit(ctx, by, didBring, auditDetail{Count: t.Len()})
	}
	if err != nil {
		return cmp.Or(s.records.dropDataset(context.WithoutCancel(ctx), k), err)
	}
	s.changing.Lock() // readDatasets may have listed it already
	defer s.changing.Unlock()
	if s.find(k.ID) == nil {
		s.setsLock.Lock()
		s.sets = append(s.sets, &dataset{keptData: k})
		s.setsLock.Unlock()
	}
	job.Change(func(state *uploadState) {
		state.Rows, state.BadRows, state.Dataset = t.Len(), source.BadRows, k.ID
	})
	return nil
}

// chosen returns the options that set the roles as they are.
func chosen(r features.Roles) chosenRoles {
	c := chosenRoles{Guessed: r.Guessed, RoleOptions: features.RoleOptions{ID: cmp.Or(r.ID, "-"), Features: orEmpty(r.Features), Describe: orEmpty(r.Describe), Value: []string{}}}
	for _, v := range r.Value {
		c.Value = append(c.Value, map[bool]string{true: "-"}[v.Less]+v.Column)
	}
	return c
}

// columnsOf says what was found in the columns of a table.
func columnsOf(t *features.Table, roles features.Roles, found []features.ColumnReport) []column {
	var out []column
	for i, c := range t.Columns() {
		s := t.Series(c.Name)
		d := column{Name: c.Name, Kind: c.Kind.String(), Unit: c.Unit, Why: c.Meaning}
		if at := slices.IndexFunc(found, func(r features.ColumnReport) bool { return r.Name == c.Name }); at >= 0 {
			d.Why = found[at].Reason
		}
		if i < len(roles.Columns) {
			d.Reason = roles.Columns[i].Reason
		}
		// Of what the counting of orders sets nobody has to be told.
		for _, why := range []*string{&d.Why, &d.Reason} {
			if *why == "set" {
				*why = ""
			}
		}
		d.count(s)
		out = append(out, d)
	}
	return out
}

// count fills in how many values are missing or differ, and their range.
func (d *column) count(s features.Series) {
	var numbers []float64
	var first, last time.Time
	words := map[string]struct{}{}
	for i := range s.Len() {
		switch {
		case s.Missing(i):
			d.Missing++
		case s.Kind().Numeric():
			numbers = append(numbers, s.Number(i))
		case s.Kind() == features.Date:
			if day := s.Day(i); first.IsZero() || day.Before(first) {
				first = day
			}
			if day := s.Day(i); day.After(last) {
				last = day
			}
		default:
			words[s.Word(i)] = struct{}{}
		}
	}
	d.Words = len(words)
	if len(numbers) > 0 {
		d.Least, d.Most = strconv.FormatFloat(slices.Min(numbers), 'f', -1, 64), strconv.FormatFloat(slices.Max(numbers), 'f', -1, 64)
	}
	if !first.IsZero() {
		d.Least, d.Most = first.Format(time.DateOnly), last.Format(time.DateOnly)
	}
}

// receive takes the file of a form, and leads to the page of its job, which begin
// begins. A refusal is shown by a page.
func (s *Site) receive(r *request, refused func(status int, text string) error, begin func(*uploadJob) error) error {
	body := r.Body
	job, err := s.uploads.Receive(r.w, r.Request, s.client(r))
	if err == nil {
		defer s.uploads.Discard(job) // unless it is kept
		err = s.note(r, didUpload, auditDetail{})
	}
	if p := s.unreceived(r, err); p != nil {
		s.metrics.uploads.WithLabelValues("refused").Inc()
		if p.status != http.StatusRequestTimeout {
			defer web.Drain(r.w, r.Request, body)
			_ = http.NewResponseController(r.w).EnableFullDuplex()
		}
		if r.wantsJSON() {
			s.fail(r, p)
			return nil
		}
		if p.wait != "" {
			r.w.Header().Set("Retry-After", p.wait)
		}
		return refused(p.status, r.l.T(p.key, p.args...))
	}
	if err != nil {
		return err
	}
	job.Name = cleanText(job.Name, 120)
	if err := begin(job); err != nil {
		return err
	}
	return r.redirect("/upload/" + job.ID)
}

// run has a job worked on, and says in its state how it ended.
func (s *Site) run(ctx context.Context, job *uploadJob, work func(in io.Reader, out io.Writer) error) {
	s.uploads.Run(ctx, job, work, func(state *uploadState, err error) {
		state.State = stateDone
		if err != nil {
			state.State, state.Error = stateFailed, s.plain(err)
		}
		s.metrics.uploads.WithLabelValues(state.State).Inc()
	})
}
