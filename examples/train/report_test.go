package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/customer-personality/segmentation/internal/testenv"
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

	// By the ending it is a document.
	document := filepath.Join(dir, "report.PDF")
	if _, stderr, status := start(t, "-restarts", "1", "-max-k", "3", "-out", filepath.Join(dir, "out"), "-report", document); status != 0 {
		t.Fatalf("status %d, %s", status, stderr)
	}
	pdf, err := os.ReadFile(document)
	if err != nil || !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Fatalf("%v: a document that begins with %.10q", err, pdf)
	}
	t.Run("text", func(t *testing.T) {
		if text := testenv.PDFText(t, pdf); !strings.Contains(text, "Data: the bundled sample As of 1 January 2015") || !strings.Contains(text, "1,988 customers fall into") {
			t.Errorf("the document says %.500s", text)
		}
	})

	// A page that cannot be written is told, and a run of one cluster has one.
	if _, stderr, status := start(t, "-k", "2", "-restarts", "1", "-max-k", "3", "-out", filepath.Join(dir, "out"), "-report", filepath.Join(dir, "none", "report.html")); status != 1 || !strings.Contains(stderr, "report.html") {
		t.Errorf("status %d, %q", status, stderr)
	}
	if _, stderr, status := start(t, "-k", "1", "-min-k", "1", "-max-k", "1", "-out", filepath.Join(dir, "out"), "-report", page); status != 0 {
		t.Errorf("one cluster: status %d, %q", status, stderr)
	}
}
