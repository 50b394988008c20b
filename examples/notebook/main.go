// Notebook walks through the whole analysis as a notebook does, in numbered
// cells of prose, code and result: load, look, engineer, clean, encode,
// correlate, scale, reduce, choose k, cluster, name, profile, explain one
// customer, compare with a second run. A table that is no campaign file has cells of
// its own: open, roles, look, correlate, prepare, and on.
//
//	go run ./examples/notebook [-data FILE] [-as-of YYYY-MM-DD] [-max-age 100]
//	    [-max-income 120000] [-out out]
//	go run ./examples/notebook -data FILE [-id COLUMN] [-columns A,B,…]
//	    [-value A,-B,…] [-describe A,B,…] [-kinds A=KIND,…] [-orders FILE] …
//
// It prints to the terminal and writes notebook.html, one page with its pictures
// inside, and notebook.ipynb, a Jupyter notebook that runs under GoNB. The cells
// are the functions of cells.go and tablecells.go, and the code that is shown is theirs: change a
// line and run it again.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/notebook"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
	"github.com/customer-personality/segmentation/testdata"
)

func main() { program.Main(run) }

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

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var a analysis
	var out string
	flags := flag.NewFlagSet("notebook", flag.ContinueOnError)
	data := program.Customers(flags, "`FILE` of customers or their orders in any form; the bundled sample by default",
		"`day` on which ages and tenures are counted, YYYY-MM-DD (default today; for the sample its own, for orders that of the last)")
	limits := program.Limits(flags)
	flags.StringVar(&out, "out", "out", "`folder` for notebook.html and notebook.ipynb")
	if err := program.Parse(flags, args, stderr); err != nil {
		return err
	}
	if out == "" {
		return program.Usagef("-out is empty; it names a folder")
	}
	a.file, a.limits = data.Path, *limits
	if a.asOf = data.AsOf.Time; a.file == "" && a.asOf.IsZero() {
		a.asOf = testdata.AsOf
	}
	sources, steps, setup, err := kind(ctx, data, &a)
	if err != nil {
		return err
	}
	cells, err := notebook.Run(ctx, stdout, sources, steps, &a)
	if err != nil {
		return program.Because(err, a.dropped)
	}
	page, err := page(ctx, &a, cells)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"notebook.html", page.Write},
		{"notebook.ipynb", func(w io.Writer) error { return notebook.WriteJupyter(w, sources, about, setup, cells) }},
	} {
		path := filepath.Join(out, file.name)
		if err := atomicfile.Write(path, file.write); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s\n", path)
	}
	return nil
}

// kind returns the cells for the file: those of a campaign file in text, or those of any
// table, which is read then.
func kind(ctx context.Context, data *program.Data, a *analysis) ([]string, []func(context.Context, *analysis, output) error, string, error) {
	if data.Path == "" {
		return []string{source}, steps, setup, nil
	}
	read, err := data.Read(ctx)
	if read != nil && read.Campaign && read.Form == "text" && (err != nil || read.Engineered()) {
		return []string{source}, steps, setup, nil // whose first cell reads it, or fails
	}
	if err != nil {
		return nil, nil, "", fmt.Errorf("cell 1, Open: %w", err)
	}
	a.given, a.open = read, data.Open
	if !read.Campaign {
		if err := program.Unfit(read, a.limits, false); err != nil {
			return nil, nil, "", err
		}
	}
	if a.file = data.Source(); !data.IsURL() {
		if a.file, err = filepath.Abs(data.Path); err != nil {
			return nil, nil, "", err
		}
	}
	set := strings.Replace(setup, `var data = ""`, fmt.Sprintf("var data = %q", a.file), 1)
	set = strings.Replace(set, "a := &analysis{file: data}", "a := &analysis{file: data, open: "+openOptions(data.Open, data.AsOf.Time)+"}", 1)
	return []string{source, tableSource}, tableSteps, set, nil
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

// page makes the HTML page: the answer that a manager looks for, then the cells.
func page(ctx context.Context, a *analysis, cells []notebook.Cell) (*report.Page, error) {
	table := a.clean
	if a.given != nil {
		table = a.table
	}
	result, err := segmentation.Score(ctx, a.model, table, segmentation.ScoreOptions{})
	if err != nil {
		return nil, err
	}
	result.Roles = a.roles
	told, err := report.New(ctx, result, report.Options{
		Source: a.source(),
		Choice: insight.SelectionOptions{MinK: a.model.K(), MaxK: a.model.K()}, // the cells tell of the others
	})
	if err != nil {
		return nil, err
	}
	p := told.Front()
	p.Kicker = "Notebook: customer segmentation"
	p.Facts = append(p.Facts, fmt.Sprintf("%d cells, run in order", len(cells)))
	p.Sections = notebook.Sections(cells)
	return p, nil
}

// source says where the customers come from.
func (a *analysis) source() string {
	if a.file == "" {
		return "the bundled sample"
	}
	return filepath.Base(a.file)
}
