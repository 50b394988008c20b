package site

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/examples/webapp/internal/snapshot"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/segment"
)

// progressReader says how many bytes were read, and ends with its context.
type progressReader struct {
	*os.File
	ctx context.Context
	job *uploadJob
}

func (c progressReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.File.Read(p)
	c.job.change(func(s *uploadState) { s.Read = min(s.Read+int64(n), s.Size) })
	return n, err
}

// score scores the customers of an uploaded file into a file to download.
func (s *Site) score(ctx context.Context, job *uploadJob, model *segment.Model) {
	err := s.plainError(s.scoreFile(ctx, job, model))
	_ = os.Remove(s.uploads.path(job.id, "raw"))
	if err != nil {
		_ = os.Remove(s.uploads.path(job.id, "csv"))
	}
	outcome := stateDone
	s.uploads.finish(job, func(state *uploadState) {
		if err != nil {
			outcome = stateFailed
			state.Error = program.Plain(err)
		}
		state.State = outcome
		state.Read = state.Size
	})
	s.metrics.uploads.WithLabelValues(outcome).Inc()
}

func (s *Site) scoreFile(ctx context.Context, job *uploadJob, model *segment.Model) (err error) {
	in, err := os.Open(s.uploads.path(job.id, "raw"))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(s.uploads.path(job.id, "csv"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	buffer := bufio.NewWriterSize(&leasedWriter{out, s.budget, job.lease, job.size}, 1<<16)
	to := csv.NewWriter(csvguard.Writer(buffer, false, new(int)))
	if err := to.Write(append(append([]string{"id"}, features.TrainingColumns...), "education", "marital_status", "cluster", "tier", "distance", "margin", "warnings")); err != nil {
		return err
	}
	reader := features.Read(progressReader{in, ctx, job}, features.ReadOptions{Policy: features.Skip, Name: job.name})
	var sum segmentation.ScoreSummary
	publish := func() {
		job.change(func(state *uploadState) {
			state.Rows, state.Dropped = sum.Rows, sum.Beyond
			for tier, n := range sum.Tiers {
				if n > 0 {
					state.Tiers[tier] = n
				}
			}
		})
	}
	for scored, err := range segmentation.ScoreCustomers(ctx, model, reader.All(), segmentation.ScoreOptions{Summary: &sum}) {
		if err != nil {
			return err
		}
		if sum.Rows%1000 == 0 {
			publish()
		}
		if err := to.Write(scoredRow(&scored.Customer, scored.Values, scored.Prediction)); err != nil {
			return err
		}
	}
	report := reader.Report()
	report.Ignored = nil // no page shows them, and they may be a mebibyte
	publish()
	for tier, n := range sum.Tiers {
		s.metrics.predictions.WithLabelValues(tier).Add(float64(n))
	}
	job.change(func(state *uploadState) {
		state.report, state.BadRows, state.limits = report, report.BadRows, features.CleanOptionsOf(model.Limits())
		state.AsOf, state.Doubts = sum.AsOf.Format(time.DateOnly), sum.Warnings
		for _, e := range report.Errors {
			state.Errors = append(state.Errors, program.Plain(e))
		}
		// The page shows the rows that were left out apart from the rest.
		report.BadRows, report.Errors = 0, nil
		state.Warnings = append(state.Warnings, report.Warnings()...)
	})
	to.Flush()
	return errors.Join(to.Error(), buffer.Flush())
}

// scoredRow is a line of the file to download. The id and the words come from
// the uploaded file, so they are guarded.
func scoredRow(e *features.Engineered, values []float64, p segment.Prediction) []string {
	row := []string{csvguard.Cell(e.ID)}
	for _, v := range values {
		text := ""
		if v == v {
			text = strconv.FormatFloat(v, 'f', -1, 64)
		}
		row = append(row, text)
	}
	margin := ""
	if p.Margin-p.Margin == 0 {
		margin = strconv.FormatFloat(p.Margin, 'g', 6, 64)
	}
	return append(row, csvguard.Cell(e.Education), csvguard.Cell(e.MaritalStatus), strconv.Itoa(p.Cluster), csvguard.Cell(p.Tier), strconv.FormatFloat(p.Distance, 'g', 6, 64), margin, csvguard.Cell(program.Sentences(p.Warnings)))
}

// scoreQueued scores a job once there is a place for it.
func (s *Site) scoreQueued(ctx context.Context, job *uploadJob, snap *snapshot.Snapshot) {
	defer s.budget.release(job.lease)
	select {
	case s.uploads.slots <- struct{}{}:
		defer func() { <-s.uploads.slots }()
	case <-ctx.Done(): // scoring it ends at once
	}
	s.score(ctx, job, snap.Model)
}

// plainError is an error of scoring without what only concerns the machine: where its
// files lie.
func (s *Site) plainError(err error) error {
	var path *fs.PathError
	switch {
	case err == nil:
		return nil
	case full(err):
		return errors.New("there is no room left on the server for the scored file; want a smaller file, or the same one later")
	case errors.Is(err, context.Canceled):
		return errors.New("the app ended before the file was scored; want the file again")
	case errors.As(err, &path):
		s.log.Error("a file of an upload cannot be read or written", "error", err)
		return errors.New("the server cannot read or write its copy of the file, which its log tells more of")
	}
	return errors.New(program.Plain(err))
}
