// Package testenv finds what tests need beside the code, or skips them with the way to
// get it, and helps in what tests of several packages do.
package testenv

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// Missing skips the test because of something that is not installed. With
// SEGMENTATION_REQUIRE_SERVICES set it fails instead.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("SEGMENTATION_REQUIRE_SERVICES") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Must returns v, for calls within an expression, and panics where err is not nil.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Campaign returns the path of the public campaign file: in the folder
// SEGMENTATION_DATA, where it must be, or in ../shared/data beside the
// repository. It skips the test where there is none.
func Campaign(t testing.TB) string {
	t.Helper()
	path, ok := FindCampaign(t)
	if !ok {
		t.SkipNow()
	}
	return path
}

const download = `the campaign file is not there: download "Customer Personality Analysis" from ` +
	"https://www.kaggle.com/datasets/imakash3011/customer-personality-analysis " +
	"and let SEGMENTATION_DATA be the folder with its marketing_campaign.csv"

// FindCampaign does as Campaign, for tests that have other data too: it logs
// how to get the file and returns false where there is none.
func FindCampaign(t testing.TB) (string, bool) {
	t.Helper()
	const name = "marketing_campaign.csv"
	if dir := os.Getenv("SEGMENTATION_DATA"); dir != "" {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("SEGMENTATION_DATA: %v", err)
		}
		return path, true
	}
	path, ok := shared(t, "data", name)
	if !ok {
		t.Log(download)
	}
	return path, ok
}

// Case returns the path of one of the small files in ../shared/cases beside the
// repository, each of which failed once. It skips the test where there are none.
func Case(t testing.TB, name string) string {
	t.Helper()
	path, ok := shared(t, "cases", name)
	if !ok {
		t.Skipf("the case %s is not there: ../shared/cases lies beside the repository of the founders", name)
	}
	return path
}

// shared finds a file in a folder of ../shared beside the repository.
func shared(t testing.TB, folder, name string) (string, bool) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		mod, _ := os.ReadFile(filepath.Join(dir, "go.mod"))
		if bytes.HasPrefix(mod, []byte("module github.com/customer-personality/segmentation\n")) {
			path := filepath.Join(dir, "..", "shared", folder, name)
			_, err := os.Stat(path)
			return path, err == nil
		}
	}
	return "", false
}

// A Watched context ends at a given look at it: looking is what cancellation within a
// pass over rows rests on.
type Watched struct {
	context.Context
	end   func()
	at    int64
	looks atomic.Int64
}

// EndsAt returns a context that is cancelled with a cause at the n-th look at it, or
// with the test.
func EndsAt(t testing.TB, n int, cause error) *Watched {
	ctx, cancel := context.WithCancelCause(t.Context())
	t.Cleanup(func() { cancel(nil) })
	return &Watched{Context: ctx, end: func() { cancel(cause) }, at: int64(n)}
}

// Err counts a look.
func (w *Watched) Err() error {
	if w.looks.Add(1) == w.at {
		w.end()
	}
	return w.Context.Err()
}

// Looks returns how many looks there were.
func (w *Watched) Looks() int { return int(w.looks.Load()) }
