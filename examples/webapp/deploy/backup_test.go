package deploy

import (
	"bufio"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/testenv"
)

// postgres starts a throw-away PostgreSQL and gives the settings by which its
// programs find it, and where it is.
func postgres(t *testing.T) (env []string, host string) {
	t.Helper()
	for _, program := range []string{"pg_dump", "pg_restore", "psql", "createdb"} {
		needed(t, program)
	}
	server := filepath.Join(t.TempDir(), "pgserver")
	build(t, server, "github.com/customer-personality/segmentation/store/internal/pgserver")
	c := exec.Command(server)
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		c.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		c.Wait()
		if c.ProcessState.ExitCode() == 3 {
			testenv.Missing(t, "PostgreSQL is not installed")
		}
		t.Fatal("PostgreSQL does not start")
	}
	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	host = u.Query().Get("host")
	return append(os.Environ(), "PGHOST="+host, "PGUSER="+u.User.Username()), host
}

func build(t *testing.T, path, pkg string) {
	t.Helper()
	if out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// shell runs a script and gives what it prints, and whether it succeeded.
func shell(t *testing.T, env []string, script string, args ...string) (out string, ok bool) {
	t.Helper()
	c := exec.Command("bash", append([]string{"-euo", "pipefail", "-c", script, "bash"}, args...)...)
	c.Env = env
	text, err := c.CombinedOutput()
	return strings.TrimSpace(string(text)), err == nil
}

func must(t *testing.T, env []string, script string, args ...string) string {
	t.Helper()
	out, ok := shell(t, env, script, args...)
	if !ok {
		t.Fatalf("%s\n%s", script, out)
	}
	return out
}

// contents are the number of rows and a hash of each table of a database.
const contents = `
for table in $(psql -XAtc "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
		WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1" "$1"); do
	psql -XAtc "SELECT '$table', count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM $table t" "$1"
done`

// TestBackup backs up the database of a trained model and brings it back by
// the commands of the runbook, and sees that neither script leaves half of
// anything behind.
func TestBackup(t *testing.T) {
	env, host := postgres(t)
	dir := t.TempDir()
	folder, bucket, bin := filepath.Join(dir, "backups"), filepath.Join(dir, "bucket"), filepath.Join(dir, "bin")
	for _, d := range []string{folder, bucket, bin} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// In the place of S3 stands a folder, in that of Docker a list.
	write("bin/aws", "#!/bin/sh\n[ \"$1 $2 $3 $5\" = 's3 cp --only-show-errors s3://backups/' ] && cp \"$4\" "+bucket+"\n")
	write("bin/docker", "#!/bin/sh\necho \"$@\" >>"+dir+"/docker.log\n")
	write("database.password", "not asked for\n")
	env = append(env, "PATH="+bin+":"+os.Getenv("PATH"))

	at := func(database string) string { return "DATABASE_URL=postgres:///" + database }
	must(t, env, "createdb segmentation")
	train := filepath.Join(dir, "train")
	build(t, train, "github.com/customer-personality/segmentation/examples/train")
	server := url.URL{Scheme: "postgres", User: url.User("tester"), Path: "/segmentation", RawQuery: url.Values{"host": {host}}.Encode()}
	must(t, env, `"$1" -db "$2" -out "$3"`, train, server.String(), filepath.Join(dir, "out"))
	before := must(t, env, contents, "segmentation")
	if strings.Count(before, "\n") < 5 || !strings.Contains(before, "customers|2000|") {
		t.Fatalf("the database has no more than\n%s", before)
	}

	// The back-up, as the timer starts it, and the end of an old one.
	service, err := os.ReadFile("segmentation-backup.service")
	if err != nil {
		t.Fatal(err)
	}
	_, clean, _ := strings.Cut(string(service), "ExecStartPost=")
	clean, _, _ = strings.Cut(clean, "\n")
	write("backups/segmentation-20200101T000000Z.dump", "")
	old := time.Now().Add(-15 * 24 * time.Hour)
	if err := os.Chtimes(filepath.Join(folder, "segmentation-20200101T000000Z.dump"), old, old); err != nil {
		t.Fatal(err)
	}
	file := must(t, append(env, at("segmentation"), "BUCKET=s3://backups"), `./backup.sh "$1"`, folder)
	must(t, env, strings.ReplaceAll(clean, "/srv/segmentation/backups", folder))
	if list, _ := filepath.Glob(folder + "/*"); len(list) != 1 || list[0] != file {
		t.Errorf("there are %q after the back-up %s", list, file)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("everybody may read the dump: %v, %v", info.Mode(), err)
	}
	must(t, env, `cmp "$1" "$2"`, file, filepath.Join(bucket, filepath.Base(file)))

	// A disaster, and the way back that the runbook tells.
	must(t, env, "psql -Xqc 'DROP TABLE customers CASCADE' segmentation")
	restore := strings.NewReplacer(
		"/srv/segmentation/backups", folder,
		"PGHOST=127.0.0.1", "PGHOST="+host,
		"PGUSER=segmentation", "PGUSER=tester",
		"/etc/segmentation", dir,
		"/opt/segmentation/deploy", must(t, env, "pwd"),
		"segmentation-….dump", filepath.Base(file),
	).Replace(block(t, "createdb segmentation_restored"))
	t.Log(must(t, env, restore))
	if after := must(t, env, contents, "segmentation"); after != before {
		t.Errorf("after the restore there is\n%s\nbefore there was\n%s", after, before)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "docker.log")); err != nil || string(log) != "stop segmentation-blue segmentation-green\nstart segmentation-blue segmentation-green\n" {
		t.Errorf("Docker was told %q (%v)", log, err)
	}

	// What is refused, or fails, changes nothing.
	if out, ok := shell(t, append(env, at("segmentation")), `./restore.sh "$1"`, file); ok || !strings.Contains(out, "tables already") {
		t.Errorf("it restores into a database that is full: %s", out)
	}
	if after := must(t, env, contents, "segmentation"); after != before {
		t.Errorf("a refused restore left\n%s", after)
	}
	must(t, env, "createdb empty")
	half := filepath.Join(dir, "half.dump")
	must(t, env, `head -c $(($(stat -c %s "$1") / 2)) "$1" >"$2"`, file, half)
	if out, ok := shell(t, append(env, at("empty")), `./restore.sh "$1"`, half); ok {
		t.Errorf("it restores half a dump: %s", out)
	}
	if left := must(t, env, contents, "empty"); left != "" {
		t.Errorf("half a dump left\n%s", left)
	}
	if out, ok := shell(t, append(env, at("none")), `./backup.sh "$1"`, filepath.Join(dir, "failed")); ok {
		t.Errorf("it backs up a database that is not there: %s", out)
	}
	if list, _ := filepath.Glob(filepath.Join(dir, "failed", "*")); len(list) > 0 {
		t.Errorf("a failed back-up left %q", list)
	}
}
