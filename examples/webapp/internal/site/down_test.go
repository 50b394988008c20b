//go:build unix

package site

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/store"
)

// TestLock is no test: TestSQLiteIsLocked runs it as the other program, which
// locks a file until its input ends.
func TestLock(t *testing.T) {
	file := os.Getenv("WEBAPP_TEST_LOCK")
	if file == "" {
		t.Skip("it is run by TestSQLiteIsLocked")
	}
	db, err := store.Open(t.Context(), "sqlite:"+file, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.DB().Connx(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(t.Context(), "begin exclusive"); err != nil {
		t.Fatal(err)
	}
	fmt.Println("locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
	if _, err := conn.ExecContext(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	_ = db.Close()
}

// prompt asks for something that needs the database while that is away.
func (a *app) prompt(t *testing.T, method, path, body string) {
	t.Helper()
	start := time.Now()
	kind := ""
	if body != "" {
		kind = "application/x-www-form-urlencoded"
	}
	r := a.do(t, method, path, kind, body)
	took := time.Since(start)
	if r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || took > 8*time.Second {
		t.Errorf("%s %s is answered with %s after %s, Retry-After %q: %.200s", method, path, r.Status, took.Round(time.Millisecond), r.Header.Get("Retry-After"), r.body)
	}
	if !strings.Contains(r.body, "database") {
		t.Errorf("%s %s says %.300s", method, path, r.body)
	}
}

var writes = []struct{ method, path, body string }{
	{"POST", "/models/1/activate", ""}, {"POST", "/api/v1/models/1/activate", ""}, {"POST", "/models/rollback", ""}, {"DELETE", "/api/v1/customers/30", ""}, {"POST", "/customers/forget", "id=30&sure=yes"},
	{"POST", "/chat", "question=help"}, {"POST", "/predict", goodForm.Encode()}, {"POST", "/explore", "name=x"}, {"POST", "/models/retrain", "k=3"},
}

var reads = []string{"/models", "/api/v1/models", "/chat", "/explore", "/api/v1/customers/30", "/models/1/file"}

// alive asks for what needs no database.
func (a *app) alive(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/", "/charts", "/healthz", "/metrics", "/api/v1/profile"} {
		start := time.Now()
		a.get(t, path).want(t, 200)
		if took := time.Since(start); took > 3*time.Second {
			t.Errorf("%s takes %s without the database", path, took)
		}
	}
	if code, _ := a.json(t, "POST", "/api/v1/predict", goodJSON); code != 200 {
		t.Errorf("a prediction without the database is answered with %d", code)
	}
}

// back waits until the app is ready again, and uses the database.
func (a *app) back(t *testing.T) {
	t.Helper()
	for range 50 {
		if a.get(t, "/readyz").StatusCode == 200 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	a.get(t, "/readyz").want(t, 200)
	for _, path := range reads {
		a.get(t, path).want(t, 200)
	}
	a.post(t, "/chat", url.Values{"question": {"help"}}).want(t, 200)
	if code, got := a.json(t, "POST", "/api/v1/models/1/activate", ""); code != 200 {
		t.Errorf("activating is answered with %d %v", code, got)
	}
}

// A file that another program has locked: what writes is answered with 503 soon,
// what reads goes on, and afterwards all is as before.
func TestSQLiteIsLocked(t *testing.T) {
	a := start(t, Config{})
	file := ""
	if err := a.Store.DB().Get(&file, "select file from pragma_database_list where name = 'main'"); err != nil {
		t.Fatal(err)
	}
	other := exec.Command(os.Args[0], "-test.run=^TestLock$", "-test.v")
	other.Env = append(os.Environ(), "WEBAPP_TEST_LOCK="+file)
	in, err := other.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	said := []byte{}
	for b := make([]byte, 100); !bytes.Contains(said, []byte("locked")); {
		n, err := out.Read(b)
		if err != nil {
			t.Fatalf("the other program says %s: %v", said, err)
		}
		said = append(said, b[:n]...)
	}
	for _, w := range writes {
		a.prompt(t, w.method, w.path, w.body)
	}
	a.get(t, "/readyz").want(t, 503, "locked")
	a.get(t, "/models").want(t, 200)
	a.alive(t)
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if err := other.Wait(); err != nil {
		t.Fatal(err)
	}
	a.back(t)
}

// A file that is taken away is told, and one that comes back is used.
func TestSQLiteIsGone(t *testing.T) {
	a := start(t, Config{})
	file := ""
	if err := a.Store.DB().Get(&file, "select file from pragma_database_list where name = 'main'"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * pingEvery)
	a.get(t, "/readyz").want(t, 503, "does not answer")
	for _, path := range reads {
		a.prompt(t, "GET", path, "")
	}
	a.alive(t)
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	a.back(t)
}

// A server that is stopped, hangs or holds a lock on a table is told with 503,
// and when it is back the app needs no restart.
func TestPostgresIsGone(t *testing.T) {
	base, tell := ownPostgres(t)
	was := newDatabase
	newDatabase = func(testing.TB) string { return base }
	defer func() { newDatabase = was }()
	a := start(t, Config{})

	// A table that somebody has locked.
	other, err := store.Open(t.Context(), base, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	for lock, paths := range map[string][]string{
		"segmentation_models in access exclusive": {"GET /models"}, "customers in access exclusive": {"DELETE /api/v1/customers/30"},
		"customers in share row exclusive":             {"DELETE /api/v1/customers/30"}, // which lets read
		"segmentation_activations in access exclusive": {"POST /models/1/activate"},
	} {
		tx, err := other.DB().Beginx()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec("lock table " + lock + " mode"); err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			method, path, _ := strings.Cut(path, " ")
			begun := time.Now()
			r := a.do(t, method, path, "", "")
			if took := time.Since(begun); r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || took > service.WorkFor+5*time.Second {
				t.Errorf("with a lock on %s %s %s is answered with %s after %s", lock, method, path, r.Status, took)
			}
		}
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
	}
	a.back(t)

	tell("kill")
	time.Sleep(2 * pingEvery)
	for _, w := range writes {
		a.prompt(t, w.method, w.path, w.body)
	}
	for _, path := range reads {
		a.prompt(t, "GET", path, "")
	}
	a.get(t, "/readyz").want(t, 503, "does not answer")
	a.alive(t)
	tell("restart")
	a.back(t)

	// A server that hangs: its processes are stopped.
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(u.Query().Get("host"), "data")
	signal := func(s syscall.Signal) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
		if err != nil {
			t.Skip(err)
		}
		line, _, _ := strings.Cut(string(b), "\n")
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%s/task/%[1]s/children", line))
		for _, field := range strings.Fields(line + " " + string(children)) {
			var pid int
			if _, err := fmt.Sscan(field, &pid); err != nil {
				t.Fatal(err)
			}
			_ = syscall.Kill(pid, s)
		}
	}
	signal(syscall.SIGSTOP)
	time.Sleep(2 * pingEvery)
	a.prompt(t, "GET", "/models", "")
	a.prompt(t, "POST", "/chat", "question=help")
	a.get(t, "/readyz").want(t, 503)
	a.alive(t)
	signal(syscall.SIGCONT)
	a.back(t)
}
