package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/customer-personality/segmentation"
	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/browser"
	"github.com/customer-personality/segmentation/internal/notebook"
	"github.com/customer-personality/segmentation/internal/program"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/segment"
	"github.com/customer-personality/segmentation/segment/insight"
	"github.com/customer-personality/segmentation/segment/report"
	"github.com/customer-personality/segmentation/testdata"
)

// source is the file of the cells of a campaign file.
var source = func() string {
	text, err := os.ReadFile("../../internal/walkthrough/cells.go")
	if err != nil {
		panic(err)
	}
	return string(text)
}()

// start runs the program and gives what it prints and its exit status.
func start(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, errs bytes.Buffer
	status = program.Status(run(t.Context(), args, &out, &errs), &errs)
	return out.String(), errs.String(), status
}

var dir string // where the sample was run

// sample runs the notebook on the bundled sample, once for all tests.
var sample = sync.OnceValues(func() (ran struct{ dir, printed string }, err error) {
	if dir, err = os.MkdirTemp("", "notebook"); err != nil {
		return ran, err
	}
	ran.dir = dir
	var out bytes.Buffer
	err = run(context.Background(), []string{"-out", ran.dir}, &out, &out)
	ran.printed = out.String()
	return ran, err
})

func TestMain(m *testing.M) {
	status := m.Run()
	if dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(status)
}

