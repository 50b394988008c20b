package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

// After Scrub neither the file nor its log holds a byte of what was deleted or
// replaced.
func TestScrub(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.db")
	s := open(t, "sqlite:"+file, Options{Migrate: true, LockTimeout: 300 * time.Millisecond})
	const mark = "Zqxjk-4711-distinctive"
	holds := func() bool {
		t.Helper()
		found := false
		for _, name := range []string{file, file + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			found = found || bytes.Contains(b, []byte(mark))
		}
		return found
	}
	customers := sampleCustomers(t)
	marked := slices.Clone(customers)
	for i := range 40 {
		marked[i*20].MaritalStatus = mark
	}
	seq := func(list []features.Customer) func(func(features.Customer, error) bool) {
		return func(yield func(features.Customer, error) bool) {
			for _, c := range list {
				if !yield(c, nil) {
					return
				}
			}
		}
	}
	_, err := s.SaveCustomers(ctx, seq(marked))
	check(t, err)
	_, err = s.SaveCustomers(ctx, seq(customers[:100]))
	check(t, err)
	if !holds() {
		t.Fatal("the file holds nothing of what was replaced before it is scrubbed: the test shows nothing")
	}
	// A reader holds the log back; it is not waited for without an end.
	rows, err := s.DB().Query("SELECT id FROM " + quote(s.Tables().Customers))
	check(t, err)
	if !rows.Next() {
		t.Fatal("no rows")
	}
	if err := s.Scrub(ctx, ScrubOptions{}); !errors.Is(err, ErrLocked) {
		t.Errorf("beside a reader Scrub gives %v, want %v", err, ErrLocked)
	}
	check(t, rows.Close())
	check(t, s.Scrub(ctx, ScrubOptions{}))
	if holds() {
		t.Error("after Scrub the file or its log still holds what was replaced")
	}
	n, err := s.Count(ctx, s.Tables().Customers)
	check(t, err)
	if n != 100 {
		t.Errorf("after Scrub there are %d customers, want 100", n)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if err := s.Scrub(cancelled, ScrubOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context Scrub gives %v", err)
	}
}

func TestScrubElsewhere(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) { check(t, s.Scrub(context.Background(), ScrubOptions{})) })
	check(t, open(t, "sqlite::memory:", Options{Migrate: true}).Scrub(context.Background(), ScrubOptions{}))
}

// On PostgreSQL the files of the tables, and those of its statistics, hold
// nothing of it either, also where a table has no rows any more.
func TestScrubPostgres(t *testing.T) {
	t.Parallel() // it waits for a server or a program of its own
	ctx := context.Background()
	server := ownServer(t, pgtest.Options{Settings: []string{"autovacuum = off"}})
	at, err := url.Parse(server.URL("postgres"))
	check(t, err)
	s := open(t, server.URL("postgres"), Options{Migrate: true, LockTimeout: 300 * time.Millisecond})
	const mark = "Zqxjk-4711-distinctive"
	execute := func(db execer, query string, args ...any) {
		t.Helper()
		_, err := db.ExecContext(ctx, query, args...)
		check(t, err)
	}
	holds := func() (n int) {
		t.Helper()
		execute(s.DB(), "CHECKPOINT")
		files, err := filepath.Glob(filepath.Join(at.Query().Get("host"), "data", "base", "*", "*"))
		check(t, err)
		for _, name := range files {
			b, err := os.ReadFile(name)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			if bytes.Contains(b, []byte(mark)) {
				n++
			}
		}
		return n
	}
	customers := sampleCustomers(t)[:300]
	for i := range customers {
		if i%3 == 0 {
			customers[i].MaritalStatus = mark
		}
	}
	table := quote(s.Tables().Customers)
	execute(s.DB(), "CREATE TABLE further (word text)")
	for _, all := range []bool{false, true} {
		_, err := s.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
			for _, c := range customers {
				if !yield(c, nil) {
					return
				}
			}
		})
		check(t, err)
		execute(s.DB(), "INSERT INTO "+quote(s.Tables().Columns)+" (table_name, columns) VALUES ($1, $1)", mark)
		execute(s.DB(), "DELETE FROM "+quote(s.Tables().Columns))
		execute(s.DB(), "INSERT INTO further SELECT $1 || n % 2 FROM generate_series(1, 50) n", mark)
		execute(s.DB(), "ANALYZE")
		reader, err := s.DB().BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead})
		check(t, err)
		execute(reader, "SELECT count(*) FROM "+table)
		if all {
			execute(s.DB(), "DELETE FROM "+table)
		} else {
			execute(s.DB(), "DELETE FROM "+table+" WHERE marital_status = $1", mark)
		}
		execute(s.DB(), "DELETE FROM further")
		execute(s.DB(), "VACUUM")
		if n := holds(); n < 3 {
			t.Fatalf("%d files hold what was deleted before it is scrubbed: the test shows nothing", n)
		}
		if err := s.Scrub(ctx, ScrubOptions{Tables: []string{"further"}}); !errors.Is(err, ErrLocked) {
			t.Errorf("beside a reader of before Scrub gives %v, want %v", err, ErrLocked)
		}
		check(t, reader.Rollback())
		check(t, s.Scrub(ctx, ScrubOptions{Tables: []string{"further", "there is none"}}))
		if n := holds(); n != 0 {
			t.Errorf("after Scrub %d files hold what was deleted (all rows: %v)", n, all)
		}
		n, err := s.Count(ctx, s.Tables().Customers)
		check(t, err)
		if want := map[bool]int{false: 200, true: 0}[all]; n != want {
			t.Errorf("after Scrub there are %d customers, want %d", n, want)
		}
	}
	// A role that owns the tables alone cleans those.
	execute(s.DB(), "CREATE ROLE plain LOGIN")
	execute(s.DB(), "CREATE SCHEMA theirs AUTHORIZATION plain")
	u, err := url.Parse(server.URLAs("plain", "", "postgres"))
	check(t, err)
	q := u.Query()
	q.Set("search_path", "theirs")
	u.RawQuery = q.Encode()
	check(t, open(t, u.String(), Options{Migrate: true}).Scrub(ctx, ScrubOptions{}))
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
