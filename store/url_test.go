package store

import (
	"bytes"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever stands in a URL, what cannot be read of it is not repeated. (No fuzz
// test: its instrumented build of SQLite takes minutes.)
func TestParsePostgresKeepsSecrets(t *testing.T) {
	const secret = "XSECRETX"
	urls := []string{
		"postgres://u:XSECRETX@host:5432/db?sslmode=disable", "postgres://u:pa/XSECRETX@host/db", "postgres://u:1#XSECRETX@host/db",
		"postgresql://XSECRETX", "postgres:XSECRETX", "postgres://u@host/db?password=XSECRETX&sslmode=XSECRETX", "postgres://[::1]:1/XSECRETX?host=/tmp",
		"postgres://u:%zzXSECRETX@host/db", "postgres://host/db?connect_timeout=XSECRETX", "postgres://u:XSECRETX@host/db?search_path=a&options=-c",
	}
	pieces := []string{"/", "#", "?", "@", ":", "%", "&", "=", " ", "'", "\\", "\x00", "\xff", "[", "]", "1", "host", "sslmode", secret, "postgres://"}
	rng := rand.New(rand.NewPCG(7, 7))
	refused := 0
	for i := range 20_000 {
		url := urls[i%len(urls)]
		for range rng.IntN(4) {
			at := rng.IntN(len(url) + 1)
			url = url[:at] + pieces[rng.IntN(len(pieces))] + url[min(len(url), at+rng.IntN(3)):]
		}
		cfg, err := parsePostgres(url)
		if err == nil {
			address(cfg)
			continue
		}
		refused++
		if !errors.Is(err, ErrURL) {
			t.Errorf("%q: the error is %v; want ErrURL", url, err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error repeats it: %v", url, err)
		}
	}
	if refused < 1000 || refused > 19_000 {
		t.Errorf("%d of 20,000 URLs were refused: this tests nothing", refused)
	}
}

func TestSQLiteFile(t *testing.T) {
	for _, c := range []struct{ name, file, dsn string }{
		{"shop.db", "shop.db", "file:shop.db"},
		{"//shop.db", "shop.db", "file:shop.db"},
		{"///dir/shop.db", "/dir/shop.db", "file:/dir/shop.db"},
		{"a?mode=memory#x%41.db", "a?mode=memory#x%41.db", "file:a%3Fmode=memory%23x%2541.db"},
		{"with blank ü.db", "with blank ü.db", "file:with blank ü.db"},
	} {
		file, dsn, err := sqliteFile(c.name)
		if err != nil || file != c.file || dsn != c.dsn {
			t.Errorf("%q is the file %q, %q, %v; want %q, %q", c.name, file, dsn, err, c.file, c.dsn)
		}
	}
}

func TestCutTable(t *testing.T) {
	for _, c := range []struct{ url, base, table string }{
		{"sqlite:shop.db?table=orders", "sqlite:shop.db", "orders"},
		{"sqlite:what?.db?table=my%20orders", "sqlite:what?.db", "my orders"},
		{"sqlite:what?.db", "sqlite:what?.db", ""},
		{"postgres://u:p%3Fw@h/db?sslmode=disable&table=shop.orders", "postgres://u:p%3Fw@h/db?sslmode=disable", "shop.orders"},
		{`postgres://h/db?table="a.b"&search_path=x`, "postgres://h/db?search_path=x", `"a.b"`},
		{"?table=a+b%2Bc", "", "a b+c"},
	} {
		base, table, err := cutTable(c.url)
		if err != nil || base != c.base || table != c.table {
			t.Errorf("%q is %q and %q, %v; want %q and %q", c.url, base, table, err, c.base, c.table)
		}
	}
	for _, url := range []string{"sqlite:a?table=%zz", "sqlite:a?table=b&table=c"} {
		if _, _, err := cutTable(url); !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestOpenTable(t *testing.T) {
	onAll(t, func(t *testing.T, url string) {
		if url == "sqlite::memory:" {
			return
		}
		ctx := t.Context()
		first := open(t, url, Options{})
		execute(t, first, `CREATE TABLE "my.orders" (n integer)`, `INSERT INTO "my.orders" VALUES (5)`, `CREATE VIEW seen AS SELECT n + 1 AS m FROM "my.orders"`)
		sep := "?"
		if strings.Contains(url, "?") {
			sep = "&"
		}
		for name, want := range map[string]string{"my.orders": "n integer 5", `%22my.orders%22`: "n integer 5", "seen": "m integer 6"} {
			s, table, err := OpenTable(ctx, url+sep+"table="+name, Options{})
			check(t, err)
			got, err := s.ReadTable(ctx, table, TableOptions{})
			check(t, err)
			if text := describe(got); text != want {
				t.Errorf("%s is %s; want %s", name, text, want)
			}
			if first.Dialect() == SQLite {
				wantError(t, s.Migrate(ctx), ErrReadOnly)
			}
			s.Close()
		}
		t.Setenv("DATABASE_URL", url)
		s, table, err := OpenTable(ctx, "?table=seen", Options{Migrate: true})
		if check(t, err); table != "seen" {
			t.Errorf("the table is %q", table)
		}
		s.Close()
		_, _, err = OpenTable(ctx, url, Options{})
		wantError(t, err, ErrURL, "?table=NAME", "my.orders, seen")
		_, _, err = OpenTable(ctx, url+sep+"table=my_orders", Options{})
		wantError(t, err, ErrNoTable, "there are my.orders, ")
		_, _, err = OpenTable(ctx, url+sep+"table=sen", Options{})
		wantError(t, err, ErrNoTable, "there are seen, my.orders")
		if n, err := first.version(ctx); n != 0 || err != nil {
			t.Errorf("opening a table made tables of version %d, %v", n, err)
		}
	})
	_, _, err := OpenTable(t.Context(), "sqlite:"+t.TempDir()+"/none.db?table=x", Options{})
	wantError(t, err, ErrNoDatabase, "none.db")
}

// A file of others keeps its form: nothing is written to it.
func TestOpenTableChangesNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "other.db")
	db, err := sql.Open("sqlite", name)
	check(t, err)
	_, err = db.Exec("CREATE TABLE t (n integer); INSERT INTO t VALUES (1)")
	check(t, err)
	check(t, db.Close())
	before, err := os.ReadFile(name)
	check(t, err)
	s, table, err := OpenTable(t.Context(), "sqlite:"+name+"?table=t", Options{})
	check(t, err)
	_, err = s.ReadTable(t.Context(), table, TableOptions{})
	check(t, err)
	check(t, s.Close())
	after, err := os.ReadFile(name)
	check(t, err)
	if !bytes.Equal(before, after) {
		t.Error("the file has changed")
	}
	files, err := os.ReadDir(filepath.Dir(name))
	check(t, err)
	if len(files) != 1 {
		t.Errorf("there are %d files", len(files))
	}
}
