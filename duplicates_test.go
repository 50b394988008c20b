package segmentation_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// longestRepeat is how many lines of the same shape two places may share.
const longestRepeat = 11

// A shapedLine is a line of code without its names and values.
type shapedLine struct {
	file   string
	number int
	shape  string
}

// TestNoDuplicates fails on two places in the code, without tests and generated
// files, that share more than longestRepeat lines but for names and values.
// Comments, imports and lines of nothing but punctuation do not count, and
// neighbours of one shape, which are entries of a list, count as one line.
func TestNoDuplicates(t *testing.T) {
	var lines []shapedLine
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || d.Name() == ".git"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		of, err := shapes(path)
		lines = append(lines, of...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range repeats(lines) {
		t.Error(pair)
	}
}

// shapes returns the lines of a file that count.
func shapes(path string) ([]shapedLine, error) {
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, path, src, parser.ImportsOnly|parser.ParseComments)
	if err != nil || ast.IsGenerated(parsed) {
		return nil, err
	}
	first := files.Position(parsed.Name.End()).Line
	for _, d := range parsed.Decls {
		first = files.Position(d.End()).Line
	}
	byLine := map[int]string{}
	wordy := map[int]bool{}
	var s scanner.Scanner
	file := files.AddFile(path, -1, len(src))
	s.Init(file, src, nil, 0)
	for {
		pos, tok, text := s.Scan()
		if tok == token.EOF {
			break
		}
		line := file.Line(pos)
		if line <= first || tok == token.SEMICOLON && text == "\n" {
			continue
		}
		byLine[line] += " " + tok.String()
		wordy[line] = wordy[line] || !tok.IsOperator()
	}
	var out []shapedLine
	for _, line := range slices.Sorted(maps.Keys(wordy)) {
		if wordy[line] && (len(out) == 0 || out[len(out)-1].shape != byLine[line]) {
			out = append(out, shapedLine{path, line, byLine[line]})
		}
	}
	return out, nil
}

// repeats returns the longest run of each pair of files in which there are any.
func repeats(lines []shapedLine) map[[2]string]string {
	const n = longestRepeat + 1
	run := func(i, j int) int {
		k := 0
		for j+k < len(lines) && i+k < j && lines[i+k].shape == lines[j+k].shape && lines[i].file == lines[i+k].file && lines[j].file == lines[j+k].file {
			k++
		}
		return k
	}
	longest := map[[2]string]int{}
	out := map[[2]string]string{}
	seen := map[string][]int{}
	for j := range max(0, len(lines)-n+1) {
		var key strings.Builder
		for _, l := range lines[j : j+n] {
			key.WriteString(l.shape + "\n")
		}
		for _, i := range seen[key.String()] {
			a, b, k := lines[i], lines[j], run(i, j)
			files := [2]string{a.file, b.file}
			if k >= n && k > longest[files] {
				longest[files] = k
				out[files] = fmt.Sprintf("%s:%d-%d and %s:%d-%d share %d lines", a.file, a.number, lines[i+k-1].number, b.file, b.number, lines[j+k-1].number, k)
			}
		}
		seen[key.String()] = append(seen[key.String()], j)
	}
	return out
}
