// Predict gives the tier of one customer, or of every customer in a file, by
// a model that examples/train has made.
//
//	go run ./examples/predict -model out/model.json -income 58138 -age 57 -spent 1617 -tenure 28 -children 0 [-json]
//	go run ./examples/predict -model out/model.json -row 'Gender=Female,Age=40,…' [-json]
//	go run ./examples/predict -model out/model.json -data FILE [-keep COLUMNS] [-as-of YYYY-MM-DD] [-json] [-raw-csv]
//	go run ./examples/predict -db URL [-name NAME] [-model FILE] [-as-of YYYY-MM-DD] [-json]
//	go run ./examples/predict -model out/model.json -sql postgres|sqlite [-table [SCHEMA.]NAME] [-keep COLUMNS]
//
// An income left out is imputed, as is any value of -row that is left empty (Age=). A
// file may be text, a workbook (xlsx), Parquet or JSON, packed by gzip, zstd or zip, of
// customers or of their orders, or a table of a database by its URL; its columns are
// matched by name, without regard to case and blanks. It gives CSV on standard output:
// id, cluster, tier, distance, margin, warnings, and all columns of the file behind
// them; or one JSON object a line, with these columns as its row. -keep names those to
// keep, separated by commas; -keep "" keeps none. A column of the file that has a name
// of ours is called "tier (file)" and the like. Rows that cannot be read are left out
// and told on standard error. In CSV words that a spreadsheet would run as a formula,
// such as the name of a tier, get an apostrophe before; -raw-csv leaves them as they
// are. Customers are read in constant memory; their orders are counted first.
//
// With -db the model is the active one of the database, unless -model names a
// file; without -data and values, every customer in the database is scored and
// the scores are written into its log; rows that are no customers are left out
// and told, as those of a file are. A model of another table than a campaign file has
// a name, which -name says, and scores the table of that name. -sql prints the model
// as one SELECT over a table; -keep names the columns that its result has too. The
// default is the id; -keep "" is for a table without one. -trust KEYFILE refuses a
// model file that nobody with a key there has signed, see examples/sign.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/signature"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

func main() { program.Main(run) }

type options struct {
	model, db, name, sql, table string
	data                        *program.Data
	keep                        []string
	kept                        bool // whether keep is given
	json, raw                   bool
	trust                       signature.Trust
	values                      map[string]float64 // by training column, as far as given
	row                         map[string]string  // by column, where it is given
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{values: map[string]float64{}}
	flags := flag.NewFlagSet("predict", flag.ContinueOnError)
	flags.StringVar(&o.model, "model", "", "model `FILE` (default out/model.json, or with -db the active model there)")
	o.data = program.Files(flags, "`day` on which ages and tenures are counted, YYYY-MM-DD (default that of the model)")
	flags.StringVar(&o.data.Path, "data", "", "`FILE` of customers or their orders in any form, or the URL of a database with ?table=NAME")
	flags.StringVar(&o.db, "db", "", "database `URL`, postgres://… or sqlite:FILE")
	flags.StringVar(&o.name, "name", program.ModelName, "`name` of the model in the database")
	flags.StringVar(&o.sql, "sql", "", "print the model as SQL for `postgres` or sqlite")
	flags.StringVar(&o.table, "table", "", "`name` of the table for -sql, or schema.table (default customers_unencoded for a model of a campaign)")
	flags.Func("keep", "`columns` of the file that the result has too (default all), or of the table for -sql (default the id), separated by commas", func(s string) (err error) {
		if o.kept = true; s != "" {
			o.keep, err = program.Names(s)
		}
		return err
	})
	flags.Func("row", "values of one customer as `column=value`, separated by commas; an empty value is missing", func(s string) (err error) {
		o.row, err = program.Row(s)
		return err
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
	if o.sql != "" && !o.data.AsOf.IsZero() {
		return o, program.Usagef("-as-of goes with customers to score; with -sql the table has their ages and tenures")
	}
	if o.trust.Given() && o.db != "" && o.model == "" {
		return o, program.Usagef("-trust goes with a model file, named by -model: the models in a database have no signatures")
	}
	if o.data.Path != "" && len(o.values)+len(o.row) > 0 {
		return o, program.Usagef("either -data or the values of one customer, not both")
	}
	if len(o.values) > 0 && len(o.row) > 0 {
		return o, program.Usagef("either -row or a flag for each value, not both")
	}
	if o.data.Path != "" || o.sql != "" || len(o.row) > 0 || o.db != "" && len(o.values) == 0 {
		return o, nil
	}
	var missing []string
	for _, name := range features.TrainingColumns {
		if _, ok := o.values[name]; !ok && name != "income" {
			missing = append(missing, "-"+name)
		}
	}
	if len(missing) > 0 {
		return o, program.Usagef("one customer needs %s as well (the income alone may be missing); a file of them is given by -data, and a customer of another model by -row", strings.Join(missing, ", "))
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
	info := store.ModelInfo{Name: o.name}
	if db != nil && o.model == "" {
		model, info, err = db.LoadModel(ctx, o.name, store.Active)
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
	case o.data.Path != "":
		return predictFile(ctx, model, o, stdout, stderr)
	case len(o.row) > 0:
		return predictRow(model, o, stdout)
	case len(o.values) > 0:
		return predictOne(model, o, stdout)
	}
	return scoreDatabase(ctx, db, model, info, o, stdout, stderr)
}

func predictOne(model *segment.Model, o options, stdout io.Writer) error {
	var row []float64
	for _, name := range model.Columns() {
		if !slices.Contains(features.TrainingColumns, name) {
			return fmt.Errorf("the model needs the column %s, for which there is no flag; give the values by -row 'column=value,…', or a file by -data", name)
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
	return printOne(model, p, o, stdout)
}

// predictRow predicts the customer of -row.
func predictRow(model *segment.Model, o options, stdout io.Writer) error {
	words := model.Words()
	values := map[string]any{}
	for name, text := range o.row {
		column := slices.IndexFunc(model.Columns(), func(c string) bool { return features.SameName(c, name) })
		if column < 0 {
			return fmt.Errorf("the model has no column %q; want %s", name, strings.Join(model.Columns(), ", "))
		}
		name = model.Columns()[column]
		if values[name] = nil; text == "" {
			continue
		}
		if words[name] != nil {
			values[name] = text
			continue
		}
		v, err := strconv.ParseFloat(text, 64)
		switch strings.ToLower(text) {
		case "yes", "true":
			v, err = 1, nil
		case "no", "false":
			v, err = 0, nil
		}
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the value of %s is %q; want a number, such as 58138.5", name, text)
		}
		values[name] = v
	}
	p, err := model.PredictValues(values)
	if err != nil {
		return program.Remedy(err)
	}
	return printOne(model, p, o, stdout)
}

// printOne tells where one customer lies.
func printOne(model *segment.Model, p segment.Prediction, o options, stdout io.Writer) error {
	p.Warnings = append(p.Warnings, model.DayWarnings(o.data.AsOf.Time)...)
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
	_, err := io.WriteString(stdout, b.String())
	return err
}

// tellWarnings tells how many predictions are doubtful, and why.
func tellWarnings(w io.Writer, counts []segment.WarningCount, day time.Time) {
	for _, said := range program.Warnings(counts, day) {
		fmt.Fprintln(w, "Note: "+said)
	}
}
