package parquet

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// inTables reads a file by Tables and returns its columns, each value as text.
func inTables(t *testing.T, file *bytes.Reader, o Options) (columns map[string][]string, kinds []features.Column, report features.TableReport, tables int, err error) {
	t.Helper()
	columns = map[string][]string{}
	o.Report = &report
	for table, err := range Tables(t.Context(), file, file.Size(), o) {
		if err != nil {
			return columns, kinds, report, tables, err
		}
		if tables++; tables > 1 && !slices.EqualFunc(kinds, table.Columns(), func(a, b features.Column) bool { return a.Name == b.Name && a.Kind == b.Kind }) {
			t.Errorf("table %d has %v, the first %v", tables, table.Columns(), kinds)
		}
		kinds = table.Columns()
		for j, c := range kinds {
			for i := range table.Len() {
				columns[c.Name] = append(columns[c.Name], fmt.Sprint(table.Value(j, i)))
			}
		}
	}
	return columns, kinds, report, tables, nil
}

// Tables hold what Read reads, and say the same of it.
func TestTables(t *testing.T) {
	for name, o := range map[string]Options{
		"gzip96.parquet": {}, "kinds.parquet": {}, "mall.parquet": {}, "plain.parquet": {}, "v2.parquet": {}, "v2snappy.parquet": {}, "brotli.parquet": {}, "lz4.parquet": {}, "nested.parquet": {},
		"cells": {Table: features.TableOptions{Kinds: map[string]features.Kind{"Age": features.FreeText}}},
		"few":   {Table: features.TableOptions{Columns: []string{"Age", "Gender"}}}, "numbers": {Table: features.TableOptions{Columns: []string{"Age"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if name[len(name)-1] != 't' {
				name = "mall.parquet"
			}
			data := load(t, name)
			want, said, failed := Read(t.Context(), data, data.Size(), o)
			got, kinds, report, _, err := inTables(t, data, o)
			if fmt.Sprint(err) != fmt.Sprint(failed) {
				t.Fatalf("%v, want %v", err, failed)
			}
			if failed != nil {
				return
			}
			for j, c := range want.Columns() {
				if j >= len(kinds) || kinds[j].Name != c.Name || kinds[j].Kind != c.Kind {
					t.Fatalf("columns %v, want %v", kinds, want.Columns())
				}
				for i := range want.Len() {
					if got[c.Name][i] != fmt.Sprint(want.Value(j, i)) {
						t.Fatalf("%s, row %d: %s, want %v", c.Name, i, got[c.Name][i], want.Value(j, i))
					}
				}
				if len(got[c.Name]) != want.Len() {
					t.Errorf("%s has %d rows, want %d", c.Name, len(got[c.Name]), want.Len())
				}
			}
			if fmt.Sprintf("%+v", report) != fmt.Sprintf("%+v", said) {
				t.Errorf("report %+v, want %+v", report, said)
			}
		})
	}
}

// What the last row alone shows of a column of numbers holds for all tables.
func TestTablesOfLateKinds(t *testing.T) {
	const n = 30_000
	fractions, wholes, flags, days := make([]float64, n), make([]int, n), make([]float64, n), make([]time.Time, n)
	for i := range n {
		fractions[i], wholes[i], flags[i], days[i] = float64(i%7), i, float64(i%2), time.Date(2020, 1, 1+i%900, 0, 0, 0, 0, time.UTC)
	}
	fractions[n-1], flags[n-1] = 0.5, math.NaN()
	table := must(features.NewTable(time.Time{},
		features.NumberSeries(features.Column{Name: "Unnamed: 0"}, wholes),
		features.NumberSeries(features.Column{Name: "fractions"}, fractions),
		features.NumberSeries(features.Column{Name: "flags"}, flags), features.DaySeries(features.Column{Name: "days"}, days)))
	file := written(t, table)
	got, kinds, report, tables, err := inTables(t, file, Options{})
	if err != nil || tables != (n+blockRows-1)/blockRows {
		t.Fatalf("%d tables, %v", tables, err)
	}
	for j, kind := range []features.Kind{features.Amount, features.Flag, features.Date} {
		if kinds[j].Kind != kind {
			t.Errorf("%s is %v, want %v", kinds[j].Name, kinds[j].Kind, kind)
		}
	}
	if len(kinds) != 3 || report.IndexColumn != "Unnamed: 0" || report.Columns[1].Missing != 1 || report.Columns[0].Greatest != 6 {
		t.Errorf("columns %v; report %+v", kinds, report)
	}
	if f := got["fractions"]; len(f) != n || f[n-1] != "0.5" || f[n-2] != fmt.Sprint((n-2)%7) {
		t.Errorf("%d rows, the last %q", len(f), f[n-2:])
	}
	// The caller may stop at any table.
	for range Tables(t.Context(), file, file.Size(), Options{}) {
		break
	}
}
