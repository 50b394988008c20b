package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
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
	if err := s.Scrub(ctx); !errors.Is(err, ErrLocked) {
		t.Errorf("beside a reader Scrub gives %v, want %v", err, ErrLocked)
	}
	check(t, rows.Close())
	check(t, s.Scrub(ctx))
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
	if err := s.Scrub(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context Scrub gives %v", err)
	}
}

func TestScrubElsewhere(t *testing.T) {
	onEach(t, func(t *testing.T, s *Store) { check(t, s.Scrub(context.Background())) })
	check(t, open(t, "sqlite::memory:", Options{Migrate: true}).Scrub(context.Background()))
}
