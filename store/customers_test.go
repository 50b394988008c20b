package store

import (
	"context"
	"errors"
	"io"
	"iter"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/testenv"
)

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// odd returns customers with all that is hard to keep.
func odd() []features.Customer {
	base := features.Customer{ID: "1", YearBirth: 1970, Education: "PhD", MaritalStatus: "Married", Income: 58138, DtCustomer: day("2012-09-04")}
	list := []features.Customer{base}
	add := func(f func(*features.Customer)) {
		c := base
		c.ID = strconv.Itoa(len(list) + 1)
		f(&c)
		list = append(list, c)
	}
	add(func(c *features.Customer) { c.Income = math.NaN() })
	add(func(c *features.Customer) { c.Education, c.MaritalStatus = "", "" })
	add(func(c *features.Customer) {
		c.Education = "tab\tnew\nline\rback\\slash \\N \\. 'quote' \"double\" ü 🎈"
	})
	add(func(c *features.Customer) { c.Education = `\N` })
	add(func(c *features.Customer) { c.Education = `\.` })
	add(func(c *features.Customer) { c.Education = "'); DROP TABLE customers; --" })
	add(func(c *features.Customer) { c.Income, c.MntWines = 0.1+0.2, 1e-300 })
	add(func(c *features.Customer) { c.Income, c.MntWines = 1e300, 1<<53+2 })
	add(func(c *features.Customer) { c.Income = math.Copysign(0, -1) })
	add(func(c *features.Customer) { c.ID, c.Kidhome = "-9007199254740992", math.MaxInt>>10 })
	for _, id := range []string{"0001", "12347.0", "1e5", "C10001", "c10001", "7590-VHVEG", "3F2504E0-4F89-11D3-9A0C-0305E82C3301", "99999999999999999999", `\N`, `\.`, `a\b`, "'); --", "two words", "ü 🎈", "€5", strings.Repeat("x", 256)} {
		add(func(c *features.Customer) { c.ID = id })
	}
	add(func(c *features.Customer) { c.DtCustomer, c.YearBirth = day("1000-01-01"), 1000 })
	add(func(c *features.Customer) { c.DtCustomer, c.YearBirth = day("9999-12-31"), 9999 })
	add(func(c *features.Customer) { c.Complain, c.Response, c.AcceptedCmp1 = 1, 1, 1 })
	return list
}

func TestIngestReadsBackTheFile(t *testing.T) {
	want := sampleCustomers(t)
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		var last, calls int
		f, err := os.Open(samplePath)
		check(t, err)
		defer f.Close()
		report, err := s.Ingest(ctx, f, IngestOptions{Progress: func(n int) { last, calls = n, calls+1 }})
		check(t, err)
		if report.Rows != len(want) || last != len(want) || calls != 1 {
			t.Errorf("the report counts %d rows, the %d calls of Progress %d; want %d and one call", report.Rows, calls, last, len(want))
		}
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, want)
		got, err = collect(ctx, s.Customers(ctx))
		check(t, err)
		sameCustomers(t, got, want)
		if n, err := s.Count(ctx, s.Tables().Customers); err != nil || n != len(want) {
			t.Errorf("Count gives %d and %v; want %d", n, err, len(want))
		}
		// Again: replaced, not added to.
		ingestFile(t, s, samplePath)
		got, err = s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, want)
	})
}

func TestIngestRealFile(t *testing.T) {
	path := testenv.Campaign(t)
	want, _, err := features.ReadFile(t.Context(), path, features.ReadOptions{})
	check(t, err)
	onEach(t, func(t *testing.T, s *Store) {
		if r := ingestFile(t, s, path); r.Rows != 2240 {
			t.Errorf("the report counts %d rows; want 2240", r.Rows)
		}
		got, err := s.ReadCustomers(context.Background())
		check(t, err)
		sameCustomers(t, got, want)
	})
}

func TestOddCustomersSurvive(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		n, err := s.SaveCustomers(ctx, All(odd()))
		check(t, err)
		if n != len(odd()) {
			t.Errorf("SaveCustomers counts %d; want %d", n, len(odd()))
		}
		want := odd()
		if s.Dialect() == SQLite {
			for i := range want {
				want[i].Income += 0 // SQLite knows no negative zero
			}
		}
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, want)
	})
}

