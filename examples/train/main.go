// Train goes the whole way from a file of customers to named tiers: it reads,
// engineers, cleans, prepares, chooses the number of clusters, and writes the
// model and its tables.
//
//	go run ./examples/train [-data FILE] [-as-of YYYY-MM-DD] [-k N]
//	    [-min-k 2] [-max-k 10] [-restarts N] [-seed 1] [-max-age 100]
//	    [-max-income 120000] [-out out] [-db URL] [-report FILE] [-lists]
//	    [-json] [-raw-csv]
//	go run ./examples/train -data FILE [-describe-only] [-id COLUMN]
//	    [-columns A,B,…] [-value A,-B,…] [-describe A,B,…] [-kinds A=KIND,…]
//	    [-limits 'A>=18,A<=90,…']
//	    [-encoding NAME] [-sheet NAME] [-header-row N] [-log-above X|off]
//	    [-pca-above N|off] [-variance 0.9] [-unseen refuse|accept] …
//	go run ./examples/train -in-database -db URL [-table T] [-columns A,B,… -value A,-B,…]
//	go run ./examples/train -orders FILE [-order-columns customer=A,day=B,…] …
//
// Without -data it takes the bundled sample. The file may be text, a workbook
// (xlsx), Parquet or JSON, packed by gzip, zstd or zip: its content tells. A campaign
// file is recognised by its header. Of any other table it first tells what the
// columns were read as and what they serve for, which flags change; -describe-only
// ends there. Lines of orders are counted to customers with recency, frequency and
// monetary. Rows that cannot be read are left out, counted and told; where they are
// more than the others, the file is refused. With -report it also writes a page for
// the manager, HTML or PDF by the ending of the file: who the customers are, what they are worth and what to do, then the
// evidence and the doubts. With -lists it writes the customers of each tier into
// segments/TIER.csv and .xlsx in -out.
//
// What comes in and what comes out is kept in a database: once the training is
// done, the customers in its raw table, then the tables and the model. -db names it,
// postgres://… or sqlite:FILE; the default is the environment's DATABASE_URL,
// else a file in -out.
//
// Files are written for their owner alone (0600). In the CSV tables words that a
// spreadsheet would run as a formula get an apostrophe before; -raw-csv leaves
// them as they are. -sign KEYFILE writes a signature beside the model, see
// examples/sign.
package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/features/xlsx"
	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/internal/textreport"
	"github.com/customer-personality/segmentation/preprocess"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

func main() { program.Main(run) }

type options struct {
	data          *program.Data
	out           string
	url           string // of the database
	name          string // of the model there
	page          string
	describeOnly  bool
	lists         bool
	limits        *features.CleanOptions
	least, most   map[string]float64 // of columns of a table that is no campaign file
	preparation   *preprocess.Preparation
	prepared      func() bool // whether flags change it
	k, minK, maxK int
	restarts      int
	seed          uint64
	inside        *program.InDatabase
	json          bool
	raw           bool               // no guard against formulas in CSV
	key           ed25519.PrivateKey // signs the model; may be nil
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	given := false // whether -restarts is
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	o.data = program.Customers(flags, "`FILE` of customers or their orders in any form; the bundled sample by default",
		"`day` on which ages and tenures are counted, YYYY-MM-DD (default today; for the sample its own, for orders that of the last)")
	flags.BoolVar(&o.describeOnly, "describe-only", false, "tell what was found in the columns, and end")
	o.preparation, o.prepared = program.Preparation(flags)
	o.limits = program.Limits(flags)
	o.least, o.most = program.ColumnLimits(flags)
	flags.IntVar(&o.k, "k", 0, "number of clusters; 0 takes the knee")
	flags.IntVar(&o.minK, "min-k", 2, "least number of clusters to try")
	flags.IntVar(&o.maxK, "max-k", 10, "greatest number of clusters to try; where fewer customers differ, that many")
	flags.Func("restarts", "`number` of restarts for each number of clusters, each on all rows (default: the search is on a coarse picture of the rows, and its best results are improved on all of them, which is faster and as a rule finds better)", func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("a whole number is needed")
		}
		o.restarts, given = n, true
		return nil
	})
	flags.Uint64Var(&o.seed, "seed", 1, "seed of the random numbers")
	flags.StringVar(&o.out, "out", "out", "`folder` for the model and the tables")
	flags.StringVar(&o.url, "db", "", "database `URL`, postgres://… or sqlite:FILE; by default that in DATABASE_URL, else a file in -out")
	flags.StringVar(&o.name, "name", "", "`name` of the model in the database and, with suffixes, of the tables of a file that is no campaign (default "+program.ModelName+"; for such a file with its name behind)")
	flags.StringVar(&o.page, "report", "", "`file` for a page that tells the manager what came out, HTML, or a document where it ends with .pdf; none by default")
	o.inside = program.InDatabaseFlags(flags)
	flags.BoolVar(&o.lists, "lists", false, "write the customers of each tier into segments/TIER.csv and .xlsx in -out")
	flags.Func("sign", "sign the model by the private key in `FILE`, in model.json.sig beside it (see examples/sign)", func(path string) (err error) {
		o.key, err = signature.ReadKey(path)
		return err
	})
	flags.BoolVar(&o.json, "json", false, "print one JSON object and nothing else")
	flags.BoolVar(&o.raw, "raw-csv", false, "write words into CSV files as they are, also those that a spreadsheet would run as a formula")
	if err := program.Parse(flags, args, stderr); err != nil {
		return o, err
	}
	switch {
	case o.k < 0:
		return o, program.Usagef("-k is %d; it must be at least 1, or 0 for the knee", o.k)
	case o.minK < 1:
		return o, program.Usagef("-min-k is %d; it must be at least 1", o.minK)
	case o.maxK < o.minK:
		return o, program.Usagef("-max-k is %d; it must not be less than -min-k, %d", o.maxK, o.minK)
	case given && o.restarts < 1:
		return o, program.Usagef("-restarts is %d; it must be at least 1", o.restarts)
	case o.out == "":
		return o, program.Usagef("-out is empty; it names a folder")
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	if o.inside.On {
		return o.inside.Train(ctx, o.data, cmp.Or(o.url, os.Getenv("DATABASE_URL")), o.name, o.out, o.model(stderr), o.json, stdout)
	}
	read, err := o.data.Read(ctx)
	if err != nil {
		return err
	}
	if err := program.Unfit(read, *o.limits, len(o.least)+len(o.most) > 0, o.prepared()); err != nil {
		return err
	}
	if o.describeOnly && o.json {
		return textreport.WriteRoles(stdout, read)
	}
	if !o.json {
		if err := textreport.Describe(stdout, read, o.data.Source(), o.describeOnly); err != nil || o.describeOnly {
			return err
		}
	}
	r := &result{options: o, Training: textreport.Training{Source: read, From: o.data.Source(), MinK: o.minK, MaxK: o.maxK, Page: o.page}}
	r.name = cmp.Or(o.name, o.data.ModelName(read))
	r.ModelFile = r.path("model.json")
	if err := r.train(ctx, stderr); err != nil {
		return err
	}
	if o.json {
		return r.WriteJSON(stdout)
	}
	return r.Print(ctx, stdout)
}

