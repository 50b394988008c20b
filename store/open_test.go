package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

func TestOpenRefusesURLs(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	const secret = "s3cr3t"
	for _, url := range []string{
		"",
		"sqlite:",
		"sqlite:" + t.TempDir(),
		"sqlite:a\x00" + secret,
		"mysql://u:" + secret + "@host/db",
		"u:" + secret + "@host/db",
		"host=/nowhere password=" + secret,
		"postgres://u:pa/" + secret + "@host/db",
		"postgres://u:1/" + secret + "@host/db",
		"postgres://u:1#" + secret + "@host/db",
		"postgres://u:1?" + secret + "@host/db",
		"postgres://u:" + secret + "%zz@host/db",
		"postgres://u:" + secret + "@host:port/db",
		"postgres://u:" + secret + "@host:99999/db",
		"postgres://u:" + secret + " @host/db\x7f",
		"postgres:u:" + secret,
		"postgres://u:" + secret + "@host/db?sslmode=" + secret,
		"postgres://u:" + secret + "@host/db?connect_timeout=" + secret,
	} {
		_, err := Open(context.Background(), url, Options{RetryFor: -1})
		if err == nil {
			t.Errorf("%q was opened", url)
			continue
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error gives the secret away: %v", url, err)
		}
		if !errors.Is(err, ErrURL) {
			t.Errorf("%q: the error is %v; want ErrURL", url, err)
		}
	}
}

func TestOpenTakesTheEnvironment(t *testing.T) {
	file := filepath.Join(t.TempDir(), "from environment.db")
	t.Setenv("DATABASE_URL", "sqlite:"+file)
	open(t, "", Options{Migrate: true})
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

func TestOpenFindsNoServer(t *testing.T) {
	const secret = "s3cr3t"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	closed := l.Addr().String()
	l.Close()
	for url, text := range map[string]string{
		"postgres://u:" + secret + "@" + closed + "/db?sslmode=disable":                             closed,
		"postgres://u:" + secret + "@/db?sslmode=disable&host=/nowhere":                             "the socket in /nowhere",
		"postgres://u:" + secret + "@name.invalid/db?sslmode=disable":                               "name.invalid:5432",
		"postgres://u:" + secret + "@" + closed + "/db?sslmode=verify-full&sslrootcert=/nowhere/ca": "",
	} {
		start := time.Now()
		_, err := Open(context.Background(), url, Options{})
		if text != "" {
			wantError(t, err, ErrUnreachable, text, "opening the database")
		}
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error is %v", url, err)
		}
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: this took %v", url, d)
		}
	}
}

func TestOpenIsRefused(t *testing.T) {
	server := ownServer(t, pgtest.Options{})
	s := open(t, server.URL("postgres"), Options{Migrate: true})
	const secret = "s3cr3t-s3cr3t"
	for _, q := range []string{
		"CREATE ROLE " + pgtest.Locked + " LOGIN PASSWORD '" + secret + "'",
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
		"CREATE DATABASE closed",
	} {
		_, err := s.DB().Exec(q)
		check(t, err)
	}
	ctx := context.Background()
	_, err := Open(ctx, server.URLAs(pgtest.Locked, "wrong-"+secret, "postgres"), Options{})
	wantError(t, err, ErrLogin, `role "locked"`, "password")
	if strings.Contains(err.Error(), secret) {
		t.Errorf("the error gives the password away: %v", err)
	}
	_, err = Open(ctx, server.URLAs(pgtest.Locked, "", "postgres"), Options{})
	if err == nil {
		t.Error("a role that needs a password came in without")
	}
	_, err = Open(ctx, server.URLAs("nobody", "", "postgres"), Options{})
	wantError(t, err, ErrLogin, `role "nobody"`)
	_, err = Open(ctx, server.URL("nothing"), Options{})
	wantError(t, err, ErrNoDatabase, "nothing", "create it first")

	// The least privileges, as the README has them.
	_, err = Open(ctx, server.URLAs(pgtest.Locked, secret, "postgres"), Options{})
	wantError(t, err, ErrPrivilege, "segmentation_migrations")
	_, err = s.DB().Exec("GRANT SELECT ON segmentation_migrations TO locked")
	check(t, err)
	low := open(t, server.URLAs(pgtest.Locked, secret, "postgres"), Options{})
	wantError(t, func() error { _, err := low.ReadCustomers(ctx); return err }(), ErrPrivilege, "customers")
	_, err = low.SaveCustomers(ctx, All(odd()))
	wantError(t, err, ErrPrivilege)
	_, err = Open(ctx, server.URLAs(pgtest.Locked, secret, "closed"), Options{Migrate: true})
	wantError(t, err, ErrPrivilege, "migrating")
	grant := func(format string, args ...any) {
		t.Helper()
		_, err := s.DB().Exec(fmt.Sprintf(format, args...))
		check(t, err)
	}
	tables := s.Tables()
	m, _, _ := trained(t, sampleCustomers(t)[:200], 1)
	_, err = s.SaveModel(ctx, "shop", m, SaveOptions{Activate: true})
	check(t, err)
	ingestFile(t, s, samplePath)
	grant("GRANT SELECT ON %s, %s, %s TO locked", tables.Customers, tables.Models, tables.Activations)
	_, err = score(low, "shop", FetchOptions{})
	wantError(t, err, ErrPrivilege, tables.Scores)
	grant("GRANT INSERT ON %s TO locked", tables.Scores)
	n, err := score(low, "shop", FetchOptions{})
	check(t, err)
	if n != 2000 {
		t.Errorf("%d customers were scored; want 2000", n)
	}
	check(t, s.SaveTable(ctx, "kept", shop(t)))
	_, err = low.ReadTable(ctx, "kept", TableOptions{})
	wantError(t, err, ErrPrivilege, "kept")
	grant("GRANT SELECT ON kept TO locked")
	kept, err := low.ReadTable(ctx, "kept", TableOptions{})
	check(t, err)
	if kind := kept.Series("share").Kind(); kind != features.Amount {
		t.Errorf("without the privilege on %s the share is %s", tables.Columns, kind)
	}
	grant("GRANT SELECT ON %s TO locked", tables.Columns)
	kept, err = low.ReadTable(ctx, "kept", TableOptions{})
	check(t, err)
	sameTable(t, kept, shop(t))
	wantError(t, low.SaveTable(ctx, "kept", shop(t)), ErrPrivilege)
	grant("GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO locked", tables.Customers)
	_, err = low.Upsert(ctx, All(odd()))
	check(t, err)
	grant("GRANT SELECT, INSERT, UPDATE, DELETE ON %s, %s, %s, %s, %s, %s TO locked", tables.Unencoded, tables.Encoded, tables.Merged, tables.Models, tables.Activations, tables.Scores)
	for i, op := range crashOps {
		check(t, crashOp(ctx, low, op, i, 50, m))
	}
	_, err = low.Rollback(ctx, "shop", ActivateOptions{})
	check(t, err)
}

