// Command scale trains on customers wherever they are, and tells what that took: passes
// over the rows, rows per second, bytes that came to this process, and the tiers.
//
//	go -C examples/scale run . -source memory|stream|parquet|db|beam
//	    [-rows 1000000 | -data PATH | -db URL -table T] [-columns a,b,c -value a,-b]
//	    [-k N] [-tol 1e-4] [-check] [-json] [the runner's own flags]
//
// Without -data and -table it makes customers, as many as -rows says, and puts them where
// the source reads: into memory, a file of columns, Parquet files, a table of the database
// (of an SQLite file where there is no -db). -data is a file of customers in any form, or
// Parquet files: a file, a folder or a pattern. Behind the other flags come those of the
// runner of Apache Beam: --runner=flink --endpoint=localhost:8099, say; Prism runs in this
// process by default.
//
// -check trains in memory, too, from the same points that stand for the rows, and says
// where the two models differ; it then ends with status 1. -plain clusters the columns as they are, without imputing, scaling and
// components, -write FOLDER writes the rows behind the pipeline to Parquet files: both are
// there to compare with other programs, see proof.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/testdata"
)

type options struct {
	source, data, db, table, write string
	columns, value, less           []string
	rows, k                        int
	tol                            float64
	seed                           uint64
	check, json, plain             bool
	asOf                           time.Time
}

// campaign reports whether the columns are those of the campaign schema.
func (o *options) campaign() bool {
	return strings.Join(o.columns, ",") == strings.Join(features.TrainingColumns, ",")
}

// An answer is what is printed, as one line of JSON with -json.
type answer struct {
	Source        string  `json:"source"`
	Rows          int     `json:"rows"`
	K             int     `json:"k"`
	Inertia       float64 `json:"inertia"`
	Passes        int     `json:"passes"`
	Seconds       float64 `json:"seconds"`
	RowsPerSecond float64 `json:"rows_per_second"`
	BytesMoved    int64   `json:"bytes_moved"`
	PeakMB        float64 `json:"peak_mb"`
	Same          *bool   `json:"same,omitempty"` // with -check
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, flag.CommandLine, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// parse reads the flags, those of the runner of Beam among them.
func parse(flags *flag.FlagSet, args []string) (options, error) {
	o := options{asOf: testdata.AsOf}
	flags.StringVar(&o.source, "source", "stream", "`place` of the rows: memory, stream, parquet, db or beam")
	flags.IntVar(&o.rows, "rows", 1_000_000, "`number` of customers that are made")
	flags.StringVar(&o.data, "data", "", "`path` of a file of customers, or of Parquet files")
	flags.StringVar(&o.db, "db", "", "`URL` of a PostgreSQL, or path of an SQLite file")
	flags.StringVar(&o.table, "table", "", "`table` of the database")
	columns := flags.String("columns", strings.Join(features.TrainingColumns, ","), "`columns` to train on")
	value := flags.String("value", strings.Join(features.ValueColumns, ","), "`columns` that rank the clusters; a minus says that less is better")
	flags.IntVar(&o.k, "k", 0, "`number` of clusters (default the knee of 2…10)")
	flags.Float64Var(&o.tol, "tol", 0, "end once the centroids move less; 1e-4 needs fewer passes (default until they rest)")
	flags.Uint64Var(&o.seed, "seed", 1, "`seed` of customers and training")
	flags.BoolVar(&o.check, "check", false, "train in memory, too, and compare")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.plain, "plain", false, "cluster the columns as they are")
	flags.StringVar(&o.write, "write", "", "`folder` for the rows behind the pipeline, as Parquet")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.columns = strings.Split(*columns, ",")
	for _, name := range strings.Split(*value, ",") {
		name, less := strings.CutPrefix(name, "-")
		if o.value = append(o.value, name); less {
			o.less = append(o.less, name)
		}
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	case o.rows < 2:
		return o, fmt.Errorf("-rows is %d; want two customers at least", o.rows)
	case o.table != "" && (o.source != "db" || o.db == "" || o.data != ""):
		return o, errors.New("-table names a table of -db, for -source db, and goes without -data")
	case o.table == "" && o.db != "" && o.source != "db":
		return o, fmt.Errorf("-db is for -source db, not %s", o.source)
	}
	return o, nil
}

func run(ctx context.Context, flags *flag.FlagSet, args []string, out io.Writer) (err error) {
	o, err := parse(flags, args)
	if err != nil {
		return err
	}
	p, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	begun := time.Now()
	t, err := train(ctx, p.dataset, o)
	if err != nil {
		return err
	}
	a := answer{Source: o.source, Rows: t.rows, K: t.k, Inertia: t.inertia, Seconds: time.Since(begun).Seconds(), Passes: p.passes(), BytesMoved: p.moved(), PeakMB: peak()}
	a.RowsPerSecond = float64(a.Rows) / a.Seconds
	var differs []string
	if o.check {
		if differs, err = check(ctx, p, o, t); err != nil {
			return err
		}
		same := len(differs) == 0
		a.Same = &same
	}
	if o.write != "" {
		if err := writeTransformed(ctx, p, o, t); err != nil {
			return err
		}
	}
	if o.json {
		err = json.NewEncoder(out).Encode(a)
	} else {
		err = show(out, a, t, differs)
	}
	if err == nil && len(differs) > 0 {
		err = errors.New("the model is not that of the same rows in memory")
	}
	return err
}

// show prints the answer for people.
func show(out io.Writer, a answer, t trained, differs []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "source       %s\nrows         %s\nk            %d\ninertia      %.10g\npasses       %d\nseconds      %.2f\nrows/second  %s\nbytes moved  %s\npeak memory  %.0f MB\n",
		a.Source, thousands(a.Rows), a.K, a.Inertia, a.Passes, a.Seconds, thousands(int(a.RowsPerSecond)), thousands(int(a.BytesMoved)), a.PeakMB)
	if t.model != nil {
		fmt.Fprintf(&b, "\n%-10s %12s %7s\n", "tier", "customers", "share")
		for _, tier := range t.model.Tiers() {
			fmt.Fprintf(&b, "%-10s %12s %6.1f%%\n", tier.Name, thousands(int(tier.Size)), 100*tier.Size/float64(a.Rows))
		}
	}
	switch {
	case a.Same == nil:
	case *a.Same:
		b.WriteString("\nThe same to the bit as in memory.\n")
	default:
		b.WriteString("\nNot the same as in memory:\n  " + strings.Join(differs, "\n  ") + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// thousands writes a whole number in groups of three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// peak returns the most memory that this process had, in MB; 0 where nobody knows.
func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kB, _ := strconv.ParseFloat(number, 64)
	return kB * 1024 / 1e6
}

// trained is what came out: a model, or with -plain a clustering.
type trained struct {
	rows, k    int
	inertia    float64
	model      *segment.Model
	clustering *segment.Clustering
}
