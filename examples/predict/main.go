// Predict gives the tier of one customer, or of every customer in a file, by
// a model that examples/train has made.
//
//	go run ./examples/predict -model out/model.json -income 58138 -age 57 -spent 1617 -tenure 28 -children 0 [-json]
//	go run ./examples/predict -model out/model.json -data FILE [-as-of YYYY-MM-DD] [-json] [-raw-csv]
//	go run ./examples/predict -db URL [-model FILE] [-as-of YYYY-MM-DD] [-json]
//	go run ./examples/predict -model out/model.json -sql postgres|sqlite [-table [SCHEMA.]NAME] [-keep COLUMNS]
//
// An income left out is imputed. A file gives CSV on standard output, or one
// JSON object a line; rows that cannot be read are left out and told on
// standard error. In CSV words that a spreadsheet would run as a formula, such as
// the name of a tier, get an apostrophe before; -raw-csv leaves them as they are.
//
// With -db the model is the active one of the database, unless -model names a
// file; without -data and values, every customer in the database is scored and
// the scores are written into its log; rows that are no customers are left out
// and told, as those of a file are. -sql prints the model as one SELECT over
// a table; -keep names the columns that its result has too, separated by commas.
// The default is id; -keep "" is for a table without one. -trust KEYFILE refuses a
// model file that nobody with a key there has signed, see examples/sign.
package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/examples/internal/program"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/csvguard"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

func main() { program.Main(run) }

type options struct {
	model, data, db, sql, table string
	asOf                        program.Day
	keep                        []string
	json, raw                   bool
	trust                       signature.Trust
	values                      map[string]float64 // by training column, as far as given
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{keep: []string{"id"}, values: map[string]float64{}}
	flags := flag.NewFlagSet("predict", flag.ContinueOnError)
	flags.StringVar(&o.model, "model", "", "model `FILE` (default out/model.json, or with -db the active model there)")
	flags.StringVar(&o.data, "data", "", "campaign `FILE` of customers")
	flags.StringVar(&o.db, "db", "", "database `URL`, postgres://… or sqlite:FILE")
	flags.Var(&o.asOf, "as-of", "`day` on which ages and tenures are counted, YYYY-MM-DD (default that of the model)")
	flags.StringVar(&o.sql, "sql", "", "print the model as SQL for `postgres` or sqlite")
	flags.StringVar(&o.table, "table", "customers_unencoded", "`name` of the table for -sql, or schema.table")
	flags.Func("keep", "`columns` of the table that the result of -sql has too, separated by commas (default id)", func(s string) error {
		o.keep = strings.FieldsFunc(s, func(r rune) bool { return r == ',' })
		return nil
	})
	flags.Var(&o.trust, "trust", "refuse a model file that has no signature by one of the public keys in `FILE` (see examples/sign)")
	flags.BoolVar(&o.json, "json", false, "print JSON")
	flags.BoolVar(&o.raw, "raw-csv", false, "write words into CSV as they are, also those that a spreadsheet would run as a formula")
	for _, name := range features.TrainingColumns {
		usage := "`" + name + "` of one customer"
		if unit := features.Units()[name]; unit != "" {
			usage += ", in " + unit
		}
		flags.Func(name, usage, func(s string) error {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				return fmt.Errorf("a number is needed")
			}
			o.values[name] = v
			return features.CheckValue(name, v)
		})
	}
	if err := program.Parse(flags, args, stderr); err != nil {
		return o, err
	}
	if o.sql != "" && o.sql != string(segment.Postgres) && o.sql != string(segment.SQLite) {
		return o, program.Usagef("-sql is %q; it must be postgres or sqlite", o.sql)
	}
	if o.sql != "" && !o.asOf.IsZero() {
		return o, program.Usagef("-as-of goes with customers to score; with -sql the table has their ages and tenures")
	}
	if o.trust.Given() && o.db != "" && o.model == "" {
		return o, program.Usagef("-trust goes with a model file, named by -model: the models in a database have no signatures")
	}
	if o.data != "" && len(o.values) > 0 {
		return o, program.Usagef("either -data or the values of one customer, not both")
	}
	if o.data != "" || o.sql != "" || o.db != "" && len(o.values) == 0 {
		return o, nil
	}
	var missing []string
	for _, name := range features.TrainingColumns {
		if _, ok := o.values[name]; !ok && name != "income" {
			missing = append(missing, "-"+name)
		}
	}
	if len(missing) > 0 {
		return o, program.Usagef("one customer needs %s as well (the income alone may be missing); a file of them is given by -data", strings.Join(missing, ", "))
	}
	return o, nil
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	var db *store.Store
	if o.db != "" {
		if db, err = store.Open(ctx, o.db, store.Options{}); err != nil {
			return err
		}
		defer db.Close()
	}
	var model *segment.Model
	info := store.ModelInfo{Name: program.ModelName}
	if db != nil && o.model == "" {
		model, info, err = db.LoadModel(ctx, program.ModelName, store.Active)
	} else {
		if o.model == "" {
			o.model = "out/model.json"
		}
		model, err = o.trust.Load(o.model)
	}
	if err != nil {
		return err
	}
	switch {
	case o.sql != "":
		return printSQL(model, o, stdout)
	case o.data != "":
		return predictFile(ctx, model, o, stdout, stderr)
	case len(o.values) > 0:
		return predictOne(model, o, stdout)
	}
	return scoreDatabase(ctx, db, model, info, o, stdout, stderr)
}

