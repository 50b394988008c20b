package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/features"
	frames "github.com/customer-personality/segmentation/features/dataframe"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
)

// withoutTextIDs opens a database whose tables are as they were before ids
// were text, with three customers in each of them.
func withoutTextIDs(t *testing.T, url string) *Store {
	t.Helper()
	ctx := context.Background()
	s := open(t, url, Options{})
	provider, err := s.provider()
	check(t, err)
	_, err = provider.UpTo(ctx, textIDs-1)
	check(t, err)
	for i, id := range []int64{5524, -7, 1 << 53} {
		values := fmt.Sprintf("%d, %d, 1957, 'PhD', NULL, 58138.5, 0, 1, '2012-09-04', 5%s", i+1, id, strings.Repeat(", 1", 20))
		for _, table := range []string{s.tables.Customers, s.tables.Unencoded, s.tables.Merged} {
			columns := append([]string{"position"}, names(features.Columns())...)
			row := values
			if table != s.tables.Customers {
				columns = append(columns, names(features.EngineeredColumns())...)
				row += ", 28, 57, 6, 'Partner', 1, 3, true, 'Postgraduate', 'Adult'"
			}
			if table == s.tables.Merged {
				columns = append(columns, "cluster", "tier")
				row += ", 2, 'Gold'"
			}
			_, err := s.DB().Exec("INSERT INTO " + quote(table) + " (" + quoteAll(columns) + ") VALUES (" + row + ")")
			check(t, err)
		}
		for version := 1; version <= 2; version++ {
			_, err := s.DB().Exec(fmt.Sprintf("INSERT INTO %s (customer_id, model, version, cluster, tier, distance, scored_at) VALUES (%d, 'shop', %d, 0, 'Tier %[3]d', 0.5, '2020-01-01T00:00:00.000000Z')", quote(s.tables.Scores), id, version))
			check(t, err)
		}
	}
	return s
}

var oldIDs = []string{"5524", "-7", "9007199254740992"}

func customerIDs(t *testing.T, s *Store, table string) []string {
	t.Helper()
	var ids []string
	for c, err := range s.FetchCustomers(context.Background(), FetchOptions{Table: table}) {
		check(t, err)
		ids = append(ids, c.ID)
	}
	return ids
}

// What is in the tables stays, and their ids become text.
func TestOldIDsBecomeText(t *testing.T) {
	m, _, _ := trained(t, sampleCustomers(t)[:300], 1)
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			s := withoutTextIDs(t, db.url(t))
			defer s.Close()
			checkNotMigrated(t, s)
			check(t, s.CreateScoringView(t.Context(), "tiers", m, ViewOptions{}))
			tiers := madeByOthers(t, s)
			check(t, s.Migrate(t.Context()))
			checkMigrated(t, s)
			checkOthers(t, s, tiers)
			checkUniqueIDs(t, s)
		})
	}
}

func checkOldIDs(t *testing.T, s *Store, when string) {
	t.Helper()
	for _, table := range []string{s.tables.Customers, s.tables.Unencoded, s.tables.Merged} {
		if got := customerIDs(t, s, table); !slices.Equal(got, oldIDs) {
			t.Errorf("%s: the ids of %s are %q", when, table, got)
		}
	}
}

// checkNotMigrated checks that the tables are read as ever, and not written.
func checkNotMigrated(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	checkOldIDs(t, s, "before")
	_, err := s.Append(ctx, All(odd()))
	wantError(t, err, ErrNotMigrated, `the column "id" of "customers" holds numbers`, "call Migrate")
	_, err = s.AppendScores(ctx, func(yield func(Score, error) bool) {
		yield(Score{CustomerID: "0001", Model: "shop", Version: 1, Tier: "Gold"}, nil)
	})
	wantError(t, err, ErrNotMigrated, `the column "customer_id" of "segmentation_scores" holds numbers`)
	wantError(t, s.SaveResults(ctx, &Results{Table: testenv.Must(features.Engineer(ctx, odd()[:1], features.AsOf(day("2015-01-01"))))}), ErrNotMigrated, "customers_unencoded")
}

