package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	dir := t.TempDir()
	page := filepath.Join(dir, "report.html")
	stdout, stderr, status := start(t, "-restarts", "1", "-max-k", "6", "-out", filepath.Join(dir, "out"), "-report", page)
	if status != 0 || !strings.Contains(stdout, "Told      the manager, in "+page) {
		t.Fatalf("status %d, %s%s", status, stdout, stderr)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<h2>Platinum</h2>", "What to do", "the bundled sample", "as of 1 January 2015", `id="doubts"`, "Dropped 12 rows"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("the page does not have %q", want)
		}
	}

	// A page that cannot be written is told, and a run of one cluster has one.
	if _, stderr, status := start(t, "-k", "2", "-restarts", "1", "-max-k", "3", "-out", filepath.Join(dir, "out"), "-report", filepath.Join(dir, "none", "report.html")); status != 1 || !strings.Contains(stderr, "report.html") {
		t.Errorf("status %d, %q", status, stderr)
	}
	if _, stderr, status := start(t, "-k", "1", "-min-k", "1", "-max-k", "1", "-out", filepath.Join(dir, "out"), "-report", page); status != 0 {
		t.Errorf("one cluster: status %d, %q", status, stderr)
	}
}