func predictOne(model *segment.Model, o options, stdout io.Writer) error {
	var row []float64
	for _, name := range model.Columns() {
		if !slices.Contains(features.TrainingColumns, name) {
			return fmt.Errorf("the model needs the column %s, for which there is no flag; give a file by -data", name)
		}
		v, ok := o.values[name]
		if !ok {
			v = math.NaN()
		}
		row = append(row, v)
	}
	p, err := model.Predict(row)
	if err != nil {
		return err
	}
	p.Warnings = append(p.Warnings, model.DayWarnings(o.asOf.Time)...)
	if o.json {
		return json.NewEncoder(stdout).Encode(p)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "This customer belongs to %s (cluster %d of %d): the distance from its centre is %.2f", p.Tier, p.Cluster, model.K(), p.Distance)
	if !math.IsInf(p.Margin, 0) {
		fmt.Fprintf(&b, ", and the next cluster is %.2f farther", p.Margin)
	}
	b.WriteString(".\n")
	for _, warning := range p.Warnings {
		fmt.Fprintf(&b, "Note: %s.\n", warning)
	}
	_, err = io.WriteString(stdout, b.String())
	return err
}

// predictFile streams the customers of a file through the model.
func predictFile(ctx context.Context, model *segment.Model, o options, stdout, stderr io.Writer) error {
	in, err := os.Open(o.data)
	if err != nil {
		return err
	}
	defer in.Close()
	reader := features.Read(in, features.ReadOptions{Name: o.data, Policy: features.Skip})
	out := bufio.NewWriterSize(stdout, 1<<16)
	guarded := 0
	write := writeCSV(csvguard.Writer(out, o.raw, &guarded))
	if o.json {
		write = writeJSON(out)
	}
	var sum segmentation.ScoreSummary
	with := segmentation.ScoreOptions{AsOf: features.AsOf(o.asOf.Time), Summary: &sum}
	for s, err := range segmentation.ScoreCustomers(ctx, model, reader.All(), with) {
		if err != nil {
			return err
		}
		if err := write(s.Customer.ID, s.Prediction); err != nil {
			return err
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, warning := range reader.Report().Warnings() {
		fmt.Fprintln(stderr, "Note: "+warning)
	}
	tellWarnings(stderr, sum.Warnings, sum.AsOf)
	if told := program.Guarded(guarded); told != "" {
		fmt.Fprintln(stderr, "Note: "+told)
	}
	return nil
}

// tellWarnings tells how many predictions are doubtful, and why.
func tellWarnings(w io.Writer, counts []segment.WarningCount, day time.Time) {
	for _, said := range program.Warnings(counts, day) {
		fmt.Fprintln(w, "Note: "+said)
	}
}

func writeCSV(w io.Writer) func(string, segment.Prediction) error {
	out := csv.NewWriter(w)
	record := []string{"id", "cluster", "tier", "distance", "margin", "warnings"}
	started := false
	return func(id string, p segment.Prediction) error {
		if !started {
			started = true
			if err := out.Write(record); err != nil {
				return err
			}
		}
		record[0], record[1], record[2] = id, strconv.Itoa(p.Cluster), p.Tier
		record[3], record[4] = strconv.FormatFloat(p.Distance, 'g', -1, 64), strconv.FormatFloat(p.Margin, 'g', -1, 64)
		record[5] = program.Sentences(p.Warnings)
		if err := out.Write(record); err != nil {
			return err
		}
		out.Flush()
		return out.Error()
	}
}

func writeJSON(w io.Writer) func(string, segment.Prediction) error {
	return func(id string, p segment.Prediction) error {
		name, err := json.Marshal(id)
		if err != nil {
			return err
		}
		prediction, err := p.MarshalJSON()
		if err == nil {
			_, err = fmt.Fprintf(w, "{\"id\":%s,%s\n", name, prediction[1:])
		}
		return err
	}
}