func TestNotMigrated(t *testing.T) {
	onAll(t, func(t *testing.T, url string) {
		ctx := context.Background()
		s := open(t, url, Options{})
		_, err := s.ReadCustomers(ctx)
		wantError(t, err, ErrNotMigrated, "migrate the database first", `"customers"`)
		wantError(t, err, ErrNoTable)
		_, err = s.SaveCustomers(ctx, All(odd()))
		wantError(t, err, ErrNotMigrated)
		_, err = s.ListModels(ctx)
		wantError(t, err, ErrNotMigrated, "segmentation_models")
		_, err = s.History(ctx, "1")
		wantError(t, err, ErrNotMigrated)
		check(t, s.Migrate(ctx))
		check(t, s.Migrate(ctx))
		_, err = s.SaveCustomers(ctx, All(odd()))
		check(t, err)
	})
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			s := open(t, url, Options{Migrate: true})
			_, err := s.DB().Exec(s.DB().Rebind("INSERT INTO segmentation_migrations (version_id, is_applied) VALUES (?, ?)"), 99, true)
			check(t, err)
			for _, o := range []Options{{}, {Migrate: true}} {
				_, err = Open(context.Background(), url, o)
				wantError(t, err, ErrNewer, "version 99", "up to 5")
			}
			wantError(t, s.Migrate(context.Background()), ErrNewer)
		})
	}
}

// Programs that start together on an empty database all find it ready.
func TestConcurrentMigrations(t *testing.T) {
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					s, err := Open(context.Background(), url, Options{Migrate: true})
					if err != nil {
						t.Error(err)
						return
					}
					defer s.Close()
					c := odd()[0]
					c.ID = strconv.Itoa(i)
					if _, err := s.Append(context.Background(), All([]features.Customer{c})); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			s := open(t, url, Options{})
			n, err := s.Count(context.Background(), "customers")
			check(t, err)
			if n != 8 {
				t.Errorf("%d customers; want 8", n)
			}
			var steps int
			check(t, s.DB().Get(&steps, "SELECT count(*) FROM segmentation_migrations"))
			if steps != int(schemaVersion)+1 { // goose notes a version 0 too
				t.Errorf("%d steps are noted; want %d", steps, schemaVersion+1)
			}
		})
	}
}

