package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

// impossible are values that no file of customers may hold, as SQL sets them.
var impossible = []struct{ set, says string }{
	{"year_birth = -99999999999", "year_birth"}, {"year_birth = 0", "year_birth"}, {"year_birth = 999", "year_birth"}, {"year_birth = 10000", "year_birth"},
	{"kidhome = -3", "kidhome"}, {"teenhome = 9007199254740993", "teenhome"}, {"recency = -1", "recency"}, {"num_web_purchases = -1", "num_web_purchases"},
	{"income = -1", "income"}, {"mnt_wines = -5", "mnt_wines"}, {"mnt_gold_prods = -0.01", "mnt_gold_prods"}, {"z_revenue = -11", "z_revenue"},
	{"response = 2", "response"}, {"complain = -1", "complain"}, {"accepted_cmp3 = 7", "accepted_cmp3"},
	{"dt_customer = '0044-03-15'", "dt_customer"},
}

// impossibleBy are those that only one of the databases can hold.
var impossibleBy = map[Dialect][]struct{ set, says string }{
	Postgres: {
		{"mnt_fish_products = 'Infinity'", "mnt_fish_products"}, {"mnt_fish_products = 'NaN'", "mnt_fish_products"}, {"income = '-Infinity'", "income"},
		{"dt_customer = 'infinity'", "dt_customer"}, {"dt_customer = '0044-03-15 BC'", "dt_customer"}, {"dt_customer = '20120-01-01'", "dt_customer"},
	},
	SQLite: {
		{"mnt_fish_products = 9e999", "mnt_fish_products"}, {"income = 'much'", "income"}, {"kidhome = 'two'", "kidhome"}, {"recency = 1.5", "recency"}, {"dt_customer = 'soon'", "dt_customer"},
	},
}

// A row that is no customer stops whoever does not say otherwise, with where
// and why; with Skip it is left out and counted, as in a file.
func TestImpossibleCustomers(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		all := sampleCustomers(t)[:300]
		m, _, _ := trained(t, all, 1)
		_, err := s.SaveModel(ctx, "shop", m, SaveOptions{Activate: true})
		check(t, err)
		customers := quote(s.Tables().Customers)
		for _, bad := range append(impossibleBy[s.Dialect()], impossible...) {
			_, err := s.SaveCustomers(ctx, All(all))
			check(t, err)
			_, err = s.DB().Exec(s.DB().Rebind("UPDATE "+customers+" SET "+bad.set+" WHERE id = ?"), all[100].ID)
			check(t, err)
			_, err = s.ReadCustomers(ctx)
			wantError(t, err, ErrValue, bad.says, "row 100 (counted from 0)")
			_, err = score(s, "shop", FetchOptions{})
			wantError(t, err, ErrValue, bad.says)

			var report features.Report
			n := 0
			for c, err := range s.FetchCustomers(ctx, FetchOptions{Policy: features.Skip, Report: &report}) {
				check(t, err)
				if c.ID == all[100].ID {
					t.Errorf("with %s the customer is read", bad.set)
				}
				n++
			}
			if n != 299 || report.Rows != 299 || report.BadRows != 1 || len(report.Errors) != 1 || !errors.Is(report.Errors[0], ErrValue) {
				t.Errorf("with %s %d customers are read and the report is %+v", bad.set, n, report)
			}
			if told := strings.Join(report.Warnings(), "; "); !strings.Contains(told, "1 row could not be read and had to be left out") || !strings.Contains(told, bad.says) || !strings.Contains(told, `the table "customers"`) {
				t.Errorf("with %s the report says %s", bad.set, told)
			}
			n, err = score(s, "shop", FetchOptions{Policy: features.Skip, Report: &report})
			check(t, err)
			if n != 299 || report.BadRows != 1 {
				t.Errorf("with %s %d customers are scored and %d left out", bad.set, n, report.BadRows)
			}
		}
		// Many of them: ten reasons are kept, and all are counted.
		_, err = s.DB().Exec("UPDATE " + customers + " SET kidhome = -3 WHERE position > 5")
		check(t, err)
		var report features.Report
		for _, err := range s.FetchCustomers(ctx, FetchOptions{Policy: features.Skip, Report: &report}) {
			check(t, err)
		}
		if report.Rows != 5 || report.BadRows != 295 || len(report.Errors) != 10 {
			t.Errorf("the report is %d, %d, %d reasons", report.Rows, report.BadRows, len(report.Errors))
		}
	})
}

