// Package walkthrough is a whole analysis of customers as the cells of a notebook: the
// functions of cells.go, for a campaign file, and tablecells.go, for any other table.
package walkthrough

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/notebook"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
	"github.com/customer-personality/segmentation/testdata"
)

//go:embed cells.go
var source string

//go:embed tablecells.go
var tableSource string

// setup is what the cells need under GoNB, see [notebook.WriteJupyter].
//
//go:embed gonb.txt
var setup string

const about = `# Customer segmentation, step by step

The cells run in [GoNB](https://github.com/janpfeifer/gonb), a Go kernel for Jupyter: run the next two cells once, then
any other. GoNB keeps declarations from cell to cell and no values, so each cell names the ones that it builds on and
runs them again, in silence.`

// steps are the cells in order.
var steps = []func(context.Context, *analysis, output) error{
	load, look, engineer, clean, encode, correlate, scale, reduce, choose, cluster, name, profile, explain, compare,
}

// tableSteps are those of a table that is no campaign file.
var tableSteps = []func(context.Context, *analysis, output) error{
	open, roles, lookAround, correlateNumbers, prepare, choose, cluster, nameByValue, profileSegments, explainCustomer, compare,
}

// Options say what is analysed.
type Options struct {
	Path   string                   // of the file, or what stands for it in the notebook; the bundled sample where it is empty
	AsOf   time.Time                // day on which ages and tenures are counted; today where it is zero, for the sample its own
	Limits features.CleanOptions    // of cleaning a campaign file
	Source *segmentation.Source     // what the file holds; nil for a campaign file in text, which the first cell reads
	Open   segmentation.OpenOptions // how Source was read
}

// A Notebook is the cells that were run.
type Notebook struct {
	a       analysis
	sources []string
	setup   string
	cells   []notebook.Cell
}

// Run runs the cells for a file and prints them on w. What cleaning dropped is in the
// notebook behind an error, too.
func Run(ctx context.Context, w io.Writer, o Options) (*Notebook, error) {
	n := &Notebook{
		a:       analysis{file: o.Path, asOf: o.AsOf, limits: o.Limits},
		sources: []string{source}, setup: setup,
	}
	if n.a.file == "" && n.a.asOf.IsZero() {
		n.a.asOf = testdata.AsOf
	}
	run := steps
	if o.Source != nil {
		n.a.given, n.a.open = o.Source, o.Open
		n.sources, run = []string{source, tableSource}, tableSteps
		n.setup = strings.Replace(n.setup, `var data = ""`, fmt.Sprintf("var data = %q", n.a.file), 1)
		n.setup = strings.Replace(n.setup, "a := &analysis{file: data}", "a := &analysis{file: data, open: "+openOptions(o.Open, o.AsOf)+"}", 1)
	}
	var err error
	n.cells, err = notebook.Run(ctx, w, n.sources, run, &n.a)
	return n, err
}

// openOptions returns the options as Go code.
func openOptions(o segmentation.OpenOptions, asOf time.Time) string {
	day := ""
	if !asOf.IsZero() {
		day = fmt.Sprintf(", AsOf: features.AsOf(time.Date(%d, %d, %d, 0, 0, 0, 0, time.UTC))", asOf.Year(), asOf.Month(), asOf.Day())
	}
	return fmt.Sprintf("segmentation.OpenOptions{Read: features.ReadOptions{Policy: features.Skip%s}, Encoding: %q, Sheet: %q, HeaderRow: %d, Kinds: %#v, Roles: %#v, Orders: %d, OrderOption: features.RFMOptions{Columns: %#v}}",
		day, o.Encoding, o.Sheet, o.HeaderRow, o.Kinds, o.Roles, o.Orders, o.OrderOption.Columns)
}

// Dropped is what cleaning dropped.
func (n *Notebook) Dropped() features.Dropped { return n.a.dropped }

// WriteJupyter writes the cells as a Jupyter notebook with their results.
func (n *Notebook) WriteJupyter(w io.Writer) error {
	return notebook.WriteJupyter(w, n.sources, about, n.setup, n.cells)
}

// Page returns an HTML page: the answer that a manager looks for, then the cells.
func (n *Notebook) Page(ctx context.Context) (*report.Page, error) {
	a := &n.a
	table := a.clean
	if a.given != nil {
		table = a.table
	}
	result, err := segmentation.Score(ctx, a.model, table, segmentation.ScoreOptions{})
	if err != nil {
		return nil, err
	}
	result.Roles = a.roles
	from := "the bundled sample"
	if a.file != "" {
		from = filepath.Base(a.file)
	}
	told, err := report.New(ctx, result, report.Options{
		Source: from,
		Choice: insight.SelectionOptions{MinK: a.model.K(), MaxK: a.model.K()}, // the cells tell of the others
	})
	if err != nil {
		return nil, err
	}
	p := told.Front()
	p.Kicker = "Notebook: customer segmentation"
	p.Facts = append(p.Facts, fmt.Sprintf("%d cells, run in order", len(n.cells)))
	p.Sections = notebook.Sections(n.cells)
	return p, nil
}
