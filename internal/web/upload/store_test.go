package upload

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/web"
)

// TestBudget: who asks for how much gets it, and what is let go of for it.
func TestBudget(t *testing.T) {
	s, err := New[string](Options{PerClient: 3, Space: 1500, MaxSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	scored := func(id, client string, age time.Duration, size int) string {
		j := &Job[string]{ID: strings.Repeat(id, 26), Client: client, Began: time.Now().Add(-age), dir: s.Dir, ended: true}
		s.kept[j.ID] = j
		if err := os.WriteFile(j.path(result), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		return id
	}
	left := func() (out string) {
		for _, id := range []string{"a", "b", "c", "d"} {
			if s.Get(strings.Repeat(id, 26)) != nil {
				out += id
			}
		}
		return out
	}
	scored("a", "one", 3*time.Minute, 300)
	scored("b", "two", 2*time.Minute, 300)
	scored("c", "one", time.Minute, 300)
	scored("d", "two", 0, 300)
	admit := func(client string, n int64, want error) *Job[string] {
		t.Helper()
		j := &Job[string]{ID: web.NewID(), Client: client, dir: s.Dir}
		if err := s.admit(j, n); err != want {
			t.Fatalf("%d bytes for %s: %v, want %v", n, client, err, want)
		}
		return j
	}
	// 1200 bytes are scored files. More than the share is refused for nothing.
	admit("one", 251, ErrNoSpace)
	if left() != "abcd" {
		t.Errorf("a refused upload cost files: %s are left", left())
	}
	x := admit("one", 100, nil) // 300 with the scored file: no file has to go
	if left() != "bcd" {        // but 300 + 600 is more than the share of one client
		t.Errorf("%s are left", left())
	}
	y := admit("two", 200, nil) // 600: the share of two is 750, so both of its own go
	if left() != "c" {
		t.Errorf("%s are left", left())
	}
	resize := func(n int64) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.makeRoom(x, n-x.room)
	}
	if !resize(450) || left() != "c" {
		t.Errorf("%d bytes, %s are left", x.room, left())
	}
	if !resize(451) || left() != "" {
		t.Errorf("%d bytes, %s are left", x.room, left())
	}
	if resize(901) || x.room != 451 {
		t.Errorf("the job has %d bytes", x.room)
	}
	admit("three", 150, ErrNoSpace) // in all
	s.release(y)
	z := admit("three", 150, nil)
	admit("one", 0, nil)
	admit("one", 0, nil)
	admit("one", 0, ErrCrowded)
	for i := range MaxActive - 4 {
		admit(fmt.Sprint(i), 0, nil)
	}
	admit("new", 0, ErrCrowded)
	s.release(z)
	admit("new", 0, nil)
	s.Space, s.Share = 1<<62, 1<<62
	s.release(x)
	admit("huge", 1<<58, ErrNoSpace) // no disk has so much
}

// TestDirStays: results outlast the store in a folder that stays, and what was not
// ended does not.
func TestDirStays(t *testing.T) {
	dir := t.TempDir()
	open := func() *Store[string] {
		t.Helper()
		s, err := New[string](Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	j := &Job[string]{ID: web.NewID(), Name: "f.csv", Client: "me", Size: 3, Began: time.Now(), dir: s.Dir}
	for kind, text := range map[string]string{raw: "abc", result: "scored"} {
		if err := os.WriteFile(j.path(kind), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	half := &Job[string]{ID: web.NewID(), dir: s.Dir}
	if err := os.WriteFile(half.path(raw), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Keep(j, "running")
	s.end(j, func(v *string) { *v = "done" })
	other := open() // the folder is taken
	if other.Dir == dir {
		t.Error("two stores share a folder")
	}
	if err := errors.Join(other.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = open()
	back := s.Get(j.ID)
	if back == nil || back.Now() != "done" || back.Name != "f.csv" || back.Size != 3 || back.Client != "me" {
		t.Fatalf("what comes back is %+v", back)
	}
	s.Sweep(0)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.*")); len(left) > 0 {
		t.Errorf("%v stay behind", left)
	}
}