// madeByOthers makes views, an index and a role of the tables, as others do, and returns
// the tiers in a view.
func madeByOthers(t *testing.T, s *Store) (tiers []string) {
	t.Helper()
	others := []string{
		"CREATE VIEW \"of Tiers\" AS SELECT id, tier FROM tiers",
		"CREATE VIEW elsewhere AS SELECT income FROM customers",
		"CREATE INDEX by_birth ON customers (year_birth, id)",
	}
	if s.Dialect() == Postgres {
		others = append(others, "CREATE ROLE \"Reader of "+t.Name()+"\"", "GRANT SELECT ON \"of Tiers\" TO \"Reader of "+t.Name()+"\" WITH GRANT OPTION", "GRANT SELECT ON tiers TO PUBLIC", "ALTER VIEW tiers SET (security_barrier = true)")
	}
	for _, q := range others {
		_, err := s.DB().Exec(q)
		check(t, err)
	}
	check(t, s.DB().Select(&tiers, "SELECT tier FROM tiers ORDER BY id"))
	return tiers
}

// checkMigrated checks that what was in the tables is there.
func checkMigrated(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	checkOldIDs(t, s, "migrated")
	c, err := s.ReadCustomers(ctx)
	check(t, err)
	if got := c[0]; got.YearBirth != 1957 || got.Education != "PhD" || got.MaritalStatus != "" || got.Income != 58138.5 || !got.DtCustomer.Equal(day("2012-09-04")) || got.Recency != 5 || got.Response != 1 {
		t.Errorf("a customer came out as %+v", got)
	}
	df, err := fetch(ctx, s, s.tables.Merged)
	check(t, err)
	if df.Nrow() != 3 || df.Col("tier").Elem(2).String() != "Gold" || df.Col("is_parent").Elem(0).String() != "true" {
		t.Errorf("the merged table is %v", df)
	}
	for _, id := range oldIDs {
		h, err := s.History(ctx, id)
		check(t, err)
		if len(h) != 2 || h[0].CustomerID != id || h[0].Tier != "Tier 1" || h[1].Tier != "Tier 2" || h[1].ScoredAt.Year() != 2020 {
			t.Errorf("the history of %s is %+v", id, h)
		}
	}
	changes, err := s.TierChanges(ctx, "shop", 1, 2)
	check(t, err)
	if want := []TierChange{{"5524", "Tier 1", "Tier 2"}, {"-7", "Tier 1", "Tier 2"}, {"9007199254740992", "Tier 1", "Tier 2"}}; !slices.Equal(changes, want) {
		t.Errorf("the changes of tier are %v", changes)
	}
}

// checkOthers checks that the views of others give text, that who could read them can,
// and that the index is there.
func checkOthers(t *testing.T, s *Store, tiers []string) {
	t.Helper()
	type row struct{ ID, Tier string }
	var rows []row
	check(t, s.DB().Select(&rows, `SELECT id, tier FROM "of Tiers"`))
	if len(rows) != 3 || !slices.ContainsFunc(rows, func(r row) bool { return r.ID == "5524" && r.Tier == tiers[1] }) {
		t.Errorf("the view gives %v; want the tiers %q", rows, tiers)
	}
	var n int
	check(t, s.DB().Get(&n, "SELECT count(income) FROM elsewhere"))
	if s.Dialect() == Postgres {
		var may []bool
		check(t, s.DB().Select(&may, `SELECT has_table_privilege($1, '"of Tiers"', 'SELECT WITH GRANT OPTION') UNION ALL SELECT has_table_privilege($1, 'tiers', 'SELECT')`, "Reader of "+t.Name()))
		if !slices.Equal(may, []bool{true, true}) {
			t.Errorf("the role may read: %v", may)
		}
		var options string
		check(t, s.DB().Get(&options, "SELECT reloptions::text FROM pg_class WHERE relname = 'tiers'"))
		if options != "{security_barrier=true}" {
			t.Errorf("the view has the options %s", options)
		}
		_, err := s.DB().Exec(`DROP OWNED BY "Reader of ` + t.Name() + `"`)
		check(t, err)
		_, err = s.DB().Exec(`DROP ROLE "Reader of ` + t.Name() + `"`)
		check(t, err)
	}
	catalog := "SELECT count(*) FROM sqlite_master WHERE name = 'by_birth'"
	if s.Dialect() == Postgres {
		catalog = "SELECT count(*) FROM pg_class WHERE relname = 'by_birth'"
	}
	check(t, s.DB().Get(&n, catalog))
	if n != 1 {
		t.Error("the index of others is gone")
	}
}

