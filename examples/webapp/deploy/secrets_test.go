package deploy

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// watched looks at the command lines of all processes until it is stopped, and
// tells which of them held a secret. It is what ps shows to everybody.
func watched(t *testing.T, secrets ...string) (stop func() (looks int, seen []string)) {
	t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("there is no /proc here")
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	looks := 0
	found := map[string]bool{}
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
			}
			files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
			for _, file := range files {
				line, _ := os.ReadFile(file)
				for _, secret := range secrets {
					if strings.Contains(string(line), secret) {
						found[strings.ReplaceAll(string(line), "\x00", " ")] = true
					}
				}
			}
			looks++
		}
	})
	return func() (int, []string) {
		close(done)
		wg.Wait()
		var seen []string
		for line := range found {
			seen = append(seen, line)
		}
		return looks, seen
	}
}

// slowly puts programs into a folder that do what the real ones do, a moment
// later, so that nobody misses their command lines.
func slowly(t *testing.T, programs ...string) (path string) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range programs {
		script := "#!/bin/bash\nsleep 0.3\nexec " + needed(t, name) + " \"$@\"\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir + ":" + os.Getenv("PATH")
}

// The password of the database shows in no list of processes while it is backed
// up and restored, however it is written.
func TestBackupShowsNoPassword(t *testing.T) {
	env, host := postgres(t)
	// The test server lets this role in by its password alone.
	const password = `p@ss:w/rd?100%\n"x`
	must(t, env, `psql -Xqd postgres -v p="$1" <<<"CREATE ROLE locked LOGIN SUPERUSER PASSWORD :'p'"`, password)
	must(t, env, "createdb full && psql -Xqd full -c 'CREATE TABLE t AS SELECT 42 AS n'")
	stop := watched(t, password, url.QueryEscape(password), url.PathEscape(password), "p@ss", "p%40ss")
	path := "PATH=" + slowly(t, "pg_dump", "pg_restore", "psql")
	folder := t.TempDir()
	for i, write := range []func(database string) string{
		func(database string) string {
			u := url.URL{Scheme: "postgres", User: url.UserPassword("locked", password), Path: "/" + database, RawQuery: url.Values{"host": {host}}.Encode()}
			return u.String()
		},
		func(database string) string {
			return "postgresql:///" + database + "?host=" + url.QueryEscape(host) + "&password=" + strings.ReplaceAll(url.QueryEscape(password), "+", "%20") + "&user=locked"
		},
	} {
		target := []string{"restored", "again"}[i]
		must(t, env, `createdb "$1"`, target)
		clean := append(os.Environ(), path, "PGPASSWORD=", "PGUSER=", "PGHOST=")
		file := must(t, append(clean, "DATABASE_URL="+write("full")), `./backup.sh "$1"`, filepath.Join(folder, target))
		must(t, append(clean, "DATABASE_URL="+write(target)), `bash restore.sh "$1"`, file)
		if got := must(t, env, `psql -XAtd "$1" -c 'SELECT n FROM t'`, target); got != "42" {
			t.Errorf("%s was restored with %q", target, got)
		}
	}
	for _, bad := range []string{"host=x password=" + password, "postgres://locked@h/x?sslpassword=" + url.QueryEscape(password), ""} {
		for _, script := range []string{`./backup.sh "$1"`, `./restore.sh "$1/x"`} {
			if out, ok := shell(t, append(os.Environ(), path, "DATABASE_URL="+bad), script, folder); ok || !strings.Contains(out, "DATABASE_URL") || strings.Contains(out, "p@ss") {
				t.Errorf("%s with %q says %q", script, bad, out)
			}
		}
	}
	if looks, seen := stop(); len(seen) > 0 || looks < 10 {
		t.Errorf("in %d looks at the list of processes the password is in %q", looks, seen)
	}
}

// Nor does the login that switch.sh asks the site with.
func TestSwitchShowsNoPassword(t *testing.T) {
	s := newSite(t)
	const login = `anna:c0rrect "horse" \ $HOME`
	s.build("login", "login", "./testdata/login")
	s.env = append(s.env, "WATCH_SECONDS=1", "WANTED_LOGIN="+login, "PATH="+slowly(t, "curl"))
	if out, ok := s.run("login"); ok || !strings.Contains(out, "does not answer as it should") {
		t.Error("it is content without signing in")
	}
	stop := watched(t, login, "c0rrect")
	s.env = append(s.env, "WEBAPP_LOGIN="+login)
	if _, ok := s.run("login"); !ok {
		t.Error("it cannot sign in")
	}
	s.env = append(s.env, "WEBAPP_LOGIN=", "WEBAPP_TOKEN=c0rrect", "WANTED_TOKEN=c0rrect")
	if _, ok := s.run("login"); !ok {
		t.Error("it cannot sign in with a token")
	}
	if looks, seen := stop(); len(seen) > 0 || looks < 10 {
		t.Errorf("in %d looks at the list of processes the password is in %q", looks, seen)
	}
}

// What watched is for: the old way of writing it is seen.
func TestWatchedSees(t *testing.T) {
	stop := watched(t, "s3cret-on-a-line")
	if err := exec.Command("sh", "-c", "sleep 0.5 # s3cret-on-a-line").Run(); err != nil {
		t.Fatal(err)
	}
	if _, seen := stop(); len(seen) == 0 {
		t.Error("a secret on a command line is not seen")
	}
}
