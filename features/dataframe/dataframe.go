// Package dataframe turns tables of customers into gota data frames and back.
package dataframe

import (
	"fmt"
	"strconv"
	"time"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
)

// FromTable returns the columns of a table as a gota data frame. Whole numbers
// and flags are Int, amounts Float, Bool is Bool, ids and words are String, and
// days are String as 2012-09-04, since gota has no type for them. Missing
// values are NaN to gota, but for words, which are empty. [ToTable] is the way
// back. Where int has 32 bits, a number that needs more makes the frame's Err.
func FromTable(t *features.Table) dataframe.DataFrame {
	var all []series.Series
	for _, c := range t.Columns() {
		s, err := t.Column(c.Name)
		if err != nil {
			return dataframe.DataFrame{Err: err}
		}
		values := make([]any, s.Len())
		kind := series.String
		switch c.Kind {
		case features.Integer, features.Flag:
			kind = series.Int
		case features.Amount:
			kind = series.Float
		case features.Bool:
			kind = series.Bool
		}
		for i := range values {
			switch {
			case s.Missing(i) && (c.Kind == features.Category || c.Kind == features.Identifier):
				values[i] = ""
			case s.Missing(i):
			case kind == series.Int:
				v := int(s.Number(i))
				if float64(v) != s.Number(i) {
					return dataframe.DataFrame{Err: fmt.Errorf("%w: row %d (counted from 0), column %s: %.0f is more than gota's whole numbers hold, which have %d bits here", features.ErrValue, i, c.Name, s.Number(i), strconv.IntSize)}
				}
				values[i] = v
			case kind == series.Float:
				values[i] = s.Number(i)
			case kind == series.Bool:
				values[i] = s.Number(i) == 1
			case c.Kind == features.Date:
				values[i] = s.Day(i).Format(time.DateOnly)
			default:
				values[i] = s.Word(i)
			}
		}
		all = append(all, newSeries(values, kind, c.Name))
	}
	return dataframe.New(all...)
}

// newSeries makes a series, which gota takes for none where it is given no values.
func newSeries(values []any, kind series.Type, name string) series.Series {
	if len(values) == 0 {
		return series.New([]string{}, kind, name)
	}
	return series.New(values, kind, name)
}

// FromCustomers returns the 29 columns of customers as a gota data frame, as
// [FromTable] does. [ToCustomers] is the way back.
func FromCustomers(customers []features.Customer) dataframe.DataFrame {
	var names []string
	for _, c := range features.Columns() {
		names = append(names, c.Name)
	}
	t, err := features.Engineer(customers, features.AsOf{}).Select(names...)
	if err != nil {
		return dataframe.DataFrame{Err: err}
	}
	return FromTable(t)
}

// ToTable returns the table of a data frame, as [features.FromFrame] reads it.
func ToTable(df dataframe.DataFrame) (*features.Table, error) {
	f, err := open(df)
	if err != nil {
		return nil, err
	}
	return features.FromFrame(f)
}

// ToCustomers returns the customers of a data frame, as
// [features.CustomersFromFrame] reads them.
func ToCustomers(df dataframe.DataFrame) ([]features.Customer, error) {
	f, err := open(df)
	if err != nil {
		return nil, err
	}
	return features.CustomersFromFrame(f)
}

// A frame is a data frame as features reads it.
type frame struct {
	names   []string
	rows    int
	columns []series.Series
}

func open(df dataframe.DataFrame) (*frame, error) {
	if df.Err != nil {
		return nil, fmt.Errorf("%w: %w", features.ErrFrame, df.Err)
	}
	f := &frame{names: df.Names(), rows: df.Nrow()}
	for _, name := range f.names {
		f.columns = append(f.columns, df.Col(name))
	}
	return f, nil
}

func (f *frame) Names() []string { return f.names }

func (f *frame) Len() int { return f.rows }

func (f *frame) Value(column, row int) any {
	e := f.columns[column].Elem(row)
	if v := e.Val(); !e.IsNA() {
		return v
	}
	return nil
}
