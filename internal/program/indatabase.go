package program

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/store"
)

// InDatabase are the flags of a training inside a database.
type InDatabase struct {
	On    bool
	Table string
}

// InDatabaseFlags defines -in-database and -table.
func InDatabaseFlags(flags *flag.FlagSet) *InDatabase {
	d := new(InDatabase)
	flags.BoolVar(&d.On, "in-database", false, "train on -table inside the database -db: no row of a customer leaves it, nothing is cleaned, and the model is saved there and in -out")
	flags.StringVar(&d.Table, "table", "customers_unencoded", "`table` or view of -in-database")
	return d
}

// Train trains inside the database at a URL on the columns that the flags of data name,
// saves the model under a name there and as model.json in a folder, and tells about it.
func (d *InDatabase) Train(ctx context.Context, data *Data, url, name, folder string, o segment.TrainOptions, asJSON bool, out io.Writer) error {
	switch {
	case url == "":
		return Usagef("-in-database needs -db, the URL of the database")
	case data.Path != "":
		return Usagef("-in-database trains on -table, not on the file %s", data.Source())
	case len(o.Least)+len(o.Limits) > 0:
		return Usagef("-in-database leaves no row out: name a view in -table that does, in place of -limits")
	}
	o.Columns, o.Value, o.AsOf = data.Open.Roles.Features, nil, data.AsOf.Time
	for _, column := range data.Open.Roles.Value {
		column, less := strings.CutPrefix(column, "-")
		if o.Value = append(o.Value, column); less {
			o.Less = append(o.Less, column)
		}
	}
	if o.Columns != nil && o.Value == nil {
		return Usagef("-in-database with -columns needs -value, the columns that make a customer valuable")
	}
	db, err := store.Open(ctx, url, store.Options{Migrate: true})
	if err != nil {
		return err
	}
	defer db.Close()
	passes, tell := 0, o.Progress
	o.Progress = func(p segment.Progress) { passes = max(passes, p.Passes); tell(p) }
	m, err := segmentation.TrainInDatabase(ctx, d.Table, segmentation.TrainOptions{Model: o, Store: db, Name: name, Note: "trained on " + d.Table + " in the database"})
	if err != nil {
		return err
	}
	file := filepath.Join(folder, "model.json")
	if err := errors.Join(os.MkdirAll(folder, 0o700), m.Save(file)); err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(out).Encode(map[string]any{"rows": m.Rows(), "k": m.K(), "inertia": m.Inertia(), "passes": passes, "model": file, "tiers": m.Tiers()})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Trained on %d rows of %s inside the database, in %d passes of the sweep: %d clusters, inertia %.6g.\n\n", m.Rows(), d.Table, passes, m.K(), m.Inertia())
	for _, t := range m.Tiers() {
		fmt.Fprintf(&b, "%-10s %10.0f %6.1f%%\n", t.Name, t.Size, 100*t.Size/float64(m.Rows()))
	}
	fmt.Fprintf(&b, "\nThe model is the active one of %s, and in %s.\n", cmp.Or(name, ModelName), file)
	_, err = io.WriteString(out, b.String())
	return err
}
