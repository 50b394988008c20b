package service

import (
	"bufio"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/segment"
)

// scoreFile scores the customers of an uploaded file by a model of a dataset into a
// file to download: the columns of the file, as they stand, and those of the score.
func (s *Service) scoreFile(ctx context.Context, job *UploadJob, set *Dataset, model *segment.Model, in io.Reader, out io.Writer) error {
	buffer := bufio.NewWriterSize(out, 1<<16)
	to := csv.NewWriter(csvguard.Writer(buffer, false, new(int)))
	var sum segmentation.ScoreSummary
	publish := func() {
		job.Change(func(state *UploadState) {
			state.Rows, state.Dropped, state.Tiers = sum.Rows, sum.Beyond, map[string]int{}
			for tier, n := range sum.Tiers {
				if n > 0 {
					state.Tiers[tier] = n
				}
			}
		})
	}
	score := s.scoreTable
	if set.ID == "" && campaignText(in) {
		score = s.scoreCampaign
	}
	if err := score(ctx, job, model, in, to, &sum, publish); err != nil {
		return err
	}
	publish()
	for tier, n := range sum.Tiers {
		s.Counts.Predictions.WithLabelValues(tier).Add(float64(n))
	}
	job.Change(func(state *UploadState) {
		state.Limits, state.Doubts = features.CleanOptionsOf(model.Limits()), sum.Warnings
		if set.ID == "" {
			state.AsOf = sum.AsOf.Format(time.DateOnly)
		}
	})
	to.Flush()
	return errors.Join(to.Error(), buffer.Flush())
}

// campaignText reports whether a file is a text with the header of a campaign file.
func campaignText(in io.Reader) bool {
	at, ok := in.(io.ReaderAt)
	if !ok {
		return false
	}
	header, err := features.NewTableReader(io.NewSectionReader(at, 0, 1<<16), features.TableOptions{}).Header()
	_, lacking := features.CampaignHeader(header)
	return err == nil && len(lacking) == 0
}

// scoreCampaign scores a campaign file in text.
func (s *Service) scoreCampaign(ctx context.Context, job *UploadJob, model *segment.Model, in io.Reader, to *csv.Writer, sum *segmentation.ScoreSummary, publish func()) error {
	reader := features.Read(in, features.ReadOptions{Policy: features.Skip, Name: job.Name})
	var record []string
	var shape *scoredShape
	for scored, err := range segmentation.ScoreCustomers(ctx, model, reader.All(ctx), segmentation.ScoreOptions{Summary: sum}) {
		if err != nil {
			return err
		}
		if sum.Rows%1000 == 0 {
			publish()
		}
		if shape == nil {
			shape = newScoredShape(reader.Header(), "id")
			if err := to.Write(shape.header); err != nil {
				return err
			}
		}
		record = reader.Record(record)
		if err := to.Write(shape.row(scored.Customer.ID, func(j int) string { return record[j] }, scored.Prediction)); err != nil {
			return err
		}
	}
	report := reader.Report()
	report.Ignored = nil // no page shows them, and they may be a mebibyte
	job.Change(func(state *UploadState) {
		state.Report, state.BadRows = report, report.BadRows
		for _, e := range report.Errors {
			state.Errors = append(state.Errors, program.Plain(e))
		}
		// The page shows the rows that were left out apart from the rest.
		report.BadRows, report.Errors = 0, nil
		state.Warnings = append(state.Warnings, report.Warnings()...)
	})
	return nil
}

// scoreTable scores a file of any other form.
func (s *Service) scoreTable(ctx context.Context, job *UploadJob, model *segment.Model, in io.Reader, to *csv.Writer, sum *segmentation.ScoreSummary, publish func()) error {
	o := segmentation.ScoreOptions{Summary: sum, Open: segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip, Name: job.Name}, MaxBytes: mostUnpacked * s.options.MaxUpload}}
	var shape *scoredShape
	id := model.ID()
	for r, err := range segmentation.ScoreReader(ctx, model, in, o) {
		if err != nil {
			return err
		}
		publish()
		names := r.Table.ColumnNames()
		if shape == nil {
			if id == "" && r.Table.Series("id").Kind() == features.Identifier {
				id = "id" // as r.IDs has it
			}
			shape = newScoredShape(names, id)
			if err := to.Write(shape.header); err != nil {
				return err
			}
		}
		for i, id := range r.IDs() {
			field := func(j int) string { return TextOf(r.Table.Value(j, i)) }
			if err := to.Write(shape.row(id, field, r.Predictions[i])); err != nil {
				return err
			}
		}
	}
	job.Change(func(state *UploadState) {
		state.BadRows = sum.BadRows
		state.Warnings = append(state.Warnings, sum.Told...)
	})
	return nil
}

// TextOf is a value of a table as it is written into a file, empty where it is
// missing.
func TextOf(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(v)
}

// A scoredShape is how the lines of a scored file look: the id, or the number of the
// row where there is none, the other columns of the file, the score.
type scoredShape struct {
	header []string
	fields []int // of the file
}

var scoreColumns = []string{"cluster", "tier", "distance", "margin", "warnings"}

// newScoredShape returns the shape for a file with such columns, the one of ids among
// them, empty for none. One that is called as those of the score are, of an earlier
// scoring say, is told apart from them.
func newScoredShape(names []string, id string) *scoredShape {
	shape := &scoredShape{header: []string{cmp.Or(id, "row")}}
	for j, name := range names {
		if id != "" && features.SameName(name, id) {
			continue
		}
		if slices.Contains(scoreColumns, name) || name == shape.header[0] {
			name += " (file)"
		}
		shape.header, shape.fields = append(shape.header, csvguard.Cell(name)), append(shape.fields, j)
	}
	shape.header = append(shape.header, scoreColumns...)
	return shape
}

// row is a line of the file to download. What comes from the uploaded file is
// guarded.
func (f *scoredShape) row(id string, field func(j int) string, p segment.Prediction) []string {
	row := []string{csvguard.Cell(id)}
	for _, j := range f.fields {
		row = append(row, csvguard.Cell(field(j)))
	}
	margin := ""
	if p.Margin-p.Margin == 0 {
		margin = strconv.FormatFloat(p.Margin, 'g', 6, 64)
	}
	return append(row, strconv.Itoa(p.Cluster), csvguard.Cell(p.Tier), strconv.FormatFloat(p.Distance, 'g', 6, 64), margin, csvguard.Cell(program.Sentences(p.Warnings)))
}

// plain is an error of scoring without what only concerns the machine: where its
// files lie.
func (s *Service) plain(err error) string {
	var path *fs.PathError
	said := s.options.Says(err)
	switch {
	case said != "":
		return said
	case errors.Is(err, upload.ErrNoSpace):
		return "there is no room left on the server for the scored file; want a smaller file, or the same one later"
	case errors.Is(err, context.Canceled):
		return "the app ended before the file was scored; want the file again"
	case errors.As(err, &path):
		s.Log.Error("a file of an upload cannot be read or written", "error", err)
		return "the server cannot read or write its copy of the file, which its log tells more of"
	}
	return program.Plain(err)
}

// WriteTable writes a table as CSV in which a spreadsheet finds no formula.
func WriteTable(w io.Writer, t *features.Table) error {
	to := csv.NewWriter(csvguard.Writer(w, false, new(int)))
	if err := to.Write(t.ColumnNames()); err != nil {
		return err
	}
	row := make([]string, len(t.Columns()))
	for i := range t.Len() {
		for j := range row {
			row[j] = TextOf(t.Value(j, i))
		}
		if err := to.Write(row); err != nil {
			return err
		}
	}
	to.Flush()
	return to.Error()
}