// checkUniqueIDs checks that ids are text, each once.
func checkUniqueIDs(t *testing.T, s *Store) {
	t.Helper()
	ctx := t.Context()
	extra := odd()[0]
	extra.ID = "05524"
	_, err := s.Append(ctx, All([]features.Customer{extra}))
	check(t, err)
	_, err = s.Append(ctx, All([]features.Customer{extra}))
	wantError(t, err, ErrDuplicate)
	extra.ID = "5524"
	_, err = s.Append(ctx, All([]features.Customer{extra}))
	wantError(t, err, ErrDuplicate)
	_, err = s.Upsert(ctx, All([]features.Customer{extra}))
	check(t, err)
	if got, want := customerIDs(t, s, s.tables.Customers), append(slices.Clone(oldIDs), "05524"); !slices.Equal(got, want) {
		t.Errorf("the ids are %q, want %q", got, want)
	}
	_, err = s.AppendScores(ctx, func(yield func(Score, error) bool) {
		yield(Score{CustomerID: "05524", Model: "shop", Version: 2, Tier: "Gold"}, nil)
	})
	check(t, err)
	if h, err := s.History(ctx, "05524"); err != nil || len(h) != 1 {
		t.Errorf("the history is %v, %v", h, err)
	}
	var n int
	check(t, s.DB().Get(&n, "SELECT max(position) FROM "+quote(s.tables.Scores)))
	if n != 7 {
		t.Errorf("the last score has the position %d; want 7", n)
	}
}

// A view that cannot be made over text leaves everything as it was, and is
// named.
func TestOldIDsInUse(t *testing.T) {
	s := withoutTextIDs(t, schemaURL(t))
	_, err := s.DB().Exec("CREATE VIEW next_id AS SELECT id + 1 AS next FROM customers")
	check(t, err)
	err = s.Migrate(context.Background())
	if err == nil || !strings.Contains(err.Error(), "next_id") || !strings.Contains(err.Error(), "operator does not exist") {
		t.Errorf("the error is %v", err)
	}
	if got := customerIDs(t, s, s.tables.Customers); !slices.Equal(got, oldIDs) {
		t.Errorf("the ids are %q", got)
	}
	var next int64
	check(t, s.DB().Get(&next, "SELECT max(next) FROM next_id"))
	_, err = s.DB().Exec("DROP VIEW next_id")
	check(t, err)
	check(t, s.Migrate(context.Background()))
}

// Every kind of id comes back from every table as it stood in the file.
func TestEveryKindOfID(t *testing.T) {
	customers := odd()
	m, _, _ := trained(t, sampleCustomers(t)[:300], 1)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var file strings.Builder
		w := features.NewWriter(&file)
		for i := range customers {
			check(t, w.Write(&customers[i]))
		}
		check(t, w.Flush())
		_, err := s.Ingest(ctx, strings.NewReader(strings.Replace(file.String(), "id,", "Client No.,", 1)), IngestOptions{})
		check(t, err)
		want := make([]string, len(customers))
		for i, c := range customers {
			want[i] = c.ID
		}
		table, err := features.Engineer(ctx, customers, features.AsOf(day("2015-01-01")))
		if err != nil {
			t.Fatal(err)
		}
		check(t, s.SaveResults(ctx, &Results{Table: table}))
		check(t, s.SaveResults(ctx, &Results{Table: table, Predictions: make([]segment.Prediction, len(customers))}))
		_, err = s.UploadCustomers(ctx, "mine", All(customers))
		check(t, err)
		check(t, upload(ctx, s, "frame", frames.FromCustomers(ctx, customers)))
		for _, name := range []string{s.tables.Customers, s.tables.Unencoded, s.tables.Merged, "mine", "frame"} {
			if got := customerIDs(t, s, name); !slices.Equal(got, want) {
				t.Errorf("%s has the ids\n%q\nwant\n%q", name, got, want)
			}
			df, err := fetch(ctx, s, name)
			check(t, err)
			if got := df.Col("id").Records(); !slices.Equal(got, want) {
				t.Errorf("the frame of %s has the ids\n%q\nwant\n%q", name, got, want)
			}
		}
		check(t, s.CreateScoringView(ctx, "tiers", m, ViewOptions{}))
		var ids []string
		check(t, s.DB().Select(&ids, "SELECT id FROM tiers"))
		slices.Sort(ids)
		if sorted := slices.Sorted(slices.Values(want)); !slices.Equal(ids, sorted) {
			t.Errorf("the view has the ids\n%q\nwant\n%q", ids, sorted)
		}
		_, err = s.AppendScores(ctx, func(yield func(Score, error) bool) {
			for _, id := range want {
				for version := range Version(2) {
					if !yield(Score{CustomerID: id, Model: "shop", Version: version + 1, Tier: version.String()}, nil) {
						return
					}
				}
			}
		})
		check(t, err)
		for _, id := range want {
			h, err := s.History(ctx, id)
			if err != nil || len(h) != 2 || h[0].CustomerID != id || h[1].CustomerID != id {
				t.Errorf("the history of %q is %v, %v", id, h, err)
			}
		}
		changes, err := s.TierChanges(ctx, "shop", 1, 2)
		check(t, err)
		if len(changes) != len(want) || changes[3].CustomerID != want[3] {
			t.Errorf("the changes of tier are %v", changes)
		}
		for i, c := range customers {
			c.Recency = i
			customers[i] = c
		}
		_, err = s.Upsert(ctx, All(customers))
		check(t, err)
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		for i, c := range got {
			if c.ID != want[i] || c.Recency != i {
				t.Errorf("customer %d is %q with the recency %d; want %q", i, c.ID, c.Recency, want[i])
			}
		}
		_, err = s.AppendScores(ctx, func(yield func(Score, error) bool) { yield(Score{Model: "shop", Version: 1, Tier: "Gold"}, nil) })
		wantError(t, err, ErrValue, `the customer ""`)
	})
}

