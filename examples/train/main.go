// Train goes the whole way from a campaign file to named tiers: it reads,
// engineers, cleans, prepares, chooses the number of clusters, and writes the
// model and its tables.
//
//	go run ./examples/train [-data FILE] [-as-of YYYY-MM-DD] [-k N]
//	    [-min-k 2] [-max-k 10] [-restarts N] [-seed 1] [-max-age 100]
//	    [-max-income 120000] [-out out] [-db URL] [-report FILE.html] [-json]
//	    [-raw-csv]
//
// Without -data it takes the bundled sample. Rows that cannot be read are left
// out, counted and told; where they are more than the others, the file is
// refused. With -report it also writes a page for the manager: who the
// customers are, what they are worth and what to do, then the evidence and the
// doubts.
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
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/atomicfile"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

func main() { program.Main(run) }

type options struct {
	data, out     string
	url           string // of the database
	page          string
	asOf          program.Day
	limits        *features.CleanOptions
	k, minK, maxK int
	restarts      int
	seed          uint64
	json          bool
	raw           bool               // no guard against formulas in CSV
	key           ed25519.PrivateKey // signs the model; may be nil
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	given := false // whether -restarts is
	flags := flag.NewFlagSet("train", flag.ContinueOnError)
	flags.StringVar(&o.data, "data", "", "campaign `FILE`; the bundled sample by default")
	flags.Var(&o.asOf, "as-of", "`day` on which ages and tenures are counted, YYYY-MM-DD (default today; for the sample its own)")
	o.limits = program.Limits(flags)
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
	flags.StringVar(&o.page, "report", "", "HTML `file` for a page that tells the manager what came out; none by default")
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
	r, err := train(ctx, o, stderr)
	if err != nil {
		return err
	}
	if o.json {
		return json.NewEncoder(stdout).Encode(r.summary())
	}
	return r.print(stdout)
}

// result is a training run, as far as it is told.
type result struct {
	options
	*segmentation.Result
	source  string
	tables  []string
	db      *store.Store
	saved   store.Summary
	guarded int // cells of the CSV files
}

func (r *result) path(name string) string { return filepath.Join(r.out, name) }

// open opens the database.
func (r *result) open(ctx context.Context) (err error) {
	r.db, err = store.Open(ctx, cmp.Or(r.url, os.Getenv("DATABASE_URL"), "sqlite:"+r.path("segmentation.db")), store.Options{Migrate: true})
	return err
}

// train does the work. The file is read before anything is written; what comes to
// nothing later leaves no folder behind.
func train(ctx context.Context, o options, stderr io.Writer) (r *result, err error) {
	r = &result{options: o, source: cmp.Or(o.data, "the bundled sample")}
	table, report, err := program.Read(ctx, o.data, o.asOf.Time)
	if err != nil {
		return nil, err
	}
	_, missing := os.Stat(o.out)
	if err := os.MkdirAll(o.out, 0o700); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil && missing != nil {
			os.RemoveAll(o.out)
		}
	}()
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	defer r.db.Close()
	r.Result, err = segmentation.Train(ctx, table, segmentation.TrainOptions{
		Report: report, Clean: *o.limits, Store: r.db, Name: program.ModelName, Note: "trained on " + r.source,
		Model: segment.TrainOptions{
			K: o.k, MinK: o.minK, MaxK: o.maxK, Restarts: o.restarts, Seed: o.seed,
			Progress: func(p segment.Progress) { program.Bar(stderr, "sweeping", p.Done, p.Total) },
		},
	})
	if err != nil {
		return nil, program.Remedy(err)
	}
	if r.saved, err = r.db.Summary(ctx, program.ModelName); err != nil {
		return nil, err
	}
	if err := r.write(); err != nil {
		return nil, err
	}
	return r, r.tell(ctx, stderr)
}

// write writes the tables and the model as files.
func (r *result) write() error {
	encoded, err := r.Encoded()
	if err != nil {
		return err
	}
	merged, err := r.Merged()
	if err != nil {
		return err
	}
	for _, table := range []struct {
		name  string
		write func(io.Writer) error
	}{{"unencoded.csv", r.Table.WriteCSV}, {"encoded.csv", encoded.WriteCSV}, {"merged.csv", merged.WriteCSV}} {
		if err := atomicfile.Write(r.path(table.name), func(w io.Writer) error { return table.write(csvguard.Writer(w, r.raw, &r.guarded)) }); err != nil {
			return err
		}
		r.tables = append(r.tables, r.path(table.name))
	}
	if err := r.Model.Save(r.path("model.json")); err != nil || r.key == nil {
		return err
	}
	return signature.Sign(r.path("model.json"), r.key)
}
