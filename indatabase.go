package segmentation

import (
	"context"
	"errors"
	"fmt"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/sqlsource"
	"github.com/customer-personality/segmentation/store"
)

// TrainInDatabase trains on a table or view of o.Store without any row leaving the
// database, see package [sqlsource], and saves the model there, which becomes the active
// one. Of o it takes Model, Store, Name and Note. Columns are those of a campaign by
// default, as in the table that a training of a campaign file has left, customers_unencoded;
// the tables of results stay as they are. In PostgreSQL all is read from one snapshot. Every
// row is trained on: a view leaves out those beyond a limit.
//
// Errors: store.ErrOption without a store; segment.ErrOption for Limits or Least of o.Model;
// those of [sqlsource.Open] and [segment.TrainOn], and of Store.SaveModel.
func TrainInDatabase(ctx context.Context, table string, o TrainOptions) (m *segment.Model, err error) {
	if o.Store == nil {
		return nil, fmt.Errorf("%w: TrainInDatabase needs a Store", store.ErrOption)
	}
	if len(o.Model.Limits)+len(o.Model.Least) > 0 {
		return nil, fmt.Errorf("%w: Model.Limits and Model.Least leave out no row of a table, and a model must not remember limits that did not hold; want neither, and a view of the rows within them", segment.ErrOption)
	}
	if o.Model.Columns == nil {
		o.Model.Columns, o.Model.Units = features.TrainingColumns, features.Units()
	}
	if o.Model.Value == nil {
		o.Model.Value = features.ValueColumns
	}
	var db sqlsource.Querier
	if pool := o.Store.DB(); pool != nil {
		db = pool.DB
	}
	rows, err := sqlsource.Open(ctx, db, sqlsource.Options{
		Dialect: segment.Dialect(o.Store.Dialect()), Table: table, Columns: o.Model.Columns, NoSample: true,
	})
	if err != nil {
		return nil, err
	}
	m, _, err = segment.TrainOn(ctx, rows, o.Model)
	// The snapshot ends before the model is written: an SQLite store may have one connection.
	if err = errors.Join(err, rows.Close()); err != nil {
		return nil, err
	}
	name := o.Name
	if name == "" {
		name = ModelName
	}
	_, err = o.Store.SaveModel(ctx, name, m, store.SaveOptions{Activate: true, Note: o.Note})
	return m, err
}
