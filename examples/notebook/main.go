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
// are the functions of internal/walkthrough, and the code that is shown is theirs: change
// a line of cells.go or tablecells.go there and run it again.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/walkthrough"
)

func main() { program.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
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
	source, err := read(ctx, data, *limits)
	if err != nil {
		return err
	}
	path := data.Path
	switch {
	case data.IsURL():
		path = data.Source() // without a password
	case source != nil:
		if path, err = filepath.Abs(path); err != nil {
			return err
		}
	}
	n, err := walkthrough.Run(ctx, stdout, walkthrough.Options{Path: path, AsOf: data.AsOf.Time, Limits: *limits, Source: source, Open: data.Open})
	if err != nil {
		return program.Because(err, n.Dropped())
	}
	page, err := n.Page(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{{"notebook.html", page.Write}, {"notebook.ipynb", n.WriteJupyter}} {
		path := filepath.Join(out, file.name)
		if err := atomicfile.Write(path, file.write); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s\n", path)
	}
	return nil
}

// read returns what a file holds; nil for a campaign file in text, which the first cell
// reads, or fails to.
func read(ctx context.Context, data *program.Data, limits features.CleanOptions) (*segmentation.Source, error) {
	if data.Path == "" {
		return nil, nil
	}
	source, err := data.Read(ctx)
	if source != nil && source.Campaign && source.Form == "text" && (err != nil || source.Engineered()) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cell 1, Open: %w", err)
	}
	if source.Campaign {
		return source, nil
	}
	return source, program.Unfit(source, limits, false, false)
}
