package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blocks are the commands of the runbook.
func blocks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	return out
}

// block is the one that contains a text.
func block(t *testing.T, with string) string {
	t.Helper()
	for _, b := range blocks(t) {
		if strings.Contains(b, with) {
			return b
		}
	}
	t.Fatalf("the runbook has no commands with %q", with)
	return ""
}

// part cuts a block from one text to the end of the line of another.
func part(t *testing.T, from, to string) string {
	t.Helper()
	b := block(t, from)
	b = b[strings.Index(b, from):]
	at := strings.Index(b, to)
	if at < 0 {
		t.Fatalf("the runbook has no %q after %q", to, from)
	}
	end := strings.Index(b[at:], "\n")
	return b[:at+end+1]
}

// TestRunbookLint checks all commands, also those that only an account can run.
func TestRunbookLint(t *testing.T) {
	needed(t, "shellcheck")
	all := blocks(t)
	if len(all) < 6 {
		t.Fatalf("there are %d blocks of commands", len(all))
	}
	// Pasted into a shell, a cd that fails is seen (2164), and so is a command
	// whose output is exported (2155).
	c := exec.Command("shellcheck", "--shell=bash", "--exclude=SC2164,SC2155", "-")
	c.Stdin = strings.NewReader(strings.Join(all, "\n"))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	for _, name := range regexp.MustCompile(`(?:file://|/opt/segmentation/deploy/|fill )([a-z][a-z/-]*\.[a-z.]*[a-z])`).FindAllStringSubmatch(strings.Join(all, "\n"), -1) {
		if _, err := os.Stat(name[1]); err != nil {
			t.Error(err)
		}
	}
}

// TestRunbookPolicies fills in the policies as the runbook does.
func TestRunbookPolicies(t *testing.T) {
	needed(t, "bash")
	fill := part(t, "fill() {", "}")
	env := append(os.Environ(), "ACCOUNT=123456789012", "AWS_REGION=eu-central-1", "OWNER=somebody", "BUCKET=backups")
	files, err := filepath.Glob("iam/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no policies", err)
	}
	for _, file := range files {
		if used := block(t, "fill() {"); !strings.Contains(used, "fill "+file) {
			t.Errorf("the runbook does not use %s", file)
		}
		text := must(t, env, fill+`fill "$1"`, file)
		if !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON:\n%s", file, text)
		}
		if left := regexp.MustCompile(`\b(ACCOUNT|REGION|OWNER|BUCKET)\b`).FindString(text); left != "" {
			t.Errorf("%s is not filled in everywhere, %s is left:\n%s", file, left, text)
		}
		if strings.Count(text, `"*"`) != strings.Count(text, `"Action": "ecr:GetAuthorizationToken", "Resource": "*"`) {
			t.Errorf("%s allows more than signing in on everything:\n%s", file, text)
		}
	}
	for _, file := range []string{"ecr-lifecycle.json", "security-group.json"} {
		if text, err := os.ReadFile(file); err != nil || !json.Valid(text) {
			t.Errorf("%s is no JSON (%v)", file, err)
		}
	}
}

// TestRunbookSettings writes the settings of the instance as the runbook does,
// and reads them as those do who use them.
func TestRunbookSettings(t *testing.T) {
	needed(t, "openssl")
	dir := t.TempDir()
	script := strings.NewReplacer(
		"/etc/segmentation", dir,
		"chgrp -R segmentation", "chgrp -R \"$(id -g)\"",
	).Replace(part(t, "umask 077", "chmod 640"))
	must(t, append(os.Environ(), "BUCKET=backups"), script)

	settings := map[string]map[string]string{}
	for _, name := range []string{"webapp.env", "switch.conf", "backup.env"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		settings[name] = map[string]string{}
		for line := range strings.Lines(string(text)) {
			key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
			if !ok || value == "" || strings.ContainsAny(value, "$ ") {
				t.Errorf("%s has the line %q", name, line)
			}
			settings[name][key] = value
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	password := must(t, os.Environ(), `cat "$1/database.password"`, dir)
	app := settings["webapp.env"]
	for _, name := range []string{"webapp.env", "backup.env"} {
		if len(password) < 32 || !strings.Contains(settings[name]["DATABASE_URL"], ":"+password+"@") {
			t.Errorf("%s does not have the password of the database", name)
		}
	}
	if settings["backup.env"]["BUCKET"] != "s3://backups" {
		t.Errorf("backups go to %q", settings["backup.env"]["BUCKET"])
	}
	login := must(t, os.Environ(), `source "$1/switch.conf"; echo "$WEBAPP_LOGIN"`, dir)
	if login != app["WEBAPP_USER"]+":"+app["WEBAPP_PASSWORD"] || len(app["WEBAPP_PASSWORD"]) < 16 {
		t.Errorf("switch.sh signs in as %q", login)
	}
	out, err := exec.Command("go", "run", "..", "-help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name := range app {
		if !strings.Contains(string(out), "("+name+")") {
			t.Errorf("the web app has no setting %s", name)
		}
	}
}

// TestUnits has systemd check the units.
func TestUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("there is no systemd here")
	}
	dir := t.TempDir()
	for _, name := range []string{"segmentation-backup.service", "segmentation-backup.timer"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unit := strings.NewReplacer("/opt/segmentation/deploy", must(t, os.Environ(), "pwd")).Replace(string(text))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(unit), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// The timer brings the service with it. Other units of the machine, which
	// may be half installed, are not ours.
	out, _ := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", filepath.Join(dir, "segmentation-backup.service"), filepath.Join(dir, "segmentation-backup.timer")).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "segmentation-backup") {
			t.Error(line)
		}
	}
}
