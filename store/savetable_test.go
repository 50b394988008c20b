package store

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
)

// shop returns a table with a column of each kind.
func shop(t testing.TB) *features.Table {
	t.Helper()
	nan := math.NaN()
	table, err := features.NewTable(day("2024-05-01"),
		features.WordSeries(features.Column{Name: "Customer Id", Kind: features.Identifier, Meaning: "of the till"}, []string{"007", "17001", "A-1", "12345678901234567890"}),
		features.NumberSeries(features.Column{Name: "Annual Income (k$)", Unit: "k$", Nullable: true}, []float64{15, nan, 1e300, 0.1}),
		features.NumberSeries(features.Column{Name: "年收入（万）", Kind: features.Integer}, []float64{0, 1, nan, 1}),
		features.NumberSeries(features.Column{Name: "member", Kind: features.Flag}, []float64{0, 1, nan, 1}),
		features.NumberSeries(features.Column{Name: "Churn?", Kind: features.Bool, Required: true}, []float64{1, nan, 0, 1}),
		features.NumberSeries(features.Column{Name: "share", Kind: features.Percent, Unit: "%"}, []float64{45, 12.5, nan, 0}),
		features.DaySeries(features.Column{Name: "first day"}, []time.Time{day("2012-09-04"), {}, day("1969-12-31"), day("0001-01-02")}),
		features.WordSeries(features.Column{Name: `size "x"`, Levels: []string{"small", "large"}}, []string{"large", "", "small", "None"}),
		features.WordSeries(features.Column{Name: "note", Kind: features.FreeText}, []string{" blank before", "", "a\tb\\N\n", "'; DROP TABLE shop; --"}),
		features.NumberSeries(features.Column{Name: "never", Kind: features.Amount}, []float64{nan, nan, nan, nan}),
	)
	check(t, err)
	return table
}

// sameTable compares two tables in all that they have.
func sameTable(t testing.TB, got, want *features.Table) {
	t.Helper()
	if !reflect.DeepEqual(got.Columns(), want.Columns()) {
		t.Fatalf("the columns are\n%+v; want\n%+v", got.Columns(), want.Columns())
	}
	if got.Len() != want.Len() || !got.AsOf().Equal(want.AsOf()) {
		t.Fatalf("there are %d rows of %s; want %d of %s", got.Len(), got.AsOf(), want.Len(), want.AsOf())
	}
	for j, c := range want.Columns() {
		a, b := got.Series(c.Name), want.Series(c.Name)
		if !reflect.DeepEqual(a.Levels(), b.Levels()) {
			t.Errorf("%s has the levels %q; want %q", c.Name, a.Levels(), b.Levels())
		}
		for i := range want.Len() {
			if math.Float64bits(a.Number(i)) != math.Float64bits(b.Number(i)) && b.Number(i) == b.Number(i) || got.Value(j, i) != want.Value(j, i) {
				t.Errorf("row %d, column %s is %v; want %v", i, c.Name, got.Value(j, i), want.Value(j, i))
			}
		}
	}
}

func TestSaveTableAndBack(t *testing.T) {
	want := shop(t)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		for _, name := range []string{"shop", "Mein Laden", "商店"} {
			for range 2 {
				check(t, s.SaveTable(ctx, name, want))
			}
			var report features.TableReport
			got, err := s.ReadTable(ctx, name, TableOptions{Report: &report})
			check(t, err)
			sameTable(t, got, want)
			if report.Rows != 4 || len(report.Warnings()) != 0 || report.Columns[1].Missing != 1 || report.Columns[1].Greatest != 1e300 || report.Columns[2].Least != 0 {
				t.Errorf("the report says %+v", report)
			}
			for block, err := range s.TableBlocks(ctx, name, TableOptions{}) {
				check(t, err)
				sameTable(t, block, want)
			}
		}
		got, err := s.ReadTable(ctx, "shop", TableOptions{Read: features.TableOptions{Columns: []string{"never", "customer_id"}}})
		check(t, err)
		part, err := want.Select("never", "Customer Id")
		check(t, err)
		sameTable(t, got, part)
		// Kinds that are set take it for any table.
		got, err = s.ReadTable(ctx, "shop", TableOptions{Read: features.TableOptions{Columns: []string{"member", "share"}, Kinds: map[string]features.Kind{"member": features.Amount}}})
		check(t, err)
		if text := describe(got); text != "member amount 0 1 <nil> 1|share amount 45 12.5 <nil> 0" {
			t.Error(text)
		}
		empty, err := want.Rows(ctx, nil)
		check(t, err)
		check(t, s.SaveTable(ctx, "shop", empty))
		got, err = s.ReadTable(ctx, "shop", TableOptions{})
		check(t, err)
		sameTable(t, got, empty)
		for range s.TableBlocks(ctx, "shop", TableOptions{}) {
			t.Error("a table without rows came as a block")
		}
	})
}

