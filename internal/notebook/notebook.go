// Package notebook runs the functions of a Go file as the cells of a notebook: it
// prints prose, code and result of each, and writes them as sections of a page and
// as a Jupyter notebook.
package notebook

import (
	"context"
	"errors"
	"fmt"
	"go/doc/comment"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/customer-personality/segmentation/segment/plots"
	"github.com/customer-personality/segmentation/segment/report"
)

// Run runs the cells of Go files, which are the functions steps, and prints them on w:
// all of one file, in its order, or those of several that the steps name. Each gets the
// analysis a, which cells leave to the next, and shows its results by an O, an
// interface of the methods Say, Table and Picture.
func Run[A, O any](ctx context.Context, w io.Writer, sources []string, steps []func(context.Context, *A, O) error, a *A) ([]Cell, error) {
	all, err := Cut(sources...)
	if err != nil {
		return nil, err
	}
	if len(sources) == 1 && len(all) != len(steps) {
		return nil, fmt.Errorf("the file has %d functions with a heading, and %d are run: list every cell in the order of the file", len(all), len(steps))
	}
	cells := make([]Cell, len(steps))
	for i, step := range steps {
		name := functionName(step)
		at := slices.IndexFunc(all, func(c Cell) bool { return c.Name == name })
		switch {
		case at < 0:
			return nil, fmt.Errorf("%s is run, and no function with a heading has that name", name)
		case len(sources) == 1 && at != i:
			return nil, fmt.Errorf("cell %d of the file is %s, and %s is run: list the cells in the order of the file", i+1, all[i].Name, name)
		}
		cells[i] = all[at]
	}
	for i, step := range steps {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		cells[i].print(w, i+1)
		if err := step(ctx, a, any(&recorder{&cells[i], w}).(O)); err != nil {
			return nil, fmt.Errorf("cell %d, %s: %w", i+1, cells[i].Title, err)
		}
	}
	return cells, nil
}

// Sections returns the cells as sections of a page.
func Sections(cells []Cell) []report.Section {
	var out []report.Section
	for i, c := range cells {
		out = append(out, report.Section{
			ID: c.Name, Title: c.Title, Number: i + 1, Lead: template.HTML(new(comment.Printer).HTML(c.prose)),
			Blocks: append([]report.Block{{Code: c.Code}}, c.results...),
		})
	}
	return out
}

// recorder shows results on a terminal and keeps them with their cell.
type recorder struct {
	cell *Cell
	w    io.Writer
}

func (r *recorder) Say(format string, args ...any) {
	text := lines(fmt.Sprintf(format, args...))
	for _, line := range text {
		fmt.Fprintln(r.w, wrap(line, "  "))
	}
	if n := len(r.cell.results); n > 0 && r.cell.results[n-1].Text != nil {
		r.cell.results[n-1].Text = append(r.cell.results[n-1].Text, text...)
		return
	}
	r.cell.results = append(r.cell.results, report.Block{Text: text})
}

func (r *recorder) Table(head []string, rows [][]string) {
	fmt.Fprintln(r.w)
	fmt.Fprintf(r.w, "%s\n\n", align(head, rows, "  "))
	r.cell.results = append(r.cell.results, report.Block{Head: head, Rows: rows})
}

func (r *recorder) Picture(f *plots.Figure, err error) error {
	if errors.Is(err, plots.ErrInput) {
		r.Say("A picture cannot be drawn of this data: %s.", strings.TrimPrefix(err.Error(), plots.ErrInput.Error()+": "))
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(r.w)
	fmt.Fprintln(r.w, wrap(fmt.Sprintf("[Picture: %s: %s]", strings.TrimRight(f.Title, "?"), f.Alt), "  "))
	r.cell.results = append(r.cell.results, report.Block{Figure: f})
	return nil
}
