package store

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"

	"github.com/customer-personality/segmentation/features"
)

func numbers(n ...int) dataframe.DataFrame { return dataframe.New(series.New(n, series.Int, "n")) }

func execute(t *testing.T, s *Store, statements ...string) {
	t.Helper()
	for _, q := range statements {
		_, err := s.DB().Exec(q)
		check(t, err)
	}
}

// twoSchemas opens a store on each database that can have a second schema.
func twoSchemas(t *testing.T, test func(t *testing.T, s *Store, other string)) {
	t.Run("postgres", func(t *testing.T) {
		s := open(t, schemaURL(t), Options{Migrate: true})
		execute(t, s, `DROP SCHEMA IF EXISTS "other.one" CASCADE`, `CREATE SCHEMA "other.one"`)
		t.Cleanup(func() { s.DB().Exec(`DROP SCHEMA "other.one" CASCADE`) })
		test(t, s, `"other.one"`)
	})
	t.Run("sqlite", func(t *testing.T) {
		s := open(t, "sqlite::memory:", Options{Migrate: true})
		_, err := s.DB().Exec(`ATTACH ? AS "other.one"`, filepath.Join(t.TempDir(), "other.db"))
		check(t, err)
		test(t, s, `"other.one"`)
	})
}

func TestSchemas(t *testing.T) {
	m, table, p := trained(t, sampleCustomers(t)[:300], 1)
	twoSchemas(t, func(t *testing.T, s *Store, other string) {
		ctx := context.Background()
		name := other + `."my ""table"`
		check(t, upload(ctx, s, name, numbers(1, 2, 3)))
		check(t, upload(ctx, s, name, numbers(1, 2)))
		df, err := fetch(ctx, s, name)
		check(t, err)
		n, err := s.Count(ctx, name)
		check(t, err)
		if n != 2 || df.Nrow() != 2 || df.Types()[0] != series.Int {
			t.Errorf("%s has %d rows; fetched: %v", name, n, df)
		}
		var there int
		check(t, s.DB().Get(&there, `SELECT count(*) FROM "other.one"."my ""table"`))
		if there != 2 {
			t.Errorf("the table in the schema has %d rows; want 2", there)
		}
		if s.Dialect() == Postgres { // SQLite looks into attached files too
			_, err = fetch(ctx, s, `my "table`)
			wantError(t, err, ErrNoTable)
		}
		_, err = fetch(ctx, s, other+".nothing")
		wantError(t, err, ErrNoTable, `"other.one"."nothing"`, `there are my "table`)
		_, err = fetch(ctx, s, "nowhere.nothing")
		wantError(t, err, ErrNoTable, `"nowhere.nothing"`, `nor is there a schema "nowhere"`, "customers")

		// Customers, scores and views.
		customers := sampleCustomers(t)[:300]
		_, err = s.UploadCustomers(ctx, other+".crowd", All(customers))
		check(t, err)
		var got []features.Customer
		for c, err := range s.FetchCustomers(ctx, FetchOptions{Table: other + ".crowd"}) {
			check(t, err)
			got = append(got, c)
		}
		sameCustomers(t, got, customers)
		check(t, s.SaveResults(ctx, &Results{Table: table}))
		check(t, s.SaveTable(ctx, other+".plain", table))
		check(t, s.CreateScoringView(ctx, other+".tiers", m, ViewOptions{Table: other + ".plain"}))
		check(t, s.CreateScoringView(ctx, other+".tiers", m, ViewOptions{Table: other + ".plain"}))
		df, err = fetch(ctx, s, other+".tiers")
		check(t, err)
		if df.Nrow() != len(p) || df.Types()[slices.Index(df.Names(), "cluster")] != series.Int {
			t.Errorf("the view came as %v", df)
		}
		wantError(t, s.CreateScoringView(ctx, other+".plain", m, ViewOptions{}), ErrName, "another one")
	})
}

// A table whose name has a dot is itself, not one of a schema.
func TestNamesWithDots(t *testing.T) {
	m, table, _ := trained(t, sampleCustomers(t)[:300], 1)
	twoSchemas(t, func(t *testing.T, s *Store, other string) {
		ctx := context.Background()
		execute(t, s, `CREATE TABLE "a.b" (n integer)`, `INSERT INTO "a.b" VALUES (7)`)
		for _, name := range []string{"a.b", `"a.b"`} {
			n, err := s.Count(ctx, name)
			check(t, err)
			df, err := fetch(ctx, s, name)
			check(t, err)
			if n != 1 || df.Elem(0, 0).String() != "7" {
				t.Errorf("%s is %v", name, df)
			}
		}
		// Without such a schema the name is the table's.
		check(t, upload(ctx, s, "customers.csv", numbers(1, 2)))
		check(t, upload(ctx, s, "a.b.c", numbers(1)))
		check(t, upload(ctx, s, `"c.d"`, numbers(1, 2, 3)))
		for name, want := range map[string]int{"customers.csv": 2, `"customers.csv"`: 2, "a.b.c": 1, "c.d": 3, `"c.d"`: 3} {
			if n, err := s.Count(ctx, name); err != nil || n != want {
				t.Errorf("%s has %d rows and %v; want %d", name, n, err, want)
			}
		}
		// A table of the very name comes before that of the schema.
		check(t, upload(ctx, s, other+".x", numbers(1)))
		execute(t, s, `CREATE TABLE """other.one"".x" (n integer)`)
		if n, err := s.Count(ctx, other+".x"); err != nil || n != 0 {
			t.Errorf("the table in the schema was counted, %d, instead of that of the very name, %v", n, err)
		}
		check(t, s.SaveTable(ctx, "un.encoded", table))
		check(t, s.CreateScoringView(ctx, "view.of", m, ViewOptions{Table: "un.encoded"}))
		if n, err := s.Count(ctx, "view.of"); err != nil || n != table.Len() {
			t.Errorf("the view has %d rows, %v", n, err)
		}
	})
}