// What the reader of files refuses in a column is refused in a table: the two
// have the same limits.
func TestTablesHaveTheLimitsOfFiles(t *testing.T) {
	s := open(t, "sqlite::memory:", Options{Migrate: true})
	ctx := context.Background()
	good := sampleCustomers(t)[:1]
	for _, c := range features.Columns() {
		if c.Kind != features.Integer && c.Kind != features.Amount && c.Kind != features.Flag || c.Name == "id" {
			continue
		}
		for _, v := range []string{"-99999999999", "-1", "0", "1", "2", "999", "1000", "9999", "10000", "9007199254740992", "9007199254740994"} {
			var file strings.Builder
			w := features.NewWriter(&file)
			check(t, w.Write(&good[0]))
			check(t, w.Flush())
			head, row, _ := strings.Cut(strings.TrimSpace(file.String()), "\n")
			cells := strings.Split(row, ",")
			for i, name := range strings.Split(head, ",") {
				if name == c.Name {
					cells[i] = v
				}
			}
			var fileErr error
			for _, fileErr = range features.Read(strings.NewReader(head+"\n"+strings.Join(cells, ",")+"\n"), features.ReadOptions{}).All(ctx) {
			}
			_, err := s.SaveCustomers(ctx, All(good))
			check(t, err)
			_, err = s.DB().Exec("UPDATE customers SET " + quote(c.Name) + " = " + v)
			check(t, err)
			if _, err := s.ReadCustomers(ctx); (err == nil) != (fileErr == nil) {
				t.Errorf("%s of %s: the file says %v, the table %v", c.Name, v, fileErr, err)
			}
		}
	}
}

// A server that is gone is told at once, and one that is back is used again.
func TestPingPostgres(t *testing.T) {
	t.Parallel() // it waits for a server or a program of its own
	server := ownServer(t, pgtest.Options{})
	s := open(t, server.URL("postgres"), Options{Migrate: true})
	ping := func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		start := time.Now()
		err := s.PingWriter(ctx)
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("the answer took %s", took)
		}
		return err
	}
	check(t, ping())
	server.Kill()
	for range 3 {
		wantError(t, ping(), ErrUnreachable)
	}
	if !s.Unavailable(ping()) {
		t.Errorf("%v does not count as unavailable", ping())
	}
	check(t, server.Restart())
	check(t, ping())
}

// A lock of another program, and a file that was taken away, are told.
func TestPingSQLite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "app.db")
	s := open(t, "sqlite:"+file, Options{Migrate: true})
	other := open(t, "sqlite:"+file, Options{})
	ctx := context.Background()
	ping := func(f func(context.Context) error) error {
		ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := f(ctx)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("the answer took %s", took)
		}
		return err
	}
	check(t, ping(s.PingWriter))
	tx, err := other.writer.Beginx()
	check(t, err)
	check(t, ping(s.Ping)) // reading goes on
	if err := ping(s.PingWriter); err == nil {
		t.Error("a locked file counts as writable")
	}
	check(t, tx.Rollback())
	check(t, ping(s.PingWriter))
	// One's own writing is no lock.
	tx, err = s.writer.Beginx()
	check(t, err)
	check(t, ping(s.PingWriter))
	check(t, tx.Rollback())

	if runtime.GOOS == "windows" {
		return
	}
	check(t, os.Rename(file, file+".away"))
	wantError(t, ping(s.Ping), ErrUnreachable, "gone")
	check(t, os.WriteFile(file, nil, 0o600))
	wantError(t, ping(s.Ping), ErrUnreachable, "another file")
	check(t, os.Rename(file+".away", file))
	check(t, ping(s.PingWriter))
}

func TestUnavailable(t *testing.T) {
	s := open(t, "sqlite::memory:", Options{})
	p := &Store{dialect: postgres{}}
	for _, err := range []error{ErrUnreachable, ErrLocked, fmt.Errorf("x: %w", ErrLocked)} {
		if !s.Unavailable(err) || !p.Unavailable(err) {
			t.Errorf("%v does not count as unavailable", err)
		}
	}
	for _, err := range []error{driver.ErrBadConn, io.ErrUnexpectedEOF, os.ErrNotExist} {
		if !p.Unavailable(err) {
			t.Errorf("%v does not count as unavailable", err)
		}
	}
	for _, err := range []error{nil, ErrValue, ErrNoModel, ErrNoTable, ErrFull, ErrUnknownOutcome, errors.New("x"), context.Canceled} {
		if s.Unavailable(err) || p.Unavailable(err) {
			t.Errorf("%v counts as unavailable", err)
		}
	}
}

// A database file is its owner's alone, with its log and its index, whatever
// the umask; one that is there keeps its mode.
func TestFileIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes")
	}
	file := filepath.Join(t.TempDir(), "app.db")
	mode := func(name string) os.FileMode {
		t.Helper()
		info, err := os.Stat(name)
		check(t, err)
		return info.Mode().Perm()
	}
	withUmask(t, 0, func() {
		s := open(t, "sqlite:"+file, Options{Migrate: true})
		ingestFile(t, s, samplePath)
		for _, name := range []string{file, file + "-wal", file + "-shm"} {
			if got := mode(name); got != 0o600 {
				t.Errorf("%s has the mode %o", filepath.Base(name), got)
			}
		}
		check(t, s.Close())
	})
	check(t, os.Chmod(file, 0o640))
	s := open(t, "sqlite:"+file, Options{Migrate: true})
	ingestFile(t, s, samplePath)
	if got := mode(file); got != 0o640 {
		t.Errorf("a file that was there has the mode %o now", got)
	}
	withUmask(t, 0o277, func() {
		s := open(t, "sqlite:"+file+"2", Options{Migrate: true})
		if got := mode(file + "2"); got != 0o600 {
			t.Errorf("under a strict umask the mode is %o", got)
		}
		check(t, s.Close())
	})
}
