package store

import (
	"context"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
	frames "github.com/customer-personality/segmentation/features/dataframe"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
)

// csv returns a data frame as text, for comparison.
func csv(t testing.TB, df dataframe.DataFrame) string {
	t.Helper()
	if df.Err != nil {
		t.Fatal(df.Err)
	}
	var b strings.Builder
	check(t, df.WriteCSV(&b))
	for i, typ := range df.Types() {
		b.WriteString(df.Names()[i] + " " + string(typ) + "\n")
	}
	return b.String()
}

func customersOf(t *features.Table) []features.Customer {
	var list []features.Customer
	for c := range t.Customers() {
		list = append(list, *c)
	}
	return list
}

// upTo returns the first rows of a table.
func upTo(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

func TestSaveTables(t *testing.T) {
	_, table, p := trained(t, sampleCustomers(t), 1)
	list := customersOf(table)
	list[5].Education, list[5].MaritalStatus = "", ""
	table = testenv.Must(features.Engineer(t.Context(), list, features.AsOf(table.AsOf())))
	encoded, err := table.Encode(t.Context(), features.EncodeOptions{})
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		tables := s.Tables()
		for range 2 { // the second time over what is there
			check(t, s.SaveResults(ctx, &Results{Table: table}))
			check(t, s.SaveResults(ctx, &Results{Table: table, Encoded: encoded, Predictions: p}))
		}
		df, err := fetch(ctx, s, tables.Unencoded)
		check(t, err)
		back, err := frames.ToTable(ctx, df)
		check(t, err)
		if back.Len() != table.Len() {
			t.Fatalf("%d rows came back; want %d", back.Len(), table.Len())
		}
		for i := range table.Len() {
			got, want := back.Engineered(i), table.Engineered(i)
			if math.IsNaN(want.Income) && math.IsNaN(got.Income) {
				want.Income, got.Income = 0, 0
			}
			if got != want {
				t.Fatalf("row %d is\n%+v; want\n%+v", i, got, want)
			}
		}
		df, err = fetch(ctx, s, tables.Encoded)
		check(t, err)
		if !slices.Equal(df.Names(), encoded.ColumnNames()) || df.Nrow() != encoded.Len() {
			t.Errorf("the encoded table has %d rows and the columns %v", df.Nrow(), df.Names())
		}
		m, err := encoded.Matrix(ctx)
		check(t, err)
		for j, name := range df.Names() {
			for i, x := range df.Col(name).Float() {
				if want := m.At(i, j); x != want && !(math.IsNaN(x) && math.IsNaN(want)) {
					t.Fatalf("encoded row %d, column %s is %v; want %v", i, name, x, want)
				}
			}
		}
		var got []struct {
			ID      string
			Cluster int
			Tier    string
		}
		check(t, s.DB().Select(&got, "SELECT id, cluster, tier FROM "+quote(tables.Merged)+" ORDER BY position"))
		for i, g := range got {
			if g.ID != list[i].ID || g.Cluster != p[i].Cluster || g.Tier != p[i].Tier {
				t.Fatalf("merged row %d is %+v; want customer %s in %+v", i, g, list[i].ID, p[i])
			}
		}
		if len(got) != len(p) {
			t.Errorf("the merged table has %d rows; want %d", len(got), len(p))
		}

		wantError(t, s.SaveResults(ctx, &Results{Table: table, Predictions: p[1:]}), ErrValue, "predictions")
		wantError(t, s.SaveResults(ctx, &Results{Predictions: p}), ErrOption)
		wantError(t, s.SaveResults(ctx, &Results{}), ErrOption)
		wantError(t, s.SaveResults(ctx, nil), ErrOption)
		bad := slices.Clone(list[:3])
		bad[2].Kidhome = -1
		wantError(t, s.SaveResults(ctx, &Results{Table: testenv.Must(features.Engineer(ctx, bad, features.AsOf{}))}), features.ErrValue, "row 2", "kidhome")

		// A table without rows is a table too.
		check(t, s.SaveResults(ctx, &Results{Table: testenv.Must(features.Engineer(ctx, nil, features.AsOf{})), Predictions: []segment.Prediction{}}))
		if n, err := s.Count(ctx, tables.Merged); n != 0 || err != nil {
			t.Errorf("the merged table has %d rows and %v; want none", n, err)
		}
	})
}

// The migrations, which never change, have the columns that features has now.
func TestMigrationsFitTheSchema(t *testing.T) {
	_, table, _ := trained(t, sampleCustomers(t)[:50], 1)
	encoded, err := table.Encode(t.Context(), features.EncodeOptions{})
	check(t, err)
	raw := append([]string{"position"}, names(features.Columns())...)
	unencoded := append(slices.Clone(raw), names(features.EngineeredColumns())...)
	onEach(t, func(t *testing.T, s *Store) {
		for name, want := range map[string][]string{
			s.Tables().Customers: raw, s.Tables().Unencoded: unencoded,
			s.Tables().Encoded: append([]string{"position"}, encoded.ColumnNames()...),
			s.Tables().Merged:  append(slices.Clone(unencoded), "cluster", "tier"),
		} {
			got, err := columnsOf(context.Background(), s.dialect, s.db, tableName{name: name})
			check(t, err)
			if !slices.Equal(got, want) {
				t.Errorf("%s has the columns\n%v; want\n%v", name, got, want)
			}
		}
	})
	// Nor is a file of theirs forgotten, or numbered wrongly.
	files, err := os.ReadDir("migrations")
	check(t, err)
	if len(files) != int(schemaVersion) {
		t.Errorf("there are %d files for version %d", len(files), schemaVersion)
	}
	for _, f := range files {
		if !regexp.MustCompile(`^\d{5}_[a-z]+\.sql$`).MatchString(f.Name()) {
			t.Errorf("the migration %s is not named like the others", f.Name())
		}
	}
}

