// Notebook walks through the whole analysis as a notebook does, in numbered
// cells of prose, code and result: load, look, engineer, clean, encode,
// correlate, scale, reduce, choose k, cluster, name, profile, explain one
// customer, compare with a second run.
//
//	go run ./examples/notebook [-data FILE] [-as-of YYYY-MM-DD] [-max-age 100]
//	    [-max-income 120000] [-out out]
//
// It prints to the terminal and writes notebook.html, one page with its pictures
// inside, and notebook.ipynb, a Jupyter notebook that runs under GoNB. The cells
// are the functions of cells.go, and the code that is shown is theirs: change a
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

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var a analysis
	var asOf program.Day
	var out string
	flags := flag.NewFlagSet("notebook", flag.ContinueOnError)
	flags.StringVar(&a.file, "data", "", "campaign `FILE`; the bundled sample by default")
	flags.Var(&asOf, "as-of", "`day` on which ages and tenures are counted, YYYY-MM-DD (default today; for the sample its own)")
	limits := program.Limits(flags)
	flags.StringVar(&out, "out", "out", "`folder` for notebook.html and notebook.ipynb")
	if err := program.Parse(flags, args, stderr); err != nil {
		return err
	}
	if out == "" {
		return program.Usagef("-out is empty; it names a folder")
	}
	a.limits = *limits
	if a.asOf = asOf.Time; a.file == "" && a.asOf.IsZero() {
		a.asOf = testdata.AsOf
	}
	cells, err := notebook.Run(ctx, stdout, source, steps, &a)
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
		{"notebook.ipynb", func(w io.Writer) error { return notebook.WriteJupyter(w, source, about, setup, cells) }},
	} {
		path := filepath.Join(out, file.name)
		if err := atomicfile.Write(path, file.write); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s\n", path)
	}
	return nil
}

// page makes the HTML page: the answer that a manager looks for, then the cells.
func page(ctx context.Context, a *analysis, cells []notebook.Cell) (*report.Page, error) {
	result, err := segmentation.Score(ctx, a.model, a.clean, segmentation.ScoreOptions{})
	if err != nil {
		return nil, err
	}
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