func TestTableNames(t *testing.T) {
	evil := Tables{
		Customers: `x"; drop table customers; --`, Unencoded: "With Blanks", Encoded: "ü'", Merged: "select",
		Models: "a\nb;\n-- +goose Down", Activations: "{bigint}", Scores: "$1 ? %s", Columns: "select; --\n", Migrations: "versions_2",
	}
	onAll(t, func(t *testing.T, url string) {
		ctx := context.Background()
		first := open(t, url, Options{Migrate: true})
		ingestFile(t, first, samplePath)
		s := open(t, url, Options{Migrate: true, Tables: evil})
		if s.Tables() != evil {
			t.Errorf("the tables are %+v", s.Tables())
		}
		customers := sampleCustomers(t)[:300]
		_, err := s.SaveCustomers(ctx, All(customers))
		check(t, err)
		_, err = s.Upsert(ctx, All(customers[:10]))
		check(t, err)
		m, table, p := trained(t, customers, 1)
		encoded, err := table.Encode(ctx, features.EncodeOptions{})
		check(t, err)
		check(t, s.SaveResults(ctx, &Results{Table: table, Encoded: encoded, Predictions: p}))
		_, err = s.SaveModel(ctx, `'; drop table customers; --`, m, SaveOptions{Activate: true})
		check(t, err)
		_, err = score(s, `'; drop table customers; --`, FetchOptions{})
		check(t, err)
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, customers)
		df, err := fetch(ctx, s, evil.Merged)
		check(t, err)
		if df.Nrow() != table.Len() {
			t.Errorf("the merged table has %d rows; want %d", df.Nrow(), table.Len())
		}
		if n, err := first.Count(ctx, "customers"); err != nil || n != 2000 {
			t.Errorf("the other set of tables has %d customers, %v", n, err)
		}

		for _, bad := range []Tables{
			{Customers: "a\x00b"}, {Customers: "\xff"}, {Customers: strings.Repeat("n", 2000)},
			{Customers: "same", Merged: "same"}, {Migrations: "a b"}, {Migrations: "1a"}, {Migrations: "a;"},
		} {
			_, err := Open(ctx, url, Options{Tables: bad})
			wantError(t, err, ErrName, "table")
		}
	})
}

// A second set of tables needs a second table of migrations, and is told so.
func TestOtherNamesInOneDatabase(t *testing.T) {
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			open(t, url, Options{Migrate: true})
			_, err := Open(context.Background(), url, Options{Migrate: true, Tables: Tables{Merged: "other"}})
			wantError(t, err, ErrNotMigrated, `"other"`, "a migrations table of its own", "customers_merged")
		})
	}
}

// plainDriver hides what lib/pq has beyond database/sql, as another driver
// would.
type plainDriver struct{ url string }

func (d plainDriver) Open(string) (driver.Conn, error) {
	c, err := pq.Open(d.url)
	if err != nil {
		return nil, err
	}
	return struct{ driver.Conn }{c}, nil
}

func (d plainDriver) Connect(context.Context) (driver.Conn, error) { return d.Open("") }
func (d plainDriver) Driver() driver.Driver                        { return d }

func TestOpenDB(t *testing.T) {
	ctx := context.Background()
	pools := map[string]func(url string) *sql.DB{
		"lib/pq": func(url string) *sql.DB {
			db, err := sql.Open("postgres", url)
			check(t, err)
			return db
		},
		"another driver": func(url string) *sql.DB { return sql.OpenDB(plainDriver{url}) },
	}
	for name, pool := range pools {
		t.Run(name, func(t *testing.T) {
			db := pool(schemaURL(t))
			defer db.Close()
			s, err := OpenDB(ctx, db, Options{Migrate: true})
			check(t, err)
			if s.Dialect() != Postgres || s.DB().DB != db {
				t.Errorf("the dialect is %s", s.Dialect())
			}
			ingestFile(t, s, samplePath)
			got, err := s.ReadCustomers(ctx)
			check(t, err)
			sameCustomers(t, got, sampleCustomers(t))
			_, err = s.Upsert(ctx, All(odd()))
			check(t, err)
			_, err = s.Append(ctx, All(odd()))
			wantError(t, err, ErrDuplicate)
			check(t, upload(ctx, s, "frame", frame()))
			df, err := fetch(ctx, s, "frame")
			check(t, err)
			if csv(t, df) != csv(t, frame()) {
				t.Errorf("the frame came back as %v", df)
			}
			m, _, _ := trained(t, sampleCustomers(t)[:300], 1)
			_, err = s.SaveModel(ctx, "shop", m, SaveOptions{Activate: true})
			check(t, err)
			_, err = score(s, "shop", FetchOptions{})
			check(t, err) // the income of 1e300 that is among odd decides, and has a distance
			ingestFile(t, s, samplePath)
			_, err = score(s, "shop", FetchOptions{})
			check(t, err)
			check(t, s.Close())
			if err := db.Ping(); err != nil {
				t.Errorf("Close closed the caller's pool: %v", err)
			}
		})
	}
	_, err := OpenDB(ctx, nil, Options{})
	wantError(t, err, ErrOption)
}

func TestClosed(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		check(t, s.Close())
		_, err := s.ReadCustomers(context.Background())
		wantError(t, err, ErrClosed)
		_, err = s.SaveCustomers(context.Background(), All(odd()))
		wantError(t, err, ErrClosed)
	})
}
