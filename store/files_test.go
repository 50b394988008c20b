package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

func TestFilesThatAreNoDatabase(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "customers.csv")
	check(t, os.WriteFile(text, []byte(strings.Repeat("id;income\n", 1000)), 0o644))
	_, err := Open(context.Background(), "sqlite:"+text, Options{Migrate: true})
	wantError(t, err, ErrNotDatabase, text, "another kind of file")
	if b, err := os.ReadFile(text); err != nil || len(b) != 10000 || b[0] != 'i' {
		t.Errorf("the file was changed: %d bytes, %v", len(b), err)
	}
	_, err = Open(context.Background(), "sqlite:"+filepath.Join(dir, "none", "shop.db"), Options{Migrate: true})
	wantError(t, err, ErrUnreachable, "directory must exist")
}

func TestTruncatedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "shop.db")
	s := open(t, "sqlite:"+path, Options{Migrate: true})
	ingestFile(t, s, samplePath)
	check(t, s.Close())
	data, err := os.ReadFile(path)
	check(t, err)
	for _, share := range []int{20, 50, 90} {
		cut := filepath.Join(t.TempDir(), "cut.db")
		check(t, os.WriteFile(cut, data[:len(data)*share/100], 0o644))
		s, err := Open(context.Background(), "sqlite:"+cut, Options{})
		if err == nil {
			_, err = s.ReadCustomers(context.Background())
			s.Close()
		}
		wantError(t, err, ErrDamaged, cut)
	}
	// Damage inside.
	for i := len(data) / 2; i < len(data)/2+len(data)/4; i++ {
		data[i] = 0xff
	}
	bad := filepath.Join(t.TempDir(), "bad.db")
	check(t, os.WriteFile(bad, data, 0o644))
	s, err = Open(context.Background(), "sqlite:"+bad, Options{})
	if err == nil {
		_, err = s.ReadCustomers(context.Background())
		s.Close()
	}
	wantError(t, err, ErrDamaged, bad, "restore")
}

// try opens a database, reads, and writes; it prints the errors.
func try(url string) int {
	s, err := Open(context.Background(), url, Options{})
	if err != nil {
		fmt.Println("open:", errors.Is(err, ErrReadOnly), err)
		return 0
	}
	defer s.Close()
	_, err = s.ReadCustomers(context.Background())
	fmt.Println("read:", err)
	_, err = s.SaveCustomers(context.Background(), All(odd()))
	fmt.Println("write:", errors.Is(err, ErrReadOnly), err)
	return 0
}

// A file that may be read alone is read; writing is a clear error.
func TestReadOnlyFile(t *testing.T) {
	dir, err := os.MkdirTemp("", "store")
	check(t, err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "shop.db")
	s := open(t, "sqlite:"+path, Options{Migrate: true})
	ingestFile(t, s, samplePath)
	check(t, s.Close())
	check(t, os.Chmod(path, 0o444))
	child := exec.Command("/proc/self/exe")
	child.Env = append(os.Environ(), "STORE_TEST_CHILD=try sqlite:"+path)
	if os.Geteuid() == 0 {
		// Root may write to anything; another user may not.
		check(t, os.Chmod(dir, 0o777))
		child.Dir = "/"
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if !strings.Contains(string(out), "read: <nil>") || !strings.Contains(string(out), "write: true") || !strings.Contains(string(out), path+" and its directory must be writable") {
		t.Errorf("a program without the right to write says\n%s", out)
	}
}

// fillUp writes more than fits; makeRoom is called after that.
func fillUp(t *testing.T, s *Store, makeRoom func()) {
	t.Helper()
	ctx := context.Background()
	few, _, _, _ := generation(1, 100)
	_, err := s.SaveCustomers(ctx, All(few))
	check(t, err)
	many, _, _, _ := generation(2, 50_000)
	_, err = s.SaveCustomers(ctx, All(many))
	wantError(t, err, ErrFull, "make room")
	got, err := s.ReadCustomers(ctx)
	check(t, err)
	sameCustomers(t, got, few)
	makeRoom()
	fewer, _, _, _ := generation(3, 50)
	_, err = s.SaveCustomers(ctx, All(fewer))
	check(t, err)
	got, err = s.ReadCustomers(ctx)
	check(t, err)
	sameCustomers(t, got, fewer)
}

func TestFullDisk(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		fillUp(t, open(t, "sqlite:"+filepath.Join(smallDisk(t, "2m"), "shop.db"), Options{Migrate: true}), func() {})
	})
	t.Run("sqlite quota", func(t *testing.T) {
		s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), Options{Migrate: true})
		_, err := s.writer.Exec("PRAGMA max_page_count = 200")
		check(t, err)
		fillUp(t, s, func() {})
	})
	t.Run("postgres", func(t *testing.T) {
		dir := smallDisk(t, "4m")
		ballast := filepath.Join(dir, "ballast")
		server := ownServer(t, pgtest.Options{})
		check(t, server.Own(dir))
		admin := open(t, server.URL("postgres"), Options{})
		_, err := admin.DB().Exec("CREATE TABLESPACE small LOCATION '" + dir + "'")
		check(t, err)
		s := open(t, withQuery(t, server.URL("postgres"), "default_tablespace", "small"), Options{Migrate: true})
		check(t, os.WriteFile(ballast, make([]byte, 1<<20), 0o600))
		fillUp(t, s, func() { check(t, os.Remove(ballast)) })
	})
}