func TestAppendAndUpsert(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		all := sampleCustomers(t)[:10]
		_, err := s.SaveCustomers(ctx, All(all[:4]))
		check(t, err)
		n, err := s.Append(ctx, All(all[4:6]))
		check(t, err)
		if n != 2 {
			t.Errorf("Append counts %d; want 2", n)
		}
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, all[:6])

		_, err = s.Append(ctx, All([]features.Customer{all[6], all[2]}))
		wantError(t, err, ErrDuplicate, "appending customers")
		got, err = s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, all[:6])

		// Two changed, two new, one of them there twice.
		changed, first := all[1], all[7]
		changed.Income, changed.Education = math.NaN(), "changed"
		first.Recency = 77
		n, err = s.Upsert(ctx, All([]features.Customer{all[6], first, changed, all[7]}))
		check(t, err)
		if n != 4 {
			t.Errorf("Upsert counts %d; want 4", n)
		}
		want := append([]features.Customer{all[0], changed}, all[2:8]...)
		got, err = s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, want)

		// From a file, over what is there.
		f, err := os.Open(samplePath)
		check(t, err)
		defer f.Close()
		_, err = s.Ingest(ctx, f, IngestOptions{Upsert: true})
		check(t, err)
		got, err = s.ReadCustomers(ctx)
		check(t, err)
		if len(got) != 2000 {
			t.Fatalf("after the upsert of the file there are %d customers; want 2000", len(got))
		}
		sameCustomers(t, got[:8], all[:8])
	})
}

func TestFailedWritesChangeNothing(t *testing.T) {
	bad := errors.New("the source broke off")
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		want := sampleCustomers(t)[:50]
		_, err := s.SaveCustomers(ctx, All(want))
		check(t, err)
		breaking := func(yield func(features.Customer, error) bool) {
			for _, c := range sampleCustomers(t)[100:900] {
				if !yield(c, nil) {
					return
				}
			}
			yield(features.Customer{}, bad)
		}
		invalid := sampleCustomers(t)[100:110]
		invalid[7].Recency = -1
		twice := append(sampleCustomers(t)[:500], sampleCustomers(t)[3])
		zero := odd()[:1]
		zero[0].Education = "a\x00b"
		cancelled, cancel := context.WithCancel(ctx)
		for _, test := range []struct {
			name  string
			do    func() error
			kind  error
			texts []string
		}{
			{"broken source", func() error { _, err := s.SaveCustomers(ctx, breaking); return err }, bad, []string{"saving customers into"}},
			{"broken append", func() error { _, err := s.Append(ctx, breaking); return err }, bad, nil},
			{"broken upsert", func() error { _, err := s.Upsert(ctx, breaking); return err }, bad, nil},
			{"invalid customer", func() error { _, err := s.SaveCustomers(ctx, All(invalid)); return err }, features.ErrValue, []string{"recency", "-1"}},
			{"id twice", func() error { _, err := s.SaveCustomers(ctx, All(twice)); return err }, ErrDuplicate, []string{"id"}},
			{"zero byte", func() error { _, err := s.SaveCustomers(ctx, All(zero)); return err }, ErrValue, []string{"education", "row 0"}},
			{"no text", func() error {
				zero[0].Education = "\xff"
				_, err := s.SaveCustomers(ctx, All(zero))
				return err
			}, ErrValue, []string{"education"}},
			{"bad file", func() error {
				_, err := s.Ingest(ctx, strings.NewReader("id;income\n1;2\n"), IngestOptions{})
				return err
			}, features.ErrHeader, []string{"ingesting customers into"}},
			{"no sequence", func() error { _, err := s.Append(ctx, nil); return err }, ErrOption, nil},
			{"cancelled", func() error {
				n, c := 0, want[0]
				_, err := s.SaveCustomers(cancelled, func(yield func(features.Customer, error) bool) {
					for ; ; n++ {
						c.ID = strconv.Itoa(n)
						if n == 5000 {
							cancel()
						}
						if !yield(c, nil) {
							return
						}
						if n > 5000 {
							time.Sleep(time.Millisecond)
						}
					}
				})
				return err
			}, context.Canceled, nil},
		} {
			err := test.do()
			if !errors.Is(err, test.kind) {
				t.Errorf("%s: the error is %v; want %v", test.name, err, test.kind)
				continue
			}
			for _, text := range test.texts {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%s: the error says %q and nothing of %q", test.name, err, text)
				}
			}
			got, err := s.ReadCustomers(ctx)
			check(t, err)
			sameCustomers(t, got, want)
		}
	})
}

func TestCustomersStopsEarly(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ingestFile(t, s, samplePath)
		for range 18 { // more than there are connections
			n := 0
			for _, err := range s.Customers(ctx) {
				check(t, err)
				if n++; n == 3 {
					break
				}
			}
		}
		// The connections are free, so that writing goes on.
		_, err := s.Upsert(ctx, All(odd()))
		check(t, err)
		next, stop := iter.Pull2(s.Customers(ctx))
		next()
		stop()
	})
}

