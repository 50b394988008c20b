package service

import (
	"cmp"
	"context"
	"fmt"
	"io"
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

// BeginBringing begins to read a file of customers of any kind, to be a dataset of its
// own; a campaign file is scored, as others of its kind are.
func (s *Service) BeginBringing(job *UploadJob, day time.Time, by string) {
	snap, forgets := s.Snapshot.Load(), s.Forgets.Load()
	s.Uploads.Keep(job, UploadState{State: StateRunning, New: true, Tiers: map[string]int{}, Errors: []string{}, Warnings: []string{}, Doubts: []segment.WarningCount{}})
	s.wg.Go(func() {
		s.run(s.ctx, job, func(in io.Reader, out io.Writer) error {
			o := segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip, Name: job.Name, AsOf: features.AsOf(day)}, MaxBytes: mostUnpacked * s.options.MaxUpload}
			source, err := segmentation.Open(s.ctx, in, o)
			if err != nil {
				return err
			}
			if !source.Campaign {
				return s.KeepSource(s.ctx, job, source, by, forgets)
			}
			// A campaign file goes the way of the others of its kind.
			if snap == nil {
				return fmt.Errorf("this is a campaign file, and there is no model yet to score it by; want other customers, or a model")
			}
			if _, err := in.(io.Seeker).Seek(0, io.SeekStart); err != nil {
				return err
			}
			job.Change(func(state *UploadState) { state.New, state.Order = false, snap.Tiers })
			return s.scoreFile(s.ctx, job, &s.Dataset, snap.Model, in, out)
		})
	})
}

// KeepSource keeps the customers of a file as a dataset, with the roles that were
// found for their columns. Forgets is how many were forgotten before it was read.
func (s *Service) KeepSource(ctx context.Context, job *UploadJob, source *segmentation.Source, by string, forgets int64) error {
	t := source.Table
	if n := len(t.Columns()); n > mostColumns {
		return fmt.Errorf("the file has %d columns; want %d at most", n, mostColumns)
	}
	name, _, _ := strings.Cut(filepath.Base(job.Name), ".")
	name = strings.ReplaceAll(name, "_", " ")
	k := KeptData{
		ID: web.NewID(), Name: cmp.Or(web.CleanText(name, MaxTitle), "data"), Customers: t.Len(), CreatedAt: time.Now().UnixMicro(),
		Roles: asJSON[chosenRoles]{chosen(source.Roles)}, Columns: asJSON[[]Column]{columnsOf(t, source.Roles, source.Columns)}, Told: asJSON[[]string]{source.Told},
	}
	if r := source.Orders; r != nil { // the day may change, and the pages have it
		ofDay := features.RFMReport{AsOf: r.AsOf, Guessed: r.Guessed, Ahead: r.Ahead}.Warnings()
		k.Told.V = slices.DeleteFunc(slices.Clone(source.Told), func(said string) bool { return slices.Contains(ofDay, said) })
	}
	if day := t.AsOf(); !day.IsZero() {
		k.AsOf = day.Format(time.DateOnly)
	}
	s.forgetLock.RLock()
	defer s.forgetLock.RUnlock()
	if s.Forgets.Load() != forgets {
		return fmt.Errorf("a customer was forgotten while the file was read, and nothing of it was kept; want the file again")
	}
	// The list has it first: what breaks off here can be removed there.
	if err := s.Records.addDataset(ctx, k); err != nil {
		return err
	}
	err := s.Store.SaveTable(ctx, k.Table(), t)
	if err == nil {
		err = s.Records.Audit(ctx, by, didBring, AuditDetail{Count: t.Len()})
	}
	if err != nil {
		return cmp.Or(s.Records.dropDataset(context.WithoutCancel(ctx), k), err)
	}
	s.Changing.Lock() // ReadDatasets may have listed it already
	defer s.Changing.Unlock()
	if s.Find(k.ID) == nil {
		s.setsLock.Lock()
		s.sets = append(s.sets, &Dataset{KeptData: k})
		s.setsLock.Unlock()
	}
	job.Change(func(state *UploadState) {
		state.Rows, state.BadRows, state.Dataset = t.Len(), source.BadRows, k.ID
	})
	return nil
}

// chosen returns the options that set the roles as they are.
func chosen(r features.Roles) chosenRoles {
	c := chosenRoles{Guessed: r.Guessed, RoleOptions: features.RoleOptions{ID: cmp.Or(r.ID, "-"), Features: append([]string{}, r.Features...), Describe: append([]string{}, r.Describe...), Value: []string{}}}
	for _, v := range r.Value {
		c.Value = append(c.Value, map[bool]string{true: "-"}[v.Less]+v.Column)
	}
	return c
}

// columnsOf says what was found in the columns of a table.
func columnsOf(t *features.Table, roles features.Roles, found []features.ColumnReport) []Column {
	var out []Column
	for i, c := range t.Columns() {
		s := t.Series(c.Name)
		d := Column{Name: c.Name, Kind: c.Kind.String(), Unit: c.Unit, Why: c.Meaning}
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
func (d *Column) count(s features.Series) {
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

// run has a job worked on, and says in its state how it ended.
func (s *Service) run(ctx context.Context, job *UploadJob, work func(in io.Reader, out io.Writer) error) {
	s.Uploads.Run(ctx, job, work, func(state *UploadState, err error) {
		state.State = StateDone
		if err != nil {
			state.State, state.Error = StateFailed, s.plain(err)
		}
		s.Counts.Uploads.WithLabelValues(state.State).Inc()
	})
}
