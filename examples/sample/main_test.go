package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

const bundled = "../../testdata/customers.csv"

func TestBundledFileIsWhatTheProgramWrites(t *testing.T) {
	want, err := os.ReadFile(bundled)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "customers.csv")
	if err := run(name, 2000, 1); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("go run ./examples/sample writes %d bytes that are not the %d of %s: write the file again, or undo the change of the generator", len(got), len(want), bundled)
	}
}

// A folder that is not there is told.
func TestErrors(t *testing.T) {
	if err := run(filepath.Join(t.TempDir(), "missing", "customers.csv"), 1, 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("writing into a folder that is not there: error %v, want one that is %v", err, os.ErrNotExist)
	}
}