// A sequence may come from the store that it goes to.
func TestCustomersIntoTheSameStore(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		ingestFile(t, s, samplePath)
		n, err := s.Upsert(ctx, s.Customers(ctx))
		check(t, err)
		m, err := s.UploadCustomers(ctx, `x"; drop table customers; --`, s.Customers(ctx))
		check(t, err)
		if n != 2000 || m != 2000 {
			t.Errorf("%d and %d customers were written; want 2000 each", n, m)
		}
		got, err := collect(ctx, s.FetchCustomers(ctx, FetchOptions{Table: `x"; drop table customers; --`}))
		check(t, err)
		sameCustomers(t, got, sampleCustomers(t))
	})
}

// A panic of the caller's own is the caller's, and leaves nothing behind.
func TestPanickingSequence(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		_, err := s.SaveCustomers(ctx, All(odd()))
		check(t, err)
		func() {
			defer func() {
				if r := recover(); r != "mine" {
					t.Errorf("recovered %v; want the panic of the sequence", r)
				}
			}()
			s.SaveCustomers(ctx, func(yield func(features.Customer, error) bool) {
				yield(odd()[0], nil)
				panic("mine")
			})
		}()
		n, err := s.Append(ctx, All(sampleCustomers(t)[100:110]))
		check(t, err)
		total, err := s.Count(ctx, s.Tables().Customers)
		check(t, err)
		if n != 10 || total != len(odd())+10 {
			t.Errorf("there are %d customers; want %d", total, len(odd())+10)
		}
	})
}

// A panic in a callback or in the body of a loop over rows is the caller's, and
// the store works on.
func TestPanickingCallbacks(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ingestFile(t, s, samplePath)
		for name, f := range map[string]func(){
			"Ingest": func() {
				s.Ingest(ctx, strings.NewReader("x"), IngestOptions{Progress: func(int) { panic("mine") }})
				f, err := os.Open(samplePath)
				check(t, err)
				defer f.Close()
				s.Ingest(ctx, f, IngestOptions{Progress: func(int) { panic("mine") }})
			},
			"AppendScores": func() {
				s.AppendScores(ctx, func(func(Score, error) bool) { panic("mine") })
			},
			"Customers": func() {
				for range s.Customers(ctx) {
					panic("mine")
				}
			},
		} {
			func() {
				defer func() {
					if r := recover(); r != "mine" {
						t.Errorf("%s: recovered %v; want the panic of the caller", name, r)
					}
				}()
				f()
			}()
			n, err := s.Append(ctx, All[features.Customer](nil))
			check(t, err)
			total, err := s.Count(ctx, s.Tables().Customers)
			check(t, err)
			if n != 0 || total != 2000 {
				t.Errorf("after %s there are %d customers; want 2000", name, total)
			}
		}
	})
}

func TestIngestFromPipe(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		data, err := os.ReadFile(samplePath)
		check(t, err)
		r, w := io.Pipe()
		go func() {
			w.Write(data)
			w.Close()
		}()
		report, err := s.Ingest(context.Background(), r, IngestOptions{})
		check(t, err)
		if report.Rows != 2000 {
			t.Errorf("%d rows; want 2000", report.Rows)
		}
	})
}

func TestForeignColumnsAreRead(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		ingestFile(t, s, samplePath)
		c := quote(s.Tables().Customers)
		_, err := s.DB().ExecContext(ctx, "ALTER TABLE "+c+" ADD COLUMN extra text")
		check(t, err)
		got, err := s.ReadCustomers(ctx)
		check(t, err)
		sameCustomers(t, got, sampleCustomers(t))
		_, err = s.DB().ExecContext(ctx, "ALTER TABLE "+c+" DROP COLUMN recency")
		check(t, err)
		_, err = s.ReadCustomers(ctx)
		wantError(t, err, ErrColumns, "lacks recency", "extra")
	})
}

func TestUnreadableRows(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) {
		ctx := context.Background()
		_, err := s.UploadCustomers(ctx, "loose", All(odd()))
		check(t, err)
		read := func(set string) error {
			t.Helper()
			_, err := s.DB().Exec("UPDATE loose SET " + set + " WHERE id = '3'")
			check(t, err)
			n := 0
			for _, err = range s.FetchCustomers(ctx, FetchOptions{Table: "loose"}) {
				if err == nil {
					n++
				}
			}
			if n > 2 {
				t.Errorf("%d customers were read before the one with %s; want at most 2", n, set)
			}
			return err
		}
		wantError(t, read("recency = NULL"), ErrValue, "row 2", "recency", "NULL", `reading customers from "loose"`)
		if s.Dialect() == SQLite {
			wantError(t, read("recency = 'often'"), ErrValue, "row 2", "column recency", "often", "whole number")
			wantError(t, read("recency = 1, dt_customer = 'soon'"), ErrValue, "column dt_customer", "soon")
			wantError(t, read("dt_customer = '2012-09-04', income = 'much'"), ErrValue, "column income", "much")
		}
	})
}
