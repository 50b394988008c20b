package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
)

// generation makes the n-th content of all tables: its number is in every row,
// and how many rows there are follows from it.
func generation(n, rows int) ([]features.Customer, *features.Table, *features.Encoded, []segment.Prediction) {
	ctx := context.Background()
	rows += n % 7 * rows / 10
	customers := make([]features.Customer, rows)
	for i := range customers {
		customers[i] = features.Customer{
			ID: strconv.Itoa(i + 1), YearBirth: 1970, Education: "PhD", MaritalStatus: "Single", Income: float64(n),
			DtCustomer: day("2012-09-04"), Recency: n, Kidhome: rows,
		}
	}
	table := testenv.Must(features.Engineer(ctx, customers, features.AsOf(day("2015-01-01"))))
	encoded := testenv.Must(table.Encode(ctx, features.EncodeOptions{}))
	p := make([]segment.Prediction, rows)
	for i := range p {
		p[i] = segment.Prediction{Cluster: n, Tier: "Gold"}
	}
	return customers, table, encoded, p
}

// whole checks in one statement that a table holds one generation, all of it,
// and returns its number; −1 for an empty table.
func whole(ctx context.Context, s *Store, table string) (int, error) {
	var r struct {
		Rows, Least, Most, Want, Positions int
	}
	err := s.DB().GetContext(ctx, &r, fmt.Sprintf(`SELECT count(*) AS rows, coalesce(min(recency), -1) AS least, coalesce(max(recency), -1) AS most,
		coalesce(max(kidhome), 0) AS want, coalesce(max(position), 0) AS positions FROM %s`, quote(table)))
	if err != nil {
		return 0, err
	}
	if r.Least != r.Most || r.Rows != r.Want || r.Rows != r.Positions {
		return 0, fmt.Errorf("%s has %d rows of %d, positions up to %d, of the generations %d to %d", table, r.Rows, r.Want, r.Positions, r.Least, r.Most)
	}
	return r.Least, nil
}

// Eight readers and two writers: no reader sees a part of a table, an empty
// one, or two generations, and none is held up.
func TestReadersSeeWholeTables(t *testing.T) {
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			s := open(t, url, Options{Migrate: true})
			second := open(t, url, Options{}) // another program, as it were
			ctx := context.Background()
			write := func(s *Store, n int) error {
				customers, table, encoded, p := generation(n, 400)
				_, err := s.SaveCustomers(ctx, All(customers))
				return errors.Join(err, s.SaveResults(ctx, &Results{Table: table, Encoded: encoded, Predictions: p}))
			}
			check(t, write(s, 0))
			last := 2 * time.Second
			if testing.Short() {
				last /= 4
			}
			stop := time.Now().Add(last)
			var written, read atomic.Int64
			var longest atomic.Int64
			var wg sync.WaitGroup
			for w, s := range []*Store{s, second} {
				wg.Go(func() {
					for n := 1 + w; time.Now().Before(stop); n += 2 {
						if err := write(s, n); err != nil {
							t.Errorf("writer %d: %v", w, err)
							return
						}
						written.Add(1)
					}
				})
			}
			for r := range 8 {
				s := []*Store{s, second}[r%2]
				wg.Go(func() {
					tables := []string{s.Tables().Customers, s.Tables().Unencoded, s.Tables().Encoded, s.Tables().Merged}
					for i := r; time.Now().Before(stop); i++ {
						start := time.Now()
						n, err := whole(ctx, s, tables[i%4])
						if err != nil || n < 0 {
							t.Errorf("reader %d: generation %d, %v", r, n, err)
							return
						}
						if i%4 == 0 {
							list, err := s.ReadCustomers(ctx)
							if err != nil || len(list) != list[0].Kidhome || list[0].Recency != list[len(list)-1].Recency {
								t.Errorf("reader %d: %d customers, %v", r, len(list), err)
								return
							}
						}
						longest.Store(max(longest.Load(), int64(time.Since(start))))
						read.Add(1)
					}
				})
			}
			wg.Wait()
			if written.Load() < 2 || read.Load() < 8 {
				t.Errorf("only %d writes and %d reads in %v", written.Load(), read.Load(), last)
			}
			t.Logf("%d writes of four tables, %d reads, the longest %v", written.Load(), read.Load(), time.Duration(longest.Load()))
		})
	}
}

