package pgtest

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/testenv"
)

func TestServer(t *testing.T) {
	s, err := Start(Options{})
	if errors.Is(err, ErrNoServer) {
		testenv.Missing(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	query := func(sql string) string {
		t.Helper()
		out, err := s.Psql("--tuples-only", "--no-align", "--command", sql).CombinedOutput()
		if err != nil {
			t.Fatalf("psql: %v\n%s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	query("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
	query("CHECKPOINT")
	s.Kill()
	if out, err := s.Psql("--command", "SELECT 1").CombinedOutput(); err == nil {
		t.Fatalf("the server answers after Kill: %s", out)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if got := query("SELECT n FROM kept"); got != "7" {
		t.Errorf("after a kill and a restart the table holds %q, want 7", got)
	}
	dir := s.dir
	s.Stop()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("after Stop %s is still there: %v", dir, err)
	}
}

func TestGuardEndsTheServer(t *testing.T) {
	s, err := Start(Options{})
	if errors.Is(err, ErrNoServer) {
		testenv.Missing(t, "%v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	pid := s.pid()
	// What happens when the test program dies.
	s.stdin.Close()
	s.guard.Wait()
	if running(pid) {
		t.Error("the server outlives the program that started it")
	}
	if _, err := os.Stat(s.dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", s.dir, err)
	}
}