func frame() dataframe.DataFrame {
	return dataframe.New(
		series.New([]any{1, nil, -int(twoTo53)}, series.Int, "n"),
		series.New([]any{0.1, nil, 1e300}, series.Float, "x"),
		series.New([]any{true, nil, false}, series.Bool, "b"),
		series.New([]any{"NA", "", " a\tb\\N\n\"'; DROP TABLE customers; --"}, series.String, "s"),
		series.New([]any{"2012-09-04", "", "x"}, series.String, `x"; drop table customers; --`),
		series.New([]int{3, 2, 1}, series.Int, "Select"),
	)
}

func TestSaveAndReadFrame(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		for _, table := range []string{"plain", "With Blanks", `x"; drop table customers; --`, "ü", "select"} {
			for range 2 {
				check(t, upload(ctx, s, table, frame()))
			}
			df, err := fetch(ctx, s, table)
			check(t, err)
			if got, want := csv(t, df), csv(t, frame()); got != want {
				t.Errorf("%s came back as\n%s\nwant\n%s", table, got, want)
			}
			for i := range 3 {
				for j := range df.Ncol() {
					if a, b := df.Elem(i, j), frame().Elem(i, j); a.Val() != b.Val() || a.IsNA() != b.IsNA() {
						t.Errorf("%s, row %d, column %d is %v; want %v", table, i, j, a.Val(), b.Val())
					}
				}
			}
		}
		// Without rows.
		empty := dataframe.New(series.New([]int{}, series.Int, "n"), series.New([]string{}, series.String, "s"))
		check(t, upload(ctx, s, "empty", empty))
		df, err := fetch(ctx, s, "empty")
		check(t, err)
		if df.Nrow() != 0 || !slices.Equal(df.Names(), []string{"n", "s"}) {
			t.Errorf("the empty table came back as %v", df)
		}
		// The raw table, by way of a frame.
		want := sampleCustomers(t)
		check(t, upload(ctx, s, s.Tables().Customers, frames.FromCustomers(ctx, want)))
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, want)
		df, err = fetch(ctx, s, s.Tables().Customers)
		check(t, err)
		got, err = frames.ToCustomers(ctx, df)
		check(t, err)
		sameCustomers(t, got, want)
	})
}

func TestSaveTableRefuses(t *testing.T) {
	one := func(name string, v any) dataframe.DataFrame {
		return dataframe.New(series.New([]any{v}, series.Float, name))
	}
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		check(t, upload(ctx, s, "plain", frame()))
		long := strings.Repeat("n", 1001)
		execute(t, s, "CREATE TABLE foreigner (position integer, n integer, x integer)")
		wantError(t, upload(ctx, s, "foreigner", one("y", 1.0)), ErrColumns, "position, n, x", "position, y")
		wantError(t, upload(ctx, s, "inf", one("y", math.Inf(1))), ErrValue, "column y", "+Inf")
		wantError(t, upload(ctx, s, "", one("y", 1.0)), ErrName, "empty")
		wantError(t, upload(ctx, s, "a\x00b", one("y", 1.0)), ErrName, "zero")
		wantError(t, upload(ctx, s, "\xff", one("y", 1.0)), ErrName, "UTF-8")
		wantError(t, upload(ctx, s, long, one("y", 1.0)), ErrName, "1001 bytes")
		wantError(t, upload(ctx, s, "names", one("position", 1.0)), ErrName, "position")
		wantError(t, upload(ctx, s, "names", one("a\x00", 1.0)), ErrName, "column")
		wantError(t, upload(ctx, s, "names", dataframe.New(series.New([]int{1}, series.Int, "a"), series.New([]int{1}, series.Int, "A"))), ErrName, "case")
		if err := upload(ctx, s, "names", dataframe.DataFrame{Err: os.ErrInvalid}); err == nil {
			t.Error("a frame in error was uploaded")
		}
		wantError(t, upload(ctx, s, "names", dataframe.DataFrame{}), ErrColumns, "no columns")
		_, err := fetch(ctx, s, "names")
		wantError(t, err, ErrNoTable, `"names"`, "plain")
		_, err = fetch(ctx, s, "")
		wantError(t, err, ErrName)
		if df, err := fetch(ctx, s, "plain"); err != nil || csv(t, df) != csv(t, frame()) {
			t.Errorf("after all this the table is %v, %v", df, err)
		}
	})
}
