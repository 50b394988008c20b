//go:build unix

// Package pgtest runs a throw-away PostgreSQL server for tests: a fresh
// cluster in a temporary directory, of an unprivileged user, reachable through
// a socket in that directory and nothing else. It is gone when the test
// program is, however that ends.
package pgtest

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNoServer means that no PostgreSQL server is installed.
var ErrNoServer = errors.New("pgtest: no PostgreSQL server was found: initdb is neither in the PATH nor in /usr/lib/postgresql/*/bin")

// Options change the server. The zero value is a fast one that may lose data
// with the machine, not with the process.
type Options struct {
	// Sync makes the server as durable as it is out of the package: fsync,
	// full_page_writes and synchronous_commit are on.
	Sync bool

	// Settings are further lines of postgresql.conf.
	Settings []string
}

// Server is a running PostgreSQL.
type Server struct {
	dir   string // holds data, socket and log
	bin   string
	owner *owner
	stdin io.WriteCloser // the guard ends the server when this closes
	guard *exec.Cmd
}

// owner is the user that the server runs as; nil for our own.
type owner struct{ uid, gid uint32 }

// User is the superuser of the server. It needs no password; a role named
// Locked does.
const (
	User   = "tester"
	Locked = "locked"
)

// Start creates a cluster and starts it. Where no server is installed the error is ErrNoServer.
func Start(o Options) (*Server, error) {
	bin, err := find()
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin}
	if os.Geteuid() == 0 {
		if s.owner, err = unprivileged(); err != nil {
			return nil, err
		}
	}
	if s.dir, err = os.MkdirTemp("", "pgtest"); err != nil {
		return nil, err
	}
	if err := s.create(o); err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	if err := s.Restart(); err != nil {
		os.RemoveAll(s.dir)
		return nil, err
	}
	return s, nil
}

func find() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), "postgres")); err == nil {
				return filepath.Dir(path), nil
			}
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", ErrNoServer
	}
	newest := slices.MaxFunc(found, func(a, b string) int { return cmp.Compare(version(a), version(b)) })
	return filepath.Dir(newest), nil
}

// version returns the 15 of /usr/lib/postgresql/15/bin/initdb.
func version(path string) float64 {
	v, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(path))), 64)
	return v
}

// unprivileged finds a user for the server, which refuses to run as root.
func unprivileged() (*owner, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &owner{uint32(uid), uint32(gid)}, nil
	}
	return nil, errors.New("pgtest: PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}

func (s *Server) create(o Options) error {
	if s.owner != nil {
		if err := os.Chown(s.dir, int(s.owner.uid), int(s.owner.gid)); err != nil {
			return err
		}
	}
	initdb := s.command("initdb", "--pgdata", s.data(), "--username", User, "--auth", "trust", "--encoding", "UTF8", "--locale", "C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("pgtest: initdb: %w\n%s", err, out)
	}
	lines := []string{
		"listen_addresses = ''",
		"unix_socket_directories = '" + s.dir + "'",
		"max_connections = 60",
		"shared_buffers = 128MB",
		"logging_collector = off",
	}
	if !o.Sync {
		lines = append(lines, "fsync = off", "full_page_writes = off", "synchronous_commit = off")
	}
	lines = append(lines, o.Settings...)
	conf := filepath.Join(s.data(), "postgresql.auto.conf") // read after postgresql.conf
	if err := os.WriteFile(conf, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		return err
	}
	hba := "local all " + Locked + " scram-sha-256\nlocal all all trust\n"
	return os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o600)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// command returns one of PostgreSQL's own, run as the server's user.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	if s.owner != nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.owner.uid, Gid: s.owner.gid}}
	}
	return cmd
}

// Psql returns the command psql, connected to the database postgres.
func (s *Server) Psql(args ...string) *exec.Cmd {
	base := []string{"--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--host", s.dir, "--username", User, "--dbname", "postgres"}
	return exec.Command(filepath.Join(s.bin, "psql"), append(base, args...)...)
}

