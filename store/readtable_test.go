package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
)

// typed is a type, a literal of it, and what ReadTable makes of that.
type typed struct {
	typ, literal string
	kind         features.Kind
	want         any
}

// Types of both databases.
// twoTo53 is no constant, as an int of 32 bits does not hold it.
var twoTo53 = int64(1) << 53

var commonTypes = []typed{
	{"smallint", "7", features.Integer, 7},
	{"int", "-7", features.Integer, -7},
	{"integer", "1", features.Flag, 1},
	{"bigint", "9007199254740992", features.Integer, int(twoTo53)},
	{"bigint", "9007199254740993", features.Identifier, "9007199254740993"},
	{"int8", "7", features.Integer, 7},
	{"real", "1.5", features.Amount, 1.5},
	{"double precision", "3", features.Amount, 3.},
	{"numeric", "1.5", features.Amount, 1.5},
	{"numeric", "2", features.Integer, 2},
	{"numeric(20,0)", "2", features.Integer, 2},
	{"numeric(10,2)", "3", features.Amount, 3.},
	{"decimal(5,1)", "1.5", features.Amount, 1.5},
	{"boolean", "true", features.Bool, true},
	{"bool", "false", features.Bool, false},
	{"text", "'01'", features.Category, "01"},
	{"text", "'1,234.5'", features.Amount, 1234.5},
	{"text", "'31.12.2014'", features.Date, "2014-12-31"},
	{"text", "'n/a'", features.Category, ""},
	{"varchar(5)", "'abc'", features.Category, "abc"},
	{"char(5)", "'abc'", features.Category, "abc"},
	{"date", "'2012-09-04'", features.Date, "2012-09-04"},
	{"timestamp", "'2012-09-04 23:59:00'", features.Date, "2012-09-04"},
	{"interval", "'1 day'", features.Amount, 1.},
	{"uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", features.Category, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
}

var sqliteTypes = []typed{
	{"UNSIGNED BIG INT", "3", features.Integer, 3},
	{"UNSIGNED INT(11)", "4", features.Integer, 4},
	{"NUMBER(10, 2)", "1", features.Amount, 1.},
	{"BOOLEAN", "1", features.Bool, true},
	{"BOOLEAN", "'False'", features.Bool, false},
	{"DATETIME", "'2012-09-04 10:00:00'", features.Date, "2012-09-04"},
	{"INTERVAL", "5", features.Integer, 5},
	{"NVARCHAR(100)", "'007'", features.Category, "007"},
	{"", "7", features.Integer, 7},
	{"", "7.5", features.Amount, 7.5},
	{"", "'7'", features.Integer, 7},
}

var postgresTypes = []typed{
	{"money", "12.5", features.Amount, 12.5},
	{"timestamptz", "'2012-09-04 01:00:00+02'", features.Date, "2012-09-03"},
	{"timestamptz", "'2012-09-04 22:00:00-05'", features.Date, "2012-09-05"},
	{"time", "'10:20:30.5'", features.Category, "10:20:30.5"},
	{"inet", "'10.0.0.1/8'", features.Category, "10.0.0.1/8"},
	{"name", "'abc'", features.Category, "abc"},
	{"mood", "'good'", features.Category, "good"},
	{"whole", "5", features.Integer, 5},
	{"numeric", "123456789012345678901234567890", features.Identifier, "123456789012345678901234567890"},
	{"numeric", "'NaN'", features.Category, ""},
	{"double precision", "'NaN'", features.Amount, nil},
}

func TestReadTableKinds(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		types := slices.Concat(commonTypes, sqliteTypes)
		if s.Dialect() == Postgres {
			types = slices.Concat(commonTypes, postgresTypes)
			execute(t, s, "CREATE TYPE mood AS ENUM ('good', 'bad')", "CREATE DOMAIN whole AS integer CHECK (value > 0)")
		}
		var columns, values, nulls []string
		for i, c := range types {
			columns = append(columns, fmt.Sprintf("c%d %s", i, c.typ))
			values, nulls = append(values, c.literal), append(nulls, "NULL")
		}
		execute(t, s, "CREATE TABLE kinds ("+strings.Join(columns, ", ")+")", "INSERT INTO kinds VALUES ("+strings.Join(values, ", ")+")",
			"INSERT INTO kinds VALUES ("+strings.Join(nulls, ", ")+")", "CREATE VIEW seen AS SELECT * FROM kinds")
		for _, name := range []string{"kinds", "seen"} {
			var report features.TableReport
			table, err := s.ReadTable(t.Context(), name, TableOptions{Report: &report})
			check(t, err)
			for i, c := range types {
				if got := table.Columns()[i].Kind; got != c.kind {
					t.Errorf("%s: %s %s is %s; want %s", name, c.typ, c.literal, got, c.kind)
				}
				if got := table.Value(i, 0); got != c.want {
					t.Errorf("%s: %s %s came as %v; want %v", name, c.typ, c.literal, got, c.want)
				}
				if got := table.Value(i, 1); got != nil && got != "" {
					t.Errorf("%s: NULL of %s is %v", name, c.typ, got)
				}
				if r := report.Columns[i]; r.Missing == 0 || r.Kind != c.kind {
					t.Errorf("%s: the report says %+v of %s", name, r, c.typ)
				}
			}
		}
	})
}

