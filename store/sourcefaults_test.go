package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"gonum.org/v1/gonum/mat"

	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/sqlsource"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

// parallelServer returns a server that takes parallel workers for small tables too.
func parallelServer(t testing.TB) *sqlx.DB {
	t.Helper()
	server := ownServer(t, pgtest.Options{Settings: []string{"max_parallel_workers_per_gather = 4", "parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0"}})
	db, err := sqlx.Open("postgres", server.URL("postgres"))
	check(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func rawSource(t testing.TB, d *sqlsource.Dataset) segment.Source {
	t.Helper()
	src, err := d.Source(nil)
	check(t, err)
	return src
}

// The bits are the same with any number of parallel workers, and with the rows in another
// order on disk.
func TestSourceParallel(t *testing.T) {
	db := parallelServer(t)
	x := pointsOf(20_000, 3)
	columns := tableOf(t, db, "points", x)
	_, err := db.Exec(`CREATE TABLE shuffled AS SELECT * FROM points ORDER BY md5(id::text)`)
	check(t, err)
	_, err = db.Exec(`ANALYZE shuffled`)
	check(t, err)
	sets := centroidSets(x, 10)
	want, err := streamOf(x).Statistics(t.Context(), sets)
	check(t, err)
	var sample *mat.Dense
	for _, table := range []string{"points", "shuffled"} {
		for _, workers := range []int{-1, 1, 2, 4} {
			src := rawSource(t, dataset(t, db, Postgres, table, columns, sqlsource.Options{Workers: workers}))
			name := fmt.Sprintf("%s, %d workers", table, workers)
			got, err := src.Statistics(t.Context(), sets)
			check(t, err)
			equalStatistics(t, name, got, want)
			drawn, err := src.Sample(t.Context(), 500, 1)
			check(t, err)
			if sample == nil {
				sample = drawn
			}
			if !mat.Equal(drawn, sample) {
				t.Errorf("%s: another sample", name)
			}
		}
	}
	var settings []string
	data := dataset(t, db, Postgres, "points", columns, sqlsource.Options{Workers: 1})
	_, err = data.Extent(t.Context(), nil)
	check(t, err)
	check(t, db.Select(&settings, `SELECT setting FROM pg_settings WHERE name IN ('jit', 'max_parallel_workers_per_gather') ORDER BY name`))
	if !slices.Equal(settings, []string{"on", "4"}) {
		t.Errorf("the settings are %q afterwards", settings)
	}
}

// slowTable makes a table of rows of which a statement takes a while.
func slowTable(t testing.TB, db *sqlx.DB) []string {
	t.Helper()
	_, err := db.Exec(`CREATE TABLE slow AS SELECT i AS id, (i * 7919 % 1009)::float8 AS x0, (i * 104729 % 997)::float8 AS x1 FROM generate_series(1, 300000::bigint) AS i`)
	check(t, err)
	_, err = db.Exec(`ANALYZE slow`)
	check(t, err)
	return []string{"x0", "x1"}
}

// endOf ends by pg_terminate_backend what the condition on pg_stat_activity finds, as soon
// as it does.
func endOf(t testing.TB, db *sqlx.DB, condition string) (ended func() bool) {
	t.Helper()
	done := make(chan bool, 1)
	go func() {
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
			var n int
			err := db.Get(&n, `SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND `+condition)
			if err != nil || n > 0 {
				done <- err == nil
				return
			}
		}
		done <- false
	}()
	return func() bool { return <-done }
}

// A pass whose worker, or whose whole connection, was ended is an error, and the next one
// has the right answer.
func TestSourceLosesWorkers(t *testing.T) {
	db := parallelServer(t)
	columns := slowTable(t, db)
	src := rawSource(t, dataset(t, db, Postgres, "slow", columns, sqlsource.Options{}))
	sets := centroidSets(pointsOf(20, 2), 10)
	want, err := src.Statistics(t.Context(), sets)
	check(t, err)
	for _, who := range []string{"backend_type = 'parallel worker'", "backend_type = 'client backend' AND query LIKE '%groups%'  AND state = 'active'"} {
		ended := endOf(t, db, who)
		var err error
		for begin := time.Now(); err == nil && time.Since(begin) < 10*time.Second; {
			_, err = src.Statistics(t.Context(), sets)
		}
		if !ended() || err == nil {
			t.Errorf("%s: nothing was ended, or no error: %v", who, err)
		}
		got, err := src.Statistics(t.Context(), sets)
		check(t, err)
		equalStatistics(t, who, got, want)
	}
}

// The end of a context ends the statement, with its cause, in a transaction of the caller
// too.
func TestSourceCancelled(t *testing.T) {
	db := parallelServer(t)
	columns := slowTable(t, db)
	tx, err := db.Beginx()
	check(t, err)
	defer tx.Rollback()
	for name, q := range map[string]sqlsource.Querier{"db": db, "tx": tx} {
		src := rawSource(t, dataset(t, q, Postgres, "slow", columns, sqlsource.Options{}))
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
		begin := time.Now()
		var err error
		for err == nil && time.Since(begin) < 10*time.Second {
			_, err = src.Statistics(ctx, centroidSets(pointsOf(20, 2), 10))
		}
		if took := time.Since(begin); !errors.Is(err, context.Canceled) || !errors.Is(err, why) || took > time.Second {
			t.Errorf("%s: after %v the error is %v", name, took, err)
		}
		time.Sleep(100 * time.Millisecond)
		var busy int
		check(t, db.Get(&busy, `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND backend_type IN ('client backend', 'parallel worker')`))
		if busy > 0 {
			t.Errorf("%s: %d processes work on", name, busy)
		}
	}
}

// A data set sees the rows of when it was opened. After a lost connection it sees others,
// and says so.
func TestSourceSnapshot(t *testing.T) {
	db := parallelServer(t)
	x := pointsOf(1000, 2)
	columns := tableOf(t, db, "points", x)
	src := rawSource(t, dataset(t, db, Postgres, "points", columns, sqlsource.Options{}))
	sets := centroidSets(x, 5)
	want, err := src.Statistics(t.Context(), sets)
	check(t, err)
	_, err = db.Exec(`DELETE FROM points WHERE id = 5`)
	check(t, err)
	_, err = db.Exec(`UPDATE points SET x0 = 7 WHERE id = 6`)
	check(t, err)
	got, err := src.Statistics(t.Context(), sets)
	check(t, err)
	equalStatistics(t, "after other rows came", got, want)

	endOf(t, db, "state = 'idle in transaction'")()
	_, err = src.Statistics(t.Context(), sets)
	if err == nil {
		t.Error("no error of a lost connection")
	}
	if _, err = src.Statistics(t.Context(), sets); !errors.Is(err, segment.ErrSource) {
		t.Errorf("a row is gone: error %v; want ErrSource", err)
	}
}

// countingDialer counts the bytes that come from a server.
type countingDialer struct{ read atomic.Int64 }

type countingConn struct {
	net.Conn
	read *atomic.Int64
}

func (c countingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read.Add(int64(n))
	return n, err
}

func (d *countingDialer) Dial(network, address string) (net.Conn, error) {
	return d.DialTimeout(network, address, 10*time.Second)
}

func (d *countingDialer) DialTimeout(network, address string, limit time.Duration) (net.Conn, error) {
	c, err := net.DialTimeout(network, address, limit)
	return countingConn{c, &d.read}, err
}

// No row leaves the database when a model is trained in it under NoSample: what comes from
// the server is a small part of what the rows take.
func TestSourceKeepsRows(t *testing.T) {
	n := 20_000
	if v, err := strconv.Atoi(os.Getenv("SOURCE_ROWS")); err == nil {
		n = v
	}
	connector, err := pq.NewConnector(postgresURL(t))
	check(t, err)
	dialer := new(countingDialer)
	connector.Dialer(dialer)
	db := sql.OpenDB(connector)
	t.Cleanup(func() { db.Close() })
	ctx := t.Context()
	_, err = db.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE kept AS SELECT
		18 + (i * 7919 %% 71) AS age, (i %% 6) * 300 + (i * 104729 %% 997) AS spent, (i * 31 %% 37) AS tenure, (i %% 4) AS children,
		CASE WHEN i %% 83 > 0 THEN (i %% 6) * 12000 + (i * 15485863 %% 20011) END AS income FROM generate_series(1, %d::bigint) AS i`, n))
	check(t, err)
	t.Cleanup(func() { db.Exec(`DROP TABLE kept`) })
	_, err = db.ExecContext(ctx, `ANALYZE kept`)
	check(t, err)
	columns := []string{"age", "spent", "tenure", "children", "income"}
	data := dataset(t, db, Postgres, "kept", columns, sqlsource.Options{NoSample: true})
	if _, err := rawSource(t, data).Sample(ctx, 10, 1); !errors.Is(err, segment.ErrOption) {
		t.Errorf("Sample under NoSample: error %v; want ErrOption", err)
	}
	before, begin := dialer.read.Load(), time.Now()
	passes := 0
	model, _, err := segment.TrainOn(ctx, data, segment.TrainOptions{Tol: 1e-4, Seed: 1, Value: []string{"income", "spent"}, Progress: func(p segment.Progress) { passes = max(passes, p.Passes) }})
	check(t, err)
	moved, took := dialer.read.Load()-before, time.Since(begin)
	t.Logf("%d rows: %v, %d passes, %d bytes from the server, k = %d", n, took, passes, moved, model.K())
	if rows := int64(n) * 20; moved > rows { // in text, a row takes 20 bytes at least
		t.Errorf("%d bytes came from the server; the rows take %d", moved, rows)
	}
	if n > 20_000 {
		pass := rawSource(t, dataset(t, db, Postgres, "kept", columns[:3], sqlsource.Options{}))
		set := centroidSets(pointsOf(20, 3), 4)[2:]
		_, err := pass.Statistics(ctx, set)
		check(t, err)
		begin := time.Now()
		_, err = pass.Statistics(ctx, set)
		check(t, err)
		t.Logf("one set, k = 4, three raw columns: %v", time.Since(begin))
	}
}

// Options and tables that are of no use are refused with the reason.
func TestSourceRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := t.Context()
		db := s.DB()
		_, err := db.ExecContext(ctx, `CREATE TABLE "Odd "" name" ("a b" INTEGER, word TEXT)`)
		check(t, err)
		open := func(o sqlsource.Options) error {
			o.Dialect = segment.Dialect(s.Dialect())
			data, err := sqlsource.Open(ctx, db, o)
			if err != nil {
				return err
			}
			defer data.Close()
			_, err = data.Extent(ctx, nil)
			return err
		}
		odd := `Odd " name`
		wantError(t, open(sqlsource.Options{Table: odd, Columns: []string{"a b"}}), segment.ErrEmpty, odd)
		_, err = db.ExecContext(ctx, `INSERT INTO "Odd "" name" VALUES (1, 'x'), (2, 'y')`)
		check(t, err)
		check(t, open(sqlsource.Options{Table: odd, Columns: []string{"a b"}}))
		wantError(t, open(sqlsource.Options{Table: odd, Columns: []string{"a b"}, Where: "word = 'z'"}), segment.ErrEmpty, "word = 'z'")
		wantError(t, open(sqlsource.Options{Table: odd, Columns: []string{"nowhere"}}), segment.ErrOption, "nowhere", "a b")
		wantError(t, open(sqlsource.Options{Table: odd}), segment.ErrOption, "Columns")
		wantError(t, open(sqlsource.Options{Columns: []string{"a"}}), segment.ErrOption, "Table")
		words := segment.ErrOption // PostgreSQL knows the type of a column, SQLite that of a value
		if s.Dialect() == SQLite {
			words = segment.ErrSource
		}
		wantError(t, open(sqlsource.Options{Table: odd, Columns: []string{"word"}}), words, "word")
		if err := open(sqlsource.Options{Table: "nothing", Columns: []string{"a"}}); err == nil || !strings.Contains(err.Error(), "nothing") {
			t.Errorf("a table that is not there: error %v", err)
		}
	})
}