func written(t *testing.T, name string) string {
	t.Helper()
	ran, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(ran.dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTerminal(t *testing.T) {
	ran, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for _, want := range []string{
		"── 1. Load ─", "│ func load(", "Read 2000 customers", "── 2. Look ─", "── 3. Engineer ─", "Counted as of 1 January 2015.",
		"── 4. Clean ─", "1988 customers stay.", "── 5. Encode ─", "education_level  0     Graduate", "── 6. Correlate ─", "[Picture: Which columns go together",
		"── 7. Scale ─", "99.9", "── 8. Reduce ─", "pc3", "── 9. Choose k ─", "The knee of the inertia is at 5", "── 10. Cluster ─", "k = 5, by the knee",
		"── 11. Name ─", "Platinum  398", "── 12. Profile ─", "Platinum (398 customers, 53% of the revenue)", "── 13. Explain one customer ─", "what is left over is",
		"── 14. Compare with a second run ─", "adjusted Rand index", "Wrote ",
	} {
		i := strings.Index(ran.printed[at:], want)
		if i < 0 {
			t.Fatalf("%q is not printed behind byte %d:\n%s", want, at, ran.printed)
		}
		at += i
	}
}

// TestShownCodeIsTheCode: the page and the Jupyter notebook show the functions
// as they stand in cells.go, all of them and in order.
func TestShownCodeIsTheCode(t *testing.T) {
	cells, err := notebook.Cut(source)
	if err != nil {
		t.Fatal(err)
	}
	page := written(t, "notebook.html")
	var shown []string
	for _, m := range regexp.MustCompile(`(?s)<pre class="code"[^>]*><code>(.*?)</code></pre>`).FindAllStringSubmatch(page, -1) {
		text := regexp.MustCompile(`</?span[^>]*>`).ReplaceAllString(m[1], "")
		shown = append(shown, strings.NewReplacer("&lt;", "<", "&gt;", ">", "&#34;", `"`, "&#39;", "'", "&amp;", "&").Replace(text))
	}
	if len(shown) != len(cells) {
		t.Fatalf("%d pieces of code are shown for %d cells", len(shown), len(cells))
	}
	notebook := sources(t)
	for i, c := range cells {
		if shown[i] != c.Code || !strings.Contains(source, c.Code) {
			t.Errorf("cell %s shows\n%s", c.Name, shown[i])
		}
		if text := notebook[c.Name]; !strings.HasPrefix(text, c.Code+"\n\n%%\nrun(") || !strings.HasSuffix(text, c.Name+")") {
			t.Errorf("the Jupyter cell %s is\n%s", c.Name, text)
		}
	}
}

// jupyterCell is a cell of a Jupyter notebook.
type jupyterCell struct {
	Type    string `json:"cell_type"`
	ID      string
	Source  []string
	Outputs *[]struct{ Data map[string][]string }
}

// sources gives the sources of the Jupyter notebook by the id of the cell.
func sources(t *testing.T) map[string]string {
	t.Helper()
	var notebook struct{ Cells []jupyterCell }
	if err := json.Unmarshal([]byte(written(t, "notebook.ipynb")), &notebook); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, c := range notebook.Cells {
		out[c.ID] = strings.Join(c.Source, "")
	}
	return out
}

func TestBefore(t *testing.T) {
	cells, err := notebook.Cut(source)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"load":    nil,
		"look":    {"load"},
		"encode":  {"load", "engineer", "clean"},
		"reduce":  {"load", "engineer", "clean", "scale"},
		"compare": {"load", "engineer", "clean", "scale", "reduce", "choose", "cluster", "name"},
	} {
		i := slices.IndexFunc(cells, func(c notebook.Cell) bool { return c.Name == name })
		if got := notebook.Before(cells, i); !slices.Equal(got, want) {
			t.Errorf("before %s: %v, want %v", name, got, want)
		}
	}
	if _, err := notebook.Cut("package main\nfunc {"); err == nil {
		t.Error("a file that is no Go is cut")
	}
}

// TestJupyter validates the notebook with Debian's python3-nbformat.
func TestJupyter(t *testing.T) {
	python := "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import nbformat").Run(); err != nil {
		testenv.Missing(t, "python3-nbformat is needed (Debian: apt-get install python3-nbformat): %v", err)
	}
	text := written(t, "notebook.ipynb")
	command := exec.Command(python, "-W", "error", "-c", "import nbformat, sys; n = nbformat.reads(sys.stdin.read(), as_version=nbformat.NO_CONVERT); nbformat.validate(n); print(n.nbformat, n.nbformat_minor, len(n.cells))")
	command.Stdin = strings.NewReader(text)
	said, err := command.CombinedOutput()
	if err != nil || strings.TrimSpace(string(said)) != "4 5 31" {
		t.Errorf("%v: %s", err, said)
	}
	for _, want := range []string{`"image/svg+xml"`, `"text/html"`, `"name": "gonb"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the notebook has no %s", want)
		}
	}
}

// TestCellsRun builds the cells as GoNB does, all declarations in one file and
// the lines behind %% as main, with a stand-in for its display, and compares
// what the last cell shows with the outputs in the file.
func TestCellsRun(t *testing.T) { runCells(t, written(t, "notebook.ipynb")) }

func runCells(t *testing.T, file string) {
	t.Helper()
	var notebook struct{ Cells []jupyterCell }
	if err := json.Unmarshal([]byte(file), &notebook); err != nil {
		t.Fatal(err)
	}
	program, main := "package main\n\n", ""
	for _, c := range notebook.Cells {
		if c.Type != "code" || c.ID == "setup" {
			continue
		}
		declarations, body, _ := strings.Cut(strings.Join(c.Source, ""), "%%\n")
		program, main = program+declarations+"\n", "func main() {\n"+body+"\n}\n"
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	requires := string(mod[bytes.Index(mod, []byte("require (")):])
	for name, text := range map[string]string{
		"main.go": program + main,
		"go.sum":  string(sums),
		"go.mod": "module cells\n\ngo 1.26.0\n\nrequire (\n\tgithub.com/customer-personality/segmentation v0.0.0\n\tgithub.com/janpfeifer/gonb v0.0.0\n)\n\nreplace github.com/customer-personality/segmentation => " + root +
			"\n\nreplace github.com/janpfeifer/gonb => ./gonb\n\n" + requires[:strings.Index(requires, "\n)")+3],
		"gonb/go.mod": "module github.com/janpfeifer/gonb\n\ngo 1.26.0\n",
		"gonb/gonbui/gonbui.go": "package gonbui\n\nimport \"fmt\"\n\nfunc DisplayHTML(text string) { fmt.Println(text) }\n" +
			"func DisplaySVG(text string)  { fmt.Println(text) }\nfunc Sync()                   {}\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), "go", "run", ".")
	command.Dir, command.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	for _, o := range *notebook.Cells[len(notebook.Cells)-1].Outputs {
		for kind, text := range o.Data {
			if kind == "text/plain" {
				continue
			}
			for _, line := range text {
				if line = strings.TrimSpace(line); !strings.Contains(string(said), line) {
					t.Errorf("the cell does not show %q but\n%.2000s", line, said)
				}
			}
		}
	}
}

// TestPages opens the notebook and the manager's page in a browser.
func TestPages(t *testing.T) {
	chromium, axe := browser.Chromium(t), browser.Axe(t, "../webapp/web")
	ran, err := sample()
	if err != nil {
		t.Fatal(err)
	}
	customers, found, err := features.ReadAll(t.Context(), bytes.NewReader(testdata.Customers), features.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	result, err := segmentation.Train(t.Context(), testenv.Must(features.Engineer(t.Context(), customers, features.AsOf(testdata.AsOf))), segmentation.TrainOptions{
		Model: segment.TrainOptions{Seed: 1}, Report: found,
	})
	if err != nil {
		t.Fatal(err)
	}
	told, err := report.New(t.Context(), result, report.Options{
		Source: "the bundled sample", Choice: insight.SelectionOptions{References: 3, Resamples: 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	managers, err := told.Page(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := managers.Write(&b); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(ran.dir, "notebook.html"), path} {
		for view, f := range browser.Check(t, chromium, axe, file, browser.Views...) {
			for what, list := range map[string][]string{"console": f.Console, "requests": f.Requests, "overflow": f.Overflow, "WCAG AA": f.Violations} {
				if len(list) > 0 {
					t.Errorf("%s in %v, %s: %s", filepath.Base(file), view, what, strings.Join(list, "\n"))
				}
			}
		}
	}
}

// TestPagesAreSelfContained looks for what would ask another machine, without a
// browser.
func TestPagesAreSelfContained(t *testing.T) {
	page := written(t, "notebook.html")
	if m := regexp.MustCompile(`(?i)<script|<iframe|<img|@import|url\(|src\s*=|href="(?:[^#d]|d[^a])`).FindString(page); m != "" {
		t.Errorf("the page has %q", m)
	}
	if n := strings.Count(page, "<figure>"); n < 15 {
		t.Errorf("%d pictures", n)
	}
}

// TestSameBytes: a second run writes the same files, on one processor too.
func TestSameBytes(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	out := t.TempDir()
	if _, stderr, status := start(t, "-out", out); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, name := range []string{"notebook.html", "notebook.ipynb"} {
		if again, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(again) != written(t, name) {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}

func TestCampaign(t *testing.T) {
	stdout, stderr, status := start(t, "-data", testenv.Campaign(t), "-as-of", "2015-01-01", "-out", t.TempDir())
	if status != 0 || stderr != "" {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"Read 2240 customers", "2229 customers stay", "The knee of the inertia is at 5", "Over 1…10 it is at 3", "is highest at 2 (0.348)", "0        Platinum"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("it does not print %q", want)
		}
	}
}

// campaign writes a file of n customers, the later of them like the first
// distinct ones, and gives its path.
func campaign(t *testing.T, n, distinct, factor int) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n")
	for i := range n {
		j := i%distinct + 1
		fmt.Fprintf(&b, "%d,%d,Master,Married,%d,%d,0,2013-%02d-11,%d,1,2,3,4,5\n", i+1, 1940+j*3, (20_000+j*5000)*factor, j%3, j%9+1, j*70)
	}
	path := filepath.Join(t.TempDir(), "c.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFewCustomers: the whole notebook runs from three customers on, says where
// few customers cut something short, and says plainly what is too few.
func TestFewCustomers(t *testing.T) {
	for _, test := range []struct {
		n, distinct int
		says        []string
	}{
		{3, 3, []string{"There are 3 distinct rows, so k ends at 3 and not at 10.", "whose stability is left out", "Half of the customers are too few for another run into 2 clusters.", "Of the 3 nearest customers"}},
		{4, 4, []string{"k ends at 4 and not at 10."}},
		{8, 8, []string{"k ends at 8 and not at 10."}},
		{12, 12, []string{"whose stability is left out"}},
		{12, 3, []string{"There are 3 distinct rows"}},
	} {
		stdout, stderr, status := start(t, "-data", campaign(t, test.n, test.distinct, 1), "-as-of", "2015-01-01", "-out", t.TempDir())
		if status != 0 || stderr != "" {
			t.Errorf("%d customers, %d distinct: status %d, %q", test.n, test.distinct, status, stderr)
		}
		plain := strings.Join(strings.Fields(stdout), " ")
		for _, want := range test.says {
			if !strings.Contains(plain, want) {
				t.Errorf("%d customers, %d distinct: it does not say %q", test.n, test.distinct, want)
			}
		}
		for _, bad := range []string{" 1 customers", " 1 iterations", " 1 clusters", "NaN"} {
			if strings.Contains(plain, bad) {
				t.Errorf("%d customers, %d distinct: it says %q", test.n, test.distinct, bad)
			}
		}
	}
	for _, test := range []struct {
		n, distinct, factor int
		says                string
	}{
		{1, 1, 1, "at least 3 customers are needed for segments"},
		{2, 2, 1, "at least 3 customers are needed for segments"},
		{5, 1, 1, "2 clusters are asked for"},
		{15, 15, 100, "15 of 15 customers have an income above 120,000, and so are left out as errors; -max-income sets another limit, 0 for none"},
	} {
		if _, stderr, status := start(t, "-data", campaign(t, test.n, test.distinct, test.factor), "-as-of", "2015-01-01", "-out", t.TempDir()); status != 1 || !strings.Contains(stderr, test.says) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%d customers, %d distinct, times %d: status %d, %q; want %q", test.n, test.distinct, test.factor, status, stderr, test.says)
		}
	}
}

// TestLimits: the limits of cleaning are flags here too.
func TestLimits(t *testing.T) {
	data := campaign(t, 15, 15, 2) // with incomes of 50,000 to 190,000
	for _, test := range []struct {
		args []string
		says string
	}{
		{nil, "Dropped 7 rows: 7 for an income above 120,000. 7 of 15 customers have an income above 120,000: set other limits if these are no errors."},
		{[]string{"-max-income", "0"}, "Dropped no rows."},
		{[]string{"-max-income", "150000"}, "Dropped 4 rows: 4 for an income above 150,000."},
		{[]string{"-max-age", "69", "-max-income", "0"}, "Dropped 1 row: 1 for an age above 69."},
	} {
		stdout, stderr, status := start(t, append([]string{"-data", data, "-as-of", "2015-01-01", "-out", t.TempDir()}, test.args...)...)
		if plain := strings.Join(strings.Fields(stdout), " "); status != 0 || !strings.Contains(plain, test.says) {
			t.Errorf("%v: status %d, %q; it does not say %q", test.args, status, stderr, test.says)
		}
	}
}

func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no such file", []string{"-data", filepath.Join(dir, "none.csv"), "-out", filepath.Join(dir, "out")}, 1, "cell 1, Open: "},
		{"day", []string{"-as-of", "yesterday"}, 2, "a day is written as 2015-01-31"},
		{"no folder", []string{"-out", ""}, 2, "-out is empty"},
		{"no flag", []string{"file.csv"}, 2, "is not a flag"},
	} {
		if _, stderr, status := start(t, test.args...); status != test.status || !strings.Contains(stderr, test.says) || program.GoWords(stderr) != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: status %d, %q; want %d, %q", test.name, status, stderr, test.status, test.says)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); !os.IsNotExist(err) {
		t.Error("something was written")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if status := program.Status(run(ctx, []string{"-out", filepath.Join(dir, "out")}, &out, &out), &out); status != 130 {
		t.Errorf("interrupted: status %d", status)
	}
}