// What is no value of a table is refused by its name, and may be left out.
func TestReadTableRefusesTypes(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		types := []string{"json", "JSONB", "xml"}
		if s.Dialect() == Postgres {
			types = append(types, "bytea", "integer[]", "int4range", "point")
		} else {
			types = append(types, "BLOB")
		}
		for i, typ := range types {
			execute(t, s, fmt.Sprintf(`CREATE TABLE odd%d (n integer, "the payload" %s)`, i, typ), fmt.Sprintf("INSERT INTO odd%d VALUES (5, NULL)", i))
			name := fmt.Sprintf("odd%d", i)
			_, err := s.ReadTable(t.Context(), name, TableOptions{})
			wantError(t, err, ErrColumns, `"the payload"`)
			table, err := s.ReadTable(t.Context(), name, TableOptions{Read: features.TableOptions{Columns: []string{"N"}}})
			if err != nil || table.Value(0, 0) != 5 {
				t.Errorf("without the column of type %s: %v, %v", typ, table, err)
			}
		}
		_, err := s.ReadTable(t.Context(), "od0", TableOptions{})
		wantError(t, err, ErrNoTable, `there are odd0`)
		_, err = s.ReadTable(t.Context(), "odd0", TableOptions{Read: features.TableOptions{Columns: []string{"m"}}})
		wantError(t, err, features.ErrUnknownColumn)
		_, err = s.ReadTable(t.Context(), "odd0", TableOptions{Read: features.TableOptions{Header: []string{"m"}}})
		wantError(t, err, ErrOption)
		execute(t, s, "CREATE TABLE nobody (n integer)")
		_, err = s.ReadTable(t.Context(), "nobody", TableOptions{})
		wantError(t, err, features.ErrNoRows, `"nobody"`)
	})
}

// What a view computes has no type in SQLite, where any value may stand anywhere.
func TestReadTableOfValues(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		execute(t, s, "CREATE TABLE plain_numbers (a integer, x double precision, s text)", "INSERT INTO plain_numbers VALUES (1, 0.5, '1'), (2, 1, '2'), (NULL, NULL, NULL)",
			`CREATE VIEW computed AS SELECT a * 12 AS whole, a + x AS number, s || '!' AS word, CASE WHEN a = 1 THEN a ELSE a + 0.5 END AS mixed FROM plain_numbers`)
		table, err := s.ReadTable(ctx, "computed", TableOptions{})
		check(t, err)
		if got := describe(table); got != "whole integer 12 24 <nil>|number amount 1.5 3 <nil>|word category 1! 2! |mixed amount 1 2.5 <nil>" {
			t.Error(got)
		}
		// A kind that is set, by a name as people write it.
		table, err = s.ReadTable(ctx, "plain_numbers", TableOptions{Read: features.TableOptions{Kinds: map[string]features.Kind{"A": features.Identifier}}})
		check(t, err)
		if got := describe(table); got != "a identifier 1 2 |x amount 0.5 1 <nil>|s integer 1 2 <nil>" {
			t.Error(got)
		}
		if s.Dialect() == Postgres {
			return
		}
		execute(t, s, "CREATE TABLE loose (n, x, s, none, g INTEGER GENERATED ALWAYS AS (n * 2))", "INSERT INTO loose VALUES (1, 1, 1, NULL), (NULL, 2.5, 'two', NULL), (3, 3, 'C536', NULL)",
			"CREATE TABLE strict_not (a REAL)", "INSERT INTO strict_not VALUES (1), ('many')", "CREATE TABLE blobs (a)", "INSERT INTO blobs VALUES (1), (x'00ff')")
		table, err = s.ReadTable(ctx, "loose", TableOptions{})
		check(t, err)
		if got := describe(table); got != "n integer 1 <nil> 3|x amount 1 2.5 3|s category 1 two C536|none category   |g integer 2 <nil> 6" {
			t.Error(got)
		}
		_, err = s.ReadTable(ctx, "strict_not", TableOptions{})
		wantError(t, err, features.ErrValue, "line 2", "column a", `"many"`)
		_, err = s.ReadTable(ctx, "blobs", TableOptions{})
		wantError(t, err, ErrValue, "row 1", "column a", "blob")
	})
}