func TestDefaultSchema(t *testing.T) {
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "main.db"), Options{Migrate: true})
	ctx := context.Background()
	check(t, upload(ctx, s, "plain", numbers(1, 2)))
	for _, name := range []string{"main.plain", "MAIN.plain", `main."plain"`, "plain"} {
		df, err := fetch(ctx, s, name)
		check(t, err)
		if df.Nrow() != 2 {
			t.Errorf("%s has %d rows; want 2", name, df.Nrow())
		}
	}
	check(t, upload(ctx, s, "main.plain", numbers(1, 2, 3)))
	if n, err := s.Count(ctx, "plain"); err != nil || n != 3 {
		t.Errorf("the table has %d rows, %v", n, err)
	}
	m, _, _ := trained(t, sampleCustomers(t)[:300], 1)
	wantError(t, s.CreateScoringView(ctx, "main.customers", m, ViewOptions{}), ErrName, "another one")

	p := open(t, schemaURL(t), Options{Migrate: true})
	var schema string
	check(t, p.DB().Get(&schema, "SELECT current_schema()"))
	check(t, upload(ctx, p, schema+".plain", numbers(1, 2)))
	for _, name := range []string{"plain", schema + ".plain", `"` + schema + `"."plain"`} {
		if n, err := p.Count(ctx, name); err != nil || n != 2 {
			t.Errorf("%s has %d rows, %v; want 2", name, n, err)
		}
	}
	all, err := p.ReadTable(ctx, "pg_catalog.pg_namespace", TableOptions{Read: features.TableOptions{Columns: []string{"nspname"}}})
	check(t, err)
	if words := all.Series("nspname").Words(); !slices.Contains(words, schema) {
		t.Errorf("the schemas are %v", words)
	}
}

// The tables of a store can lie in another schema.
func TestTablesInASchema(t *testing.T) {
	in := func(schema string) Tables {
		return Tables{
			Customers: schema + ".c", Unencoded: schema + ".u", Encoded: schema + ".e", Merged: schema + ".m",
			Models: schema + ".models", Activations: schema + ".activations", Scores: schema + ".scores", Migrations: "other_versions",
		}
	}
	try := func(t *testing.T, url, schema string) {
		ctx := context.Background()
		s := open(t, url, Options{Migrate: true, Tables: in(schema)})
		ingestFile(t, s, samplePath)
		customers := sampleCustomers(t)
		_, err := s.Upsert(ctx, All(customers[:10]))
		check(t, err)
		m, table, p := trained(t, customers[:300], 1)
		check(t, s.SaveResults(ctx, &Results{Table: table, Predictions: p}))
		check(t, s.CreateScoringView(ctx, "tiers_of", m, ViewOptions{}))
		_, err = s.SaveModel(ctx, "m", m, SaveOptions{Activate: true})
		check(t, err)
		n, err := score(s, "m", FetchOptions{})
		check(t, err)
		if n != len(customers) {
			t.Errorf("%d customers are scored; want %d", n, len(customers))
		}
		again := open(t, url, Options{Tables: in(schema)})
		summary, err := again.Summary(ctx, "m")
		check(t, err)
		if summary.Rows.Raw != len(customers) || summary.Rows.Merged != len(p) || summary.ModelVersion != 1 || summary.Tables.Raw != schema+".c" {
			t.Errorf("the summary is %+v", summary)
		}
		wantError(t, s.CreateScoringView(ctx, schema+".c", m, ViewOptions{}), ErrName)
		_, err = Open(ctx, url, Options{Tables: Tables{Customers: schema + ".x", Merged: `"` + schema + `".x`}})
		wantError(t, err, ErrName, "a name of its own")
	}
	t.Run("sqlite", func(t *testing.T) { try(t, "sqlite:"+filepath.Join(t.TempDir(), "t.db"), "main") })
	t.Run("postgres", func(t *testing.T) {
		s := open(t, schemaURL(t), Options{})
		execute(t, s, "DROP SCHEMA IF EXISTS other_two CASCADE", "CREATE SCHEMA other_two")
		t.Cleanup(func() { s.DB().Exec("DROP SCHEMA other_two CASCADE") })
		try(t, schemaURL(t), "other_two")
		var schema string
		check(t, s.DB().Get(&schema, "SELECT table_schema FROM information_schema.tables WHERE table_name = 'activations'"))
		if schema != "other_two" {
			t.Errorf("the tables lie in %s", schema)
		}
	})
}