// A reader that takes its time keeps what it saw at first, and a writer does
// not wait for it.
func TestSlowReaderAndWriter(t *testing.T) {
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			s := open(t, db.url(t), Options{Migrate: true, LockTimeout: 5 * time.Second})
			ctx := context.Background()
			old, _, _, _ := generation(1, 5000)
			_, err := s.SaveCustomers(ctx, All(old))
			check(t, err)
			n := 0
			for c, err := range s.Customers(ctx) {
				check(t, err)
				if n++; n == 10 {
					fresh, _, _, _ := generation(2, 300)
					_, err := s.SaveCustomers(ctx, All(fresh))
					check(t, err)
				}
				if c.Recency != 1 {
					t.Fatalf("row %d is of generation %d", n, c.Recency)
				}
			}
			if n != len(old) {
				t.Errorf("%d rows; want %d", n, len(old))
			}
			if g, err := whole(ctx, s, "customers"); g != 2 || err != nil {
				t.Errorf("the table is of generation %d, %v; want 2", g, err)
			}
		})
	}
}

func TestWritersWaitForALimitedTime(t *testing.T) {
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			url := db.url(t)
			s := open(t, url, Options{Migrate: true})
			impatient := open(t, url, Options{LockTimeout: 200 * time.Millisecond})
			patience := s.opts.LockTimeout
			ctx := context.Background()
			begun, done := make(chan bool), make(chan bool)
			finished := make(chan error)
			go func() {
				first := true
				_, err := s.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
					for _, c := range odd() {
						if first {
							close(begun)
							<-done
							first = false
						}
						if !yield(c, nil) {
							return
						}
					}
				})
				finished <- err
			}()
			<-begun
			start := time.Now()
			_, err := impatient.SaveCustomers(ctx, All(odd()))
			wantError(t, err, ErrLocked, "wait longer for it")
			if d := time.Since(start); d > 3*time.Second {
				t.Errorf("the writer gave up after %v; want 200 ms", d)
			}
			// In one program it is the same.
			s.opts.LockTimeout = 200 * time.Millisecond
			_, err = s.SaveCustomers(ctx, All(odd()))
			wantError(t, err, ErrLocked, "wait longer for it")
			s.opts.LockTimeout = patience
			// Cancelling ends the wait as well.
			soon, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			start = time.Now()
			_, err = open(t, url, Options{}).SaveCustomers(soon, All(odd()))
			wantError(t, err, context.DeadlineExceeded)
			if d := time.Since(start); d > 1500*time.Millisecond {
				t.Errorf("the writer went on for %v after 100 ms", d)
			}
			close(done)
			check(t, <-finished)
		})
	}
}

// What is cancelled ends on the server too, within a second.
func TestCancelEndsStatements(t *testing.T) {
	slow := map[string]string{
		"postgres": "CREATE VIEW slow AS SELECT c.* FROM customers AS c, (SELECT pg_sleep(60)) AS s",
		"sqlite": `CREATE VIEW slow AS SELECT c.* FROM customers AS c
			WHERE c.id < (WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000000000) SELECT count(*) FROM r)`,
	}
	for _, db := range databases[:2] {
		t.Run(db.name, func(t *testing.T) {
			s := open(t, db.url(t), Options{Migrate: true})
			ingestFile(t, s, samplePath)
			_, err := s.DB().Exec(slow[db.name])
			check(t, err)
			for name, do := range map[string]func(context.Context) error{
				"read": func(ctx context.Context) error {
					_, err := collect(ctx, s.FetchCustomers(ctx, FetchOptions{Table: "slow"}))
					return err
				},
				"fetch": func(ctx context.Context) error { _, err := fetch(ctx, s, "slow"); return err },
				"count": func(ctx context.Context) error { _, err := s.Count(ctx, "slow"); return err },
				"write": func(ctx context.Context) error {
					_, err := s.UploadCustomers(ctx, "copy", s.FetchCustomers(ctx, FetchOptions{Table: "slow"}))
					return err
				},
			} {
				ctx, cancel := context.WithCancelCause(context.Background())
				operator := errors.New("the operator said so")
				time.AfterFunc(150*time.Millisecond, func() { cancel(operator) })
				start := time.Now()
				err := do(ctx)
				if !errors.Is(err, context.Canceled) || !errors.Is(err, operator) {
					t.Errorf("%s: the error is %v; want context.Canceled and its cause", name, err)
				}
				if d := time.Since(start); d > 1500*time.Millisecond {
					t.Errorf("%s: it went on for %v", name, d)
				}
				cancel(nil)
			}
			if db.name == "postgres" {
				deadline := time.Now().Add(time.Second)
				for {
					var busy int
					check(t, s.DB().Get(&busy, "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%\"slow\"%' AND pid <> pg_backend_pid()"))
					if busy == 0 {
						break
					}
					if time.Now().After(deadline) {
						t.Fatalf("%d statements are still running on the server", busy)
					}
					time.Sleep(20 * time.Millisecond)
				}
			}
			got, err := s.ReadCustomers(context.Background())
			check(t, err)
			sameCustomers(t, got, sampleCustomers(t))
		})
	}
}
