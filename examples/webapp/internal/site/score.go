package site

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"io/fs"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/segment"
)

// score scores the customers of an uploaded file into a file to download, once
// there is a place for it.
func (s *Site) score(ctx context.Context, job *uploadJob, model *segment.Model) {
	s.uploads.Run(ctx, job, func(in io.Reader, out io.Writer) error {
		return s.scoreFile(ctx, job, model, in, out)
	}, func(state *uploadState, err error) {
		state.State = stateDone
		if err != nil {
			state.State, state.Error = stateFailed, s.plain(err)
		}
		s.metrics.uploads.WithLabelValues(state.State).Inc()
	})
}

func (s *Site) scoreFile(ctx context.Context, job *uploadJob, model *segment.Model, in io.Reader, out io.Writer) error {
	buffer := bufio.NewWriterSize(out, 1<<16)
	to := csv.NewWriter(csvguard.Writer(buffer, false, new(int)))
	if err := to.Write(append(append([]string{"id"}, features.TrainingColumns...), "education", "marital_status", "cluster", "tier", "distance", "margin", "warnings")); err != nil {
		return err
	}
	reader := features.Read(in, features.ReadOptions{Policy: features.Skip, Name: job.Name})
	var sum segmentation.ScoreSummary
	publish := func() {
		job.Change(func(state *uploadState) {
			state.Rows, state.Dropped, state.Tiers = sum.Rows, sum.Beyond, map[string]int{}
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
	job.Change(func(state *uploadState) {
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

// plain is an error of scoring without what only concerns the machine: where its
// files lie.
func (s *Site) plain(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, upload.ErrNoSpace):
		return "there is no room left on the server for the scored file; want a smaller file, or the same one later"
	case errors.Is(err, context.Canceled):
		return "the app ended before the file was scored; want the file again"
	case errors.As(err, &path):
		s.log.Error("a file of an upload cannot be read or written", "error", err)
		return "the server cannot read or write its copy of the file, which its log tells more of"
	}
	return program.Plain(err)
}
