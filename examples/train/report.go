package main

import (
	"context"
	"io"
	"path/filepath"
	"strings"

	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
)

// tell writes the page for the manager, where one is asked for.
func (r *result) tell(ctx context.Context, stderr io.Writer) error {
	if r.Page == "" {
		return nil
	}
	told, err := report.New(ctx, r.Result, report.Options{
		Source: r.From,
		Choice: insight.SelectionOptions{
			MinK: r.MinK, MaxK: r.MostK(), Restarts: r.restarts,
			Progress: func(p insight.SelectionProgress) { program.Bar(stderr, p.Stage, p.Done, p.Total) },
		},
	})
	if err != nil {
		return err
	}
	page, err := told.Page(ctx)
	if err != nil {
		return err
	}
	if strings.EqualFold(filepath.Ext(r.Page), ".pdf") {
		return atomicfile.Write(r.Page, func(w io.Writer) error { return page.WritePDF(ctx, w) })
	}
	return atomicfile.Write(r.Page, page.Write)
}