// Tables of others may have ids of other types; they are read as text.
func TestIDsOfOtherTables(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		_, err := s.UploadCustomers(ctx, "mine", All(odd()[:1]))
		check(t, err)
		rest := quoteAll(names(features.Columns())[1:])
		for _, test := range []struct{ typ, value, want string }{
			{"bigint", "5524", "5524"}, {"smallint", "7", "7"}, {s.dialect.types()["double"], "5524.0", "5524"}, {"varchar(9)", "'0001'", "0001"}, {"char(4)", "'0001'", "0001"},
		} {
			_, err = s.DB().Exec("CREATE TABLE other (id " + test.typ + ")")
			check(t, err)
			_, err = s.DB().Exec("INSERT INTO other VALUES (" + test.value + ")")
			check(t, err)
			_, err = s.DB().Exec("CREATE VIEW theirs AS SELECT other.id, " + rest + " FROM other, mine")
			check(t, err)
			if got := customerIDs(t, s, "theirs"); !slices.Equal(got, []string{test.want}) {
				t.Errorf("%s %s is read as %q", test.typ, test.value, got)
			}
			_, err = s.DB().Exec("DROP VIEW theirs")
			check(t, err)
			_, err = s.DB().Exec("DROP TABLE other")
			check(t, err)
		}
		_, err = s.DB().Exec("UPDATE mine SET id = ''")
		check(t, err)
		for _, err := range s.FetchCustomers(ctx, FetchOptions{Table: "mine"}) {
			wantError(t, err, ErrValue, "column id", "want an id")
		}

		// Numbers would lose what makes an id: such a table is not written.
		_, err = s.DB().Exec("DROP TABLE mine")
		check(t, err)
		columns := features.Columns()
		columns[0].Kind = features.Integer
		types := s.dialect.types()
		list := "position " + types["key"]
		for _, c := range columns {
			list += ", " + c.Name + " " + types[kindTypes[c.Kind]]
		}
		_, err = s.DB().Exec("CREATE TABLE mine (" + list + ")")
		check(t, err)
		_, err = s.UploadCustomers(ctx, "mine", All(odd()[:1]))
		wantError(t, err, ErrColumns, `the column "id" of "mine" holds numbers, and ids are text`, "drop the table")
	})
}

// Who has an id twice in a file is told which, and where.
func TestIngestOfRepeatedIDs(t *testing.T) {
	header := "CustomerID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n"
	row := ",1957,PhD,Single,58138,0,0,21-08-2013,635,88,546,172,88,88\n"
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		report, err := s.Ingest(ctx, strings.NewReader(header+"C1"+row+"C2"+row+"C1"+row), IngestOptions{})
		wantError(t, err, ErrDuplicate, "1 row has an id that an earlier row has: C1 (line 4)", "want one row for each customer")
		if report.IDColumn != "CustomerID" || report.RepeatedIDs.Rows != 1 {
			t.Errorf("the report is %+v", report)
		}
		report, err = s.Ingest(ctx, strings.NewReader(header+"C1"+row+"C2"+row+"C1"+row), IngestOptions{Upsert: true})
		if got := customerIDs(t, s, s.tables.Customers); err != nil || !slices.Equal(got, []string{"C2", "C1"}) && !slices.Equal(got, []string{"C1", "C2"}) || report.RepeatedIDs.Rows != 1 {
			t.Errorf("the ids are %q, %v", got, err)
		}
	})
}
