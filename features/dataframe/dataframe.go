// Package dataframe turns tables into gota data frames and back.
package dataframe

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/cause"
)

var types = map[features.Kind]series.Type{features.Integer: series.Int, features.Flag: series.Int, features.Amount: series.Float, features.Bool: series.Bool}

// From returns a frame, such as a [features.Table] or what a store fetches, as a
// gota data frame. Whole numbers and flags are Int, amounts Float, Bool is Bool,
// ids and words are String, and days are String as 2012-09-04, since gota has no
// type for them. [To] is the way back. The data frame's Err is that of ctx once it has
// ended and, where int has 32 bits, one for a number that needs more.
func From(ctx context.Context, f features.Frame) dataframe.DataFrame {
	if f == nil {
		return dataframe.DataFrame{Err: fmt.Errorf("%w: there is none", features.ErrFrame)}
	}
	var all []series.Series
	for j, c := range f.Columns() {
		kind := cmp.Or(types[c.Kind], series.String)
		values := make([]any, f.Len())
		for i := range values {
			if i%4096 == 0 {
				if err := cause.Of(ctx); err != nil {
					return dataframe.DataFrame{Err: err}
				}
			}
			values[i] = f.Value(j, i)
			if x, ok := values[i].(float64); ok && kind == series.Int {
				return dataframe.DataFrame{Err: fmt.Errorf("%w: row %d (counted from 0), column %s: %.0f is more than gota's whole numbers hold, which have %d bits here", features.ErrValue, i, c.Name, x, strconv.IntSize)}
			}
		}
		if len(values) == 0 { // of which gota makes no series
			all = append(all, series.New([]string{}, kind, c.Name))
			continue
		}
		all = append(all, series.New(values, kind, c.Name))
	}
	return dataframe.New(all...)
}

// FromCustomers returns the 29 columns of customers as a gota data frame, as
// [From] does. [ToCustomers] is the way back.
func FromCustomers(ctx context.Context, customers []features.Customer) dataframe.DataFrame {
	t, err := features.Engineer(ctx, customers, features.AsOf{})
	if err == nil {
		t, err = t.Select(t.ColumnNames()[:len(features.Columns())]...)
	}
	if err != nil {
		return dataframe.DataFrame{Err: err}
	}
	return From(ctx, t)
}

// ToTable returns the table of a data frame, as [features.FromFrame] reads it.
func ToTable(ctx context.Context, df dataframe.DataFrame) (*features.Table, error) {
	f, err := To(ctx, df)
	if err != nil {
		return nil, err
	}
	return features.FromFrame(ctx, f)
}

// ToCustomers returns the customers of a data frame, as
// [features.CustomersFromFrame] reads them.
func ToCustomers(ctx context.Context, df dataframe.DataFrame) ([]features.Customer, error) {
	f, err := To(ctx, df)
	if err != nil {
		return nil, err
	}
	return features.CustomersFromFrame(ctx, f)
}

// To returns a data frame as a frame: Int as Integer, Float as Amount, Bool as
// Bool and String as Category. Errors: [features.ErrFrame] for a data frame in
// error, [features.ErrValue] for a column of another type, and that of ctx.
func To(ctx context.Context, df dataframe.DataFrame) (features.Frame, error) {
	if df.Err != nil {
		return nil, fmt.Errorf("%w: %w", features.ErrFrame, df.Err)
	}
	f := &frame{rows: df.Nrow()}
	for _, name := range df.Names() {
		if err := cause.Of(ctx); err != nil {
			return nil, err
		}
		s := df.Col(name)
		kind, ok := map[series.Type]features.Kind{
			series.Int: features.Integer, series.Float: features.Amount, series.Bool: features.Bool, series.String: features.Category,
		}[s.Type()]
		if !ok {
			return nil, fmt.Errorf("%w: column %q has the type %s; want int, float, bool or string", features.ErrValue, name, s.Type())
		}
		f.columns, f.series = append(f.columns, features.Column{Name: name, Kind: kind}), append(f.series, s)
	}
	return f, nil
}

// A frame is a data frame as others read it.
type frame struct {
	rows    int
	columns []features.Column
	series  []series.Series
}

func (f *frame) Columns() []features.Column { return f.columns }

func (f *frame) Len() int { return f.rows }

func (f *frame) Value(column, row int) any {
	e := f.series[column].Elem(row)
	if v := e.Val(); !e.IsNA() {
		return v
	}
	return nil
}
