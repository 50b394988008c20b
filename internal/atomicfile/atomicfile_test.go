package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	write := func(text string, fail error) error {
		return Write(path, func(w io.Writer) error {
			io.WriteString(w, text)
			return fail
		})
	}
	if err := write("old", nil); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := write("new", broken); !errors.Is(err, broken) {
		t.Fatalf("error %v, want %v", err, broken)
	}
	check := func(want string) {
		t.Helper()
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Fatalf("file holds %q (%v), want %q", got, err, want)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%d files in the directory (%v), want 1", len(entries), err)
		}
	}
	check("old")
	if err := write("new", nil); err != nil {
		t.Fatal(err)
	}
	check("new")
	if err := Write(filepath.Join(dir, "none", "a.txt"), func(io.Writer) error { return nil }); err == nil {
		t.Fatal("no error for a directory that is not there")
	}
}
