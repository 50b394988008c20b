package segmentation_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/customer-personality/segmentation"

// rooms are the folders of packages with one subject, and the rooms that each
// may import; all may import internal, which imports nothing, and nobody the
// examples. A room's own internal packages are part of it, and those of internal
// that import something are rooms of their own.
var rooms = map[string][]string{
	"internal":              {},
	"internal/accounts":     {},
	"internal/browser":      {},
	"internal/campaign":     {},
	"internal/container":    {},
	"internal/customerform": {"features", "internal/numerals", "internal/snapshot", "segment/narrate"},
	"internal/explore":      {"features", "internal/snapshot", "segment/ask", "segment/narrate", "segment/plots", "segment/plots/chart"},
	"internal/gallery":      {"features", "internal/snapshot", "segment", "segment/ask", "segment/insight", "segment/narrate", "segment/plots", "segment/plots/chart"},
	"internal/llm":          {"features", "segment", "segment/ask", "segment/narrate"},
	"internal/mall":         {"preprocess"},
	"internal/notebook":     {"segment/plots", "segment/report"},
	"internal/program":      {".", "features", "preprocess", "segment", "store", "testdata"},
	"internal/sample":       {"features"},
	"internal/numerals":     {"features"},
	"internal/roster":       {"features", "internal/campaign", "internal/service", "internal/snapshot", "segment/ask", "segment/insight", "segment/narrate"},
	"internal/service":      {".", "features", "internal/campaign", "internal/gallery", "internal/program", "internal/signature", "internal/snapshot", "internal/web/upload", "segment", "segment/ask", "segment/insight", "segment/plots/chart", "segment/report", "store", "testdata"},
	"internal/signature":    {"segment"},
	"internal/snapshot":     {".", "features", "segment", "segment/ask", "segment/insight", "segment/narrate", "store"},
	"internal/textreport":   {".", "features", "internal/program", "preprocess", "segment", "segment/insight", "segment/narrate", "store"},
	"internal/walkthrough":  {".", "features", "internal/notebook", "preprocess", "segment", "segment/insight", "segment/narrate", "segment/plots", "segment/report", "testdata"},
	"internal/web/upload":   {},
	"preprocess":            {},
	"features":              {"preprocess"},
	"features/dataframe":    {"features"},
	"features/parquet":      {"features"},
	"features/xlsx":         {"features"},
	"segment":               {"preprocess"},
	"segment/insight":       {"segment", "preprocess", "features"},
	"segment/narrate":       {"preprocess", "segment", "segment/insight", "features"},
	"segment/plots":         {"segment", "segment/insight", "preprocess", "features"},
	"segment/plots/chart":   {"segment/plots", "segment/narrate", "features"},
	"segment/ask":           {"segment", "segment/insight", "segment/narrate", "segment/plots", "segment/plots/chart", "features"},
	"segment/sqlsource":     {"preprocess", "segment"},
	"segment/report":        {".", "segment", "segment/insight", "segment/narrate", "segment/plots", "features"},
	"segment/segmenttest":   {"segment", "preprocess"},
	"store":                 {"features", "segment"},
	"testdata":              {},
	".":                     {"features", "features/parquet", "features/xlsx", "internal/container", "preprocess", "segment", "segment/sqlsource", "store"},
}

// roomOf returns the room of a package of the module by its folder, or "" for
// one that is in none.
func roomOf(dir string) string {
	if strings.HasPrefix(dir, "examples/") {
		return "examples"
	}
	if owner, _, ok := strings.Cut(dir+"/", "/internal/"); ok {
		dir = owner
	}
	if _, ok := rooms[dir]; ok {
		return dir
	}
	if strings.HasPrefix(dir, "internal/") {
		return "internal"
	}
	return ""
}

// TestImports holds the imports of all packages against rooms. Tests may import
// what they like, but for the examples.
func TestImports(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...", "./testdata")
	list.Stderr = t.Output()
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	ours := func(path string) (string, bool) {
		dir, ok := strings.CutPrefix(path+"/", module+"/")
		return filepath.ToSlash(filepath.Clean(dir)), ok
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		dir, _ := ours(p.ImportPath)
		room := roomOf(dir)
		if room == "" {
			t.Errorf("package %s is in no room: say in rooms what it may import", dir)
		}
		if room == "examples" || room == "" {
			continue
		}
		for _, path := range p.Imports {
			other, ok := ours(path)
			to := roomOf(other)
			within := room != "internal" && (to == room || to == "internal")
			if ok && !within && !slices.Contains(rooms[room], to) {
				t.Errorf("%s imports %s, which is not among what %s may import: %q", dir, other, room, rooms[room])
			}
		}
		for _, path := range slices.Concat(p.TestImports, p.XTestImports) {
			if other, ok := ours(path); ok && roomOf(other) == "examples" {
				t.Errorf("a test of %s imports %s: examples are for people", dir, other)
			}
		}
	}
}

// TestTestdataPrograms vets the packages in folders named testdata, which the
// pattern ./... leaves out.
func TestTestdataPrograms(t *testing.T) {
	folders := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if dir := "./" + filepath.ToSlash(filepath.Dir(path)); strings.HasSuffix(path, ".go") && strings.Contains(dir+"/", "/testdata/") {
			folders[dir] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir := range folders {
		t.Run(dir, func(t *testing.T) {
			if out, err := exec.Command("go", "vet", dir).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
