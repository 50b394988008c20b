package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
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

// A new file is its owner's alone, and one that was there keeps its mode.
func TestWriteMode(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no modes")
	}
	path := filepath.Join(t.TempDir(), "a.txt")
	for _, mode := range []os.FileMode{0o600, 0o644, 0o640} {
		if mode != 0o600 {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
		}
		if err := Write(path, func(w io.Writer) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("the mode is %v (%v), want %o", info.Mode(), err, mode)
		}
	}
}
