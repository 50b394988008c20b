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
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/report"
	"github.com/customer-personality/segmentation/testdata"
)

func main() { program.Main(run) }

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
	cells, err := cut(source)
	if err != nil {
		return err
	}
	if len(cells) != len(steps) {
		return fmt.Errorf("cells.go has %d functions with a heading, and %d are run: list every cell in steps, in the order of the file", len(cells), len(steps))
	}
	for i, step := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if name := functionName(step); name != cells[i].name {
			return fmt.Errorf("cell %d of cells.go is %s, and %s is run: list the cells in the order of the file", i+1, cells[i].name, name)
		}
		cells[i].print(stdout, i+1)
		if err := step(ctx, &a, &recorder{cell: &cells[i], w: stdout}); err != nil {
			return program.Because(fmt.Errorf("cell %d, %s: %w", i+1, cells[i].title, err), a.dropped)
		}
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
		{"notebook.ipynb", func(w io.Writer) error { return writeJupyter(w, cells) }},
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
func page(ctx context.Context, a *analysis, cells []cell) (*report.Page, error) {
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
	for i, c := range cells {
		s := report.Section{ID: c.name, Title: c.title, Number: i + 1, Lead: c.html()}
		s.Blocks = append(s.Blocks, report.Block{Code: c.code})
		for _, r := range c.results {
			s.Blocks = append(s.Blocks, report.Block{Text: r.said, Head: r.head, Rows: r.rows, Figure: r.figure})
		}
		p.Sections = append(p.Sections, s)
	}
	return p, nil
}

// source says where the customers come from.
func (a *analysis) source() string {
	if a.file == "" {
		return "the bundled sample"
	}
	return filepath.Base(a.file)
}

// result is one thing that a cell showed.
type result struct {
	said   []string
	head   []string
	rows   [][]string
	figure *plots.Figure
}

// recorder shows results on a terminal and keeps them with their cell.
type recorder struct {
	cell *cell
	w    io.Writer
}

func (r *recorder) Say(format string, args ...any) {
	text := lines(fmt.Sprintf(format, args...))
	for _, line := range text {
		fmt.Fprintln(r.w, wrap(line, "  "))
	}
	if n := len(r.cell.results); n > 0 && r.cell.results[n-1].said != nil {
		r.cell.results[n-1].said = append(r.cell.results[n-1].said, text...)
		return
	}
	r.cell.results = append(r.cell.results, result{said: text})
}

func (r *recorder) Table(head []string, rows [][]string) {
	fmt.Fprintln(r.w)
	fmt.Fprintf(r.w, "%s\n\n", align(head, rows, "  "))
	r.cell.results = append(r.cell.results, result{head: head, rows: rows})
}

func (r *recorder) Picture(f *plots.Figure, err error) error {
	if errors.Is(err, plots.ErrInput) {
		r.Say("A picture cannot be drawn of this data: %s.", strings.TrimPrefix(program.Plain(err), "cannot draw: "))
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(r.w)
	fmt.Fprintln(r.w, wrap(fmt.Sprintf("[Picture: %s: %s]", strings.TrimRight(f.Title, "?"), f.Alt), "  "))
	r.cell.results = append(r.cell.results, result{figure: f})
	return nil
}