// describe returns the columns of a table with their kinds and values.
func describe(t *features.Table) string {
	var columns []string
	for j, c := range t.Columns() {
		text := c.Name + " " + c.Kind.String()
		for i := range t.Len() {
			text += fmt.Sprint(" ", t.Value(j, i))
		}
		columns = append(columns, text)
	}
	return strings.Join(columns, "|")
}

// A column position is the order of the rows where it comes first; elsewhere it is
// one like the others. Ids beyond 2⁵³ among smaller ones lose no digit.
func TestReadTablePositionAndIDs(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		execute(t, s, "CREATE TABLE ordered (position integer, n bigint)", "INSERT INTO ordered VALUES (2, 12), (1, 9007199254740993)",
			"CREATE TABLE jobs (n integer, position text)", "INSERT INTO jobs VALUES (5, 'clerk')")
		var report features.TableReport
		table, err := s.ReadTable(t.Context(), "ordered", TableOptions{Report: &report})
		check(t, err)
		if got := describe(table); got != "n identifier 9007199254740993 12" {
			t.Error(got)
		}
		if report.IndexColumn != "position" || !slices.Contains(report.Warnings(), "the column position, which numbers the rows, left out") {
			t.Errorf("the report says %q", report.Warnings())
		}
		table, err = s.ReadTable(t.Context(), "jobs", TableOptions{Report: &report})
		check(t, err)
		if got := describe(table); got != "n integer 5|position category clerk" || len(report.Warnings()) != 0 {
			t.Error(got, report.Warnings())
		}
	})
}

func TestTableBlocks(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		const n = 20_000
		execute(t, s, "CREATE TABLE many (n integer, word text, day date)")
		query := fmt.Sprintf("INSERT INTO many SELECT i, CASE WHEN i %% 7 = 0 THEN 'NA' ELSE 'w' || (i %% 5) END, date '2024-01-01' + i %% 300 FROM generate_series(1, %d) AS i", n)
		if s.Dialect() == SQLite {
			query = fmt.Sprintf("WITH RECURSIVE g(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM g WHERE i < %d) INSERT INTO many SELECT i, CASE WHEN i %% 7 = 0 THEN 'NA' ELSE 'w' || (i %% 5) END, date('2024-01-01', (i %% 300) || ' days') FROM g", n)
		}
		execute(t, s, query)
		whole, err := s.ReadTable(ctx, "many", TableOptions{})
		check(t, err)
		check(t, s.SaveTable(ctx, "kept", whole))
		for _, name := range []string{"many", "kept"} {
			rows, blocks := 0, 0
			var report features.TableReport
			for b, err := range s.TableBlocks(ctx, name, TableOptions{Report: &report}) {
				check(t, err)
				for i := range b.Len() {
					for j := range whole.Columns() {
						if got, want := b.Value(j, i), whole.Value(j, rows); got != want {
							t.Fatalf("%s, row %d, column %d is %v; want %v", name, rows, j, got, want)
						}
					}
					rows++
				}
				blocks++
			}
			if rows != n || report.Rows != n || report.Columns[1].Missing != n/7 {
				t.Errorf("%s: %d rows in %d blocks, the report says %d with %d missing words", name, rows, blocks, report.Rows, report.Columns[1].Missing)
			}
			if name == "kept" && s.dialect.name() == Postgres && blocks < 2 {
				t.Errorf("all rows came in one block")
			}
			for range s.TableBlocks(ctx, name, TableOptions{}) {
				break // which leaves no connection behind
			}
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(nil)
		stop := errors.New("stop")
		var last error
		for _, err := range s.TableBlocks(ctx, "kept", TableOptions{}) {
			cancel(stop)
			last = err
		}
		if !s.memory && !errors.Is(last, stop) {
			t.Errorf("a cancelled reading ended with %v", last)
		}
		for _, err := range s.TableBlocks(t.Context(), "none", TableOptions{}) {
			wantError(t, err, ErrNoTable, "many")
		}
	})
}