// A table that was saved may get other columns; one of another program may not.
func TestSaveTableReshapes(t *testing.T) {
	want := shop(t)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		check(t, s.SaveTable(ctx, "shop", want))
		fewer, err := want.Select("share", "member")
		check(t, err)
		other, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "share"}, []float64{0.25}), features.WordSeries(features.Column{Name: "member"}, []string{"yes"}))
		check(t, err)
		for _, table := range []*features.Table{fewer, other, want} {
			check(t, s.SaveTable(ctx, "shop", table))
			got, err := s.ReadTable(ctx, "shop", TableOptions{})
			check(t, err)
			sameTable(t, got, table)
		}
		// Where a write fails, all is as it was.
		inf, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: "y"}, []float64{1, math.Inf(1)}))
		check(t, err)
		wantError(t, s.SaveTable(ctx, "shop", inf), ErrValue, "row 1", "column y")
		got, err := s.ReadTable(ctx, "shop", TableOptions{})
		check(t, err)
		sameTable(t, got, want)

		if s.Dialect() == Postgres {
			execute(t, s, "CREATE VIEW seen AS SELECT share FROM shop")
			wantError(t, s.SaveTable(ctx, "shop", other), ErrColumns, "view")
			execute(t, s, "DROP VIEW seen")
		}
		// Another program writes into it what SaveTable would not.
		if s.Dialect() == SQLite {
			for column, text := range map[string]string{"share": "a number", "first day": "2012-09-04", "member": "a number"} {
				execute(t, s, fmt.Sprintf("UPDATE shop SET %s = 'many' WHERE position = 2", quote(column)))
				_, err = s.ReadTable(ctx, "shop", TableOptions{})
				wantError(t, err, ErrValue, "row 1", column, "many", text)
				check(t, s.SaveTable(ctx, "shop", want))
			}
		} else {
			execute(t, s, `UPDATE shop SET "年收入（万）" = 9007199254740993`)
			_, err = s.ReadTable(ctx, "shop", TableOptions{})
			wantError(t, err, ErrValue, "row 0", "9007199254740993", "2⁵³")
			check(t, s.SaveTable(ctx, "shop", want))
		}
		// Another program makes it anew: what was known holds no more.
		execute(t, s, "DROP TABLE shop", "CREATE TABLE shop (position integer, share text, member integer)", "INSERT INTO shop VALUES (1, '5 %', 1)")
		got, err = s.ReadTable(ctx, "shop", TableOptions{})
		check(t, err)
		if text := describe(got); text != "share share 5|member flag 1" {
			t.Error(text)
		}
		wantError(t, s.SaveTable(ctx, "shop", want), ErrColumns, "position, share, member", "Annual Income")
	})
}

func TestSaveTableNames(t *testing.T) {
	onAll(t, func(t *testing.T, url string) {
		s := open(t, url, Options{})
		one := func(name string) *features.Table {
			table, err := features.NewTable(time.Time{}, features.NumberSeries(features.Column{Name: name}, []float64{1}))
			check(t, err)
			return table
		}
		wantError(t, s.SaveTable(t.Context(), "early", one("y")), ErrNotMigrated, "migrate")
		check(t, s.Migrate(t.Context()))
		long := strings.Repeat("年", 30) // 90 bytes
		if s.Dialect() == Postgres {
			wantError(t, s.SaveTable(t.Context(), "x", one(long)), ErrName, "90 bytes", "63", "column")
			wantError(t, s.SaveTable(t.Context(), long, one("y")), ErrName, "90 bytes", "table")
		} else {
			check(t, s.SaveTable(t.Context(), long, one(long)))
		}
		both, err := one("Age").With(features.NumberSeries(features.Column{Name: "age"}, []float64{2}))
		check(t, err)
		wantError(t, s.SaveTable(t.Context(), "x", both), ErrName, `"Age"`, `"age"`, "case")
		wantError(t, s.SaveTable(t.Context(), "x", one("Position")), ErrName, "Position", "rename")
		wantError(t, s.SaveTable(t.Context(), "x", nil), ErrOption)
		_, err = s.ReadTable(t.Context(), "x", TableOptions{})
		wantError(t, err, ErrNoTable)
	})
}

// In another schema, or as that schema's table of the same name, kinds are kept
// apart.
func TestSaveTableInSchemas(t *testing.T) {
	want := shop(t)
	twoSchemas(t, func(t *testing.T, s *Store, other string) {
		ctx := t.Context()
		part, err := want.Select("share")
		check(t, err)
		check(t, s.SaveTable(ctx, other+".shop", part))
		check(t, s.SaveTable(ctx, "shop2", want))
		execute(t, s, fmt.Sprintf("CREATE TABLE %s.shop2 (share double precision)", other), fmt.Sprintf("INSERT INTO %s.shop2 VALUES (5)", other))
		got, err := s.ReadTable(ctx, other+".shop", TableOptions{})
		check(t, err)
		sameTable(t, got, part)
		got, err = s.ReadTable(ctx, other+".shop2", TableOptions{})
		check(t, err)
		if text := describe(got); text != "share amount 5" {
			t.Error(text)
		}
		got, err = s.ReadTable(ctx, "shop2", TableOptions{})
		check(t, err)
		sameTable(t, got, want)
	})
}

// Two sets of tables in one schema share what is known of columns.
func TestSaveTableInTwoSets(t *testing.T) {
	want := shop(t)
	onAll(t, func(t *testing.T, url string) {
		first := open(t, url, Options{Migrate: true})
		if first.memory {
			return
		}
		second := open(t, url, Options{Migrate: true, Tables: Tables{Customers: "c", Unencoded: "u", Encoded: "e", Merged: "m", Models: "mo", Activations: "a", Scores: "s", Migrations: "versions"}})
		check(t, first.SaveTable(t.Context(), "shop", want))
		got, err := second.ReadTable(t.Context(), "shop", TableOptions{})
		check(t, err)
		sameTable(t, got, want)
	})
}
