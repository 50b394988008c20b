//go:build unix

package main

import (
	"bufio"
	"database/sql"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/lib/pq"

	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/store/internal/pgtest"
)

// The server answers as long as the standard input is open, and is gone
// afterwards.
func TestServerEndsWithItsInput(t *testing.T) {
	program := filepath.Join(t.TempDir(), "pgserver")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = cmd.Wait()
		if cmd.ProcessState.ExitCode() == 3 {
			testenv.Missing(t, "%v", pgtest.ErrNoServer)
		}
		t.Fatalf("the program ends with %v before it prints a URL", cmd.ProcessState)
	}
	ask := func() error {
		db, err := sql.Open("postgres", strings.TrimSpace(line))
		if err != nil {
			return err
		}
		defer db.Close()
		return db.Ping()
	}
	if err := ask(); err != nil {
		t.Errorf("the server does not answer: %v", err)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if ask() == nil {
		t.Error("the server answers after the end of the program")
	}
}
