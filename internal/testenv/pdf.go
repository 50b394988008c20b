package testenv

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// PDFText returns the text of a PDF document as pdftotext of poppler-utils reads it, in
// the order of its lines, with single spaces. The test is skipped where that is not
// installed.
func PDFText(t testing.TB, document []byte) string {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed (apt-get install poppler-utils): the text of a PDF document is not read back")
	}
	read := exec.Command(tool, "-raw", "-", "-")
	read.Stdin = bytes.NewReader(document)
	read.Stderr = t.Output()
	text, err := read.Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return strings.Join(strings.Fields(string(text)), " ")
}