// guardScript starts the server and ends it, with all that it left, when its
// own standard input closes: at the latest when the test program is gone.
const guardScript = `"$@" >>"$DIR/log" 2>&1 </dev/null &
pid=$!
read -r keep
kill -QUIT $pid 2>/dev/null
wait $pid
[ "$keep" = keep ] || rm -rf "$DIR"
`

// Restart starts the server after Kill; it returns when the server answers.
func (s *Server) Restart() error {
	// What a killed server left of these is not about the new one.
	os.Remove(filepath.Join(s.data(), "postmaster.pid"))
	os.Remove(filepath.Join(s.dir, "log"))
	postgres := s.command("postgres", "-D", s.data())
	s.guard = exec.Command("/bin/sh", append([]string{"-c", guardScript, "guard"}, postgres.Args...)...)
	s.guard.Dir = s.dir
	s.guard.Env = append(os.Environ(), "DIR="+s.dir)
	s.guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if postgres.SysProcAttr != nil {
		s.guard.SysProcAttr.Credential = postgres.SysProcAttr.Credential
	}
	var err error
	if s.stdin, err = s.guard.StdinPipe(); err != nil {
		return err
	}
	if err := s.guard.Start(); err != nil {
		return err
	}
	deadline := time.Now().Add(30 * time.Second)
	for {
		// The last line of the file says ready when the server takes connections.
		if b, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid")); err == nil && bytes.Contains(b, []byte("ready")) {
			return nil
		}
		if time.Now().After(deadline) {
			log := s.Log()
			s.Kill()
			return fmt.Errorf("pgtest: the server does not start within 30 s; its log:\n%s", log)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Log returns what the server has logged since its last start.
func (s *Server) Log() string {
	b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
	return string(b)
}

// URL returns the URL of a database, for User. A query such as
// "sslmode=disable" may follow the name behind a question mark.
func (s *Server) URL(database string) string { return s.URLAs(User, "", database) }

// URLAs returns the URL for another role.
func (s *Server) URLAs(role, password, database string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database}
	if password != "" {
		u.User = url.UserPassword(role, password)
	}
	u.RawQuery = url.Values{"host": {s.dir}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// Kill ends every process of the server with SIGKILL, as a crash of the
// machine would, and returns when they are gone.
func (s *Server) Kill() {
	pid := s.pid()
	processes := children(pid)
	if pid > 0 {
		// The postmaster first, so that it does not recover by itself.
		syscall.Kill(pid, syscall.SIGKILL)
	}
	processes = append(processes, children(pid)...)
	for _, p := range processes {
		syscall.Kill(p, syscall.SIGKILL)
	}
	if s.stdin != nil {
		io.WriteString(s.stdin, "keep\n")
		s.stdin.Close()
		s.guard.Wait()
		s.stdin = nil
	}
	for _, p := range processes {
		for running(p) {
			time.Sleep(time.Millisecond)
		}
	}
}

// Stop ends the server and removes all that it wrote.
func (s *Server) Stop() {
	s.Kill()
	os.RemoveAll(s.dir)
}

func (s *Server) pid() int {
	b, _ := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	line, _, _ := strings.Cut(string(b), "\n")
	pid, _ := strconv.Atoi(line)
	return pid
}

// children lists the child processes of a process.
func children(pid int) []int {
	if pid <= 0 {
		return nil
	}
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	var pids []int
	for _, field := range strings.Fields(string(b)) {
		if p, err := strconv.Atoi(field); err == nil {
			pids = append(pids, p)
		}
	}
	return pids
}

// running reports whether a process exists and is no zombie.
func running(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(b), ") ")
	return !strings.HasPrefix(state, "Z") && !strings.HasPrefix(state, "X")
}

// Own changes the owner of a directory to the server's, for a tablespace.
func (s *Server) Own(dir string) error {
	if s.owner == nil {
		return nil
	}
	return errors.Join(os.Chown(dir, int(s.owner.uid), int(s.owner.gid)), os.Chmod(filepath.Dir(dir), 0o755))
}
