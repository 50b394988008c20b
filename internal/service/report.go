package service

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
	"weak"

	"github.com/customer-personality/segmentation/internal/snapshot"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
)

// ErrReporting means that a report is being written, and others wait.
var ErrReporting = errors.New("a report is being written")

const (
	// mostResampled is the number of customers above which a report does not compare
	// the numbers of clusters on resamples, with which 20,000 take 25 seconds of a core.
	mostResampled = 20_000
	// reportDay is how days are written in a report.
	reportDay = "2 January 2006"
)

// A writtenReport is the last one, which is kept; the customers are not for its sake.
type writtenReport struct {
	of   weak.Pointer[snapshot.Snapshot]
	day  string
	data []byte
}

// Report returns the report on a dataset as PDF, in English. One is written at a time:
// who waits longer than [WorkFor] gets [ErrReporting]. It ends when ctx does.
func (s *Service) Report(ctx context.Context, d *Dataset, snap *snapshot.Snapshot) ([]byte, error) {
	select {
	case s.reporting <- struct{}{}:
		defer func() { <-s.reporting }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-time.After(WorkFor):
		return nil, ErrReporting
	}
	day := time.Now().Format(reportDay)
	if s.lastReport.of == weak.Make(snap) && s.lastReport.day == day {
		return s.lastReport.data, nil
	}
	o := report.Options{Facts: []string{
		"data: " + cmp.Or(d.Name, "the customers in the database"), fmt.Sprintf("model version %d", snap.Version), "written on " + day,
	}}
	if snap.Set.Len() > mostResampled {
		o.Choice = insight.SelectionOptions{References: -1, Resamples: -1}
	}
	r, err := report.New(ctx, snap.Customers, o)
	if err != nil {
		return nil, err
	}
	page, err := r.Page(ctx)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := page.WritePDF(ctx, &b); err != nil {
		return nil, err
	}
	s.lastReport = writtenReport{weak.Make(snap), day, b.Bytes()}
	return b.Bytes(), nil
}
