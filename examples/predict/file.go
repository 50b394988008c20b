package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/textreport"
	"github.com/customer-personality/segmentation/segment"
)

// predictFile sends the customers of a file through the model, block by block.
func predictFile(ctx context.Context, model *segment.Model, o options, stdout, stderr io.Writer) error {
	out := bufio.NewWriterSize(stdout, 1<<16)
	guarded := 0
	scores := textreport.Scores{Keep: o.keep, Chosen: o.kept}
	write := scores.CSV(ctx, csvguard.Writer(out, o.raw, &guarded))
	if o.json {
		write = scores.JSON(out)
	}
	var sum segmentation.ScoreSummary
	results, err := score(ctx, model, o, &sum)
	if err != nil {
		return err
	}
	for r, err := range results {
		if err != nil {
			return program.Remedy(err)
		}
		if err := write(r); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, warning := range sum.Told {
		fmt.Fprintln(stderr, "Note: "+warning)
	}
	tellWarnings(stderr, sum.Warnings, sum.AsOf)
	if told := program.Guarded(guarded); told != "" {
		fmt.Fprintln(stderr, "Note: "+told)
	}
	return nil
}

// score returns the results of a file, or of a table of a database.
func score(ctx context.Context, model *segment.Model, o options, sum *segmentation.ScoreSummary) (iter.Seq2[*segmentation.Result, error], error) {
	open := o.data.Open
	open.Read.Name = o.data.Source()
	with := segmentation.ScoreOptions{AsOf: features.AsOf(o.data.AsOf.Time), Open: open, Summary: sum}
	if !o.data.IsURL() {
		if !o.data.AsOf.IsZero() {
			with.Open.Read.AsOf = with.AsOf
		}
		f, err := os.Open(o.data.Path)
		if err != nil {
			return nil, err
		}
		return func(yield func(*segmentation.Result, error) bool) {
			defer f.Close()
			segmentation.ScoreReader(ctx, model, f, with)(yield)
		}, nil
	}
	return func(yield func(*segmentation.Result, error) bool) {
		var report features.TableReport
		var told []string
		open.Read.AsOf = features.AsOf(o.data.AsOf.Time)
		tables := func(yield func(*features.Table, error) bool) {
			for source, err := range segmentation.OpenTables(ctx, o.data.Tables(ctx, &report), open) {
				if told = append(told, source.Told...); !yield(source.Table, err) {
					return
				}
			}
		}
		segmentation.ScoreTables(ctx, model, tables, with)(yield)
		sum.Told = slices.Concat(report.Warnings(), told, sum.Told)
	}, nil
}