// model returns the options of the training.
func (o *options) model(stderr io.Writer) segment.TrainOptions {
	return segment.TrainOptions{
		K: o.k, MinK: o.minK, MaxK: o.maxK, Restarts: o.restarts, Seed: o.seed, Least: o.least, Limits: o.most,
		Progress: func(p segment.Progress) { program.Bar(stderr, "sweeping", p.Done, p.Total) },
	}
}

// result is a training run.
type result struct {
	options
	textreport.Training
	db *store.Store
}

func (r *result) path(name string) string { return filepath.Join(r.out, name) }

// open opens the database.
func (r *result) open(ctx context.Context) (err error) {
	r.db, err = store.Open(ctx, cmp.Or(r.url, os.Getenv("DATABASE_URL"), "sqlite:"+r.path("segmentation.db")), store.Options{Migrate: true})
	return err
}

// train does the work. The file is read before anything is written; what comes to
// nothing later leaves no folder behind.
func (r *result) train(ctx context.Context, stderr io.Writer) (err error) {
	o := r.options
	_, missing := os.Stat(o.out)
	if err := os.MkdirAll(o.out, 0o700); err != nil {
		return err
	}
	defer func() {
		if err != nil && missing != nil {
			os.RemoveAll(o.out)
		}
	}()
	if err := r.open(ctx); err != nil {
		return err
	}
	defer r.db.Close()
	r.Result, err = segmentation.Train(ctx, r.Source.Table, r.Source.Options(segmentation.TrainOptions{
		Clean: *o.limits, Preparation: *o.preparation, Store: r.db, Name: r.name, Note: "trained on " + r.data.Source(),
		Model: o.model(stderr),
	}))
	if err != nil {
		return program.Remedy(err)
	}
	if err := r.Sum(ctx, r.db, r.name); err != nil {
		return err
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	return r.tell(ctx, stderr)
}

// write writes the tables and the model as files.
func (r *result) write(ctx context.Context) error {
	encoded, err := r.Encoded(ctx)
	if err != nil {
		return err
	}
	merged, err := r.Merged(ctx)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name  string
		table *features.Table
	}{{"unencoded.csv", r.Table}, {"encoded.csv", encoded.Table}, {"merged.csv", merged}} {
		if err := r.writeCSV(ctx, file.name, file.table); err != nil {
			return err
		}
	}
	if r.lists {
		if err := r.writeLists(ctx); err != nil {
			return err
		}
	}
	if err := r.Model.Save(r.ModelFile); err != nil || r.key == nil {
		return err
	}
	r.Signature = signature.Name(r.ModelFile)
	return signature.Sign(r.ModelFile, r.key)
}

// writeCSV writes a table as a file, guarded against formulas.
func (r *result) writeCSV(ctx context.Context, name string, t *features.Table) error {
	err := atomicfile.Write(r.path(name), func(w io.Writer) error { return t.WriteCSV(ctx, csvguard.Writer(w, r.raw, &r.Guarded)) })
	if err == nil {
		r.Tables = append(r.Tables, r.path(name))
	}
	return err
}

// writeLists writes the customers of each tier as CSV and as a workbook.
func (r *result) writeLists(ctx context.Context) error {
	if err := os.MkdirAll(r.path("segments"), 0o700); err != nil {
		return err
	}
	for _, tier := range r.Model.TierNames() {
		list, err := r.List(ctx, tier)
		if err != nil {
			return err
		}
		name := filepath.Join("segments", tier)
		if err := r.writeCSV(ctx, name+".csv", list); err != nil {
			return err
		}
		err = atomicfile.Write(r.path(name+".xlsx"), func(w io.Writer) error { return xlsx.Write(ctx, w, list, xlsx.WriteOptions{Sheet: tier}) })
		switch {
		case errors.Is(err, features.ErrLimit):
			r.Notes = append(r.Notes, fmt.Sprintf("there is no workbook of %s, only CSV: %s", tier, program.Plain(err)))
		case err != nil:
			return err
		default:
			r.Tables = append(r.Tables, r.path(name+".xlsx"))
		}
	}
	return nil
}
