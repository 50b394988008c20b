package site

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/testdata"
)

var tierCount = regexp.MustCompile(`data-tier="(\w+)" data-count="(\d+)"`)

// The counts of the page are those of the library.
func TestUpload(t *testing.T) {
	a := start(t, Config{})
	files := map[string][]byte{"sample.csv": testdata.Customers}
	real, err := os.ReadFile("../../../../../shared/data/marketing_campaign.csv")
	if err != nil {
		t.Log("the real file is not in ../shared/data; the sample alone is tried")
	} else {
		files["campaign.csv"] = real
	}
	for name, data := range files {
		r := a.upload(t, name, data)
		r.want(t, 200, name)
		path := r.Request.URL.Path
		r = a.finished(t, path)
		r.want(t, 200, "customers scored")
		customers, report, err := features.ReadAll(bytes.NewReader(data), features.ReadOptions{Policy: features.Skip})
		if err != nil {
			t.Fatal(err)
		}
		model := a.world.Load().Model
		table := features.Engineer(customers, features.AsOf(model.AsOf()))
		want := map[string]int{}
		choice, err := features.Select(features.TrainingColumns...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range table.Rows {
			p, err := model.Predict(choice.Values(nil, &table.Rows[i]))
			if err != nil {
				t.Fatal(err)
			}
			want[p.Tier]++
		}
		got := tierCount.FindAllStringSubmatch(r.body, -1)
		if len(got) != len(model.TierNames()) {
			t.Fatalf("%s: the page shows %d tiers, want %d", name, len(got), len(model.TierNames()))
		}
		for _, m := range got {
			if n, _ := strconv.Atoi(m[2]); n != want[m[1]] {
				t.Errorf("%s: the page counts %d %s, the library %d", name, n, m[1], want[m[1]])
			}
		}
		scored := a.get(t, path+"/scored.csv")
		scored.want(t, 200)
		rows, err := csv.NewReader(strings.NewReader(scored.body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != report.Rows+1 {
			t.Errorf("%s: the scored file has %d lines, want %d", name, len(rows), report.Rows+1)
		}
	}
	left, err := filepath.Glob(filepath.Join(a.uploads.dir, "*.raw"))
	if err != nil || len(left) != 0 {
		t.Errorf("uploaded files stay behind: %v, %v", left, err)
	}
}

func TestUploadRefused(t *testing.T) {
	a := start(t, Config{MaxUpload: 100_000})
	head, _, _ := bytes.Cut(testdata.Customers, []byte("\n"))
	for name, test := range map[string]struct {
		data   []byte
		status int
		text   string
	}{
		"empty":       {nil, 422, "Choose a file"},
		"header only": {head, 200, "could not be scored"},
		"rubbish":     {bytes.Repeat([]byte{0, 1, 2, 255}, 500), 200, "could not be scored"},
		"other":       {[]byte("a,b\n1,2\n"), 200, "could not be scored"},
		"too large":   {bytes.Repeat([]byte("x"), 100_001), 413, "too large"},
		"far larger":  {bytes.Repeat([]byte("x"), 400_000), 413, "too large"},
	} {
		t.Run(name, func(t *testing.T) {
			r := a.upload(t, "f.csv", test.data)
			if test.status == 200 {
				r = a.finished(t, r.Request.URL.Path)
				a.get(t, r.Request.URL.Path+"/scored.csv").want(t, 404)
			}
			r.want(t, test.status, test.text)
		})
	}
	a.do(t, "POST", "/upload", "text/plain", "x").want(t, 400)
	a.do(t, "POST", "/upload", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--x--\r\n").want(t, 400)
	a.do(t, "POST", "/upload", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nbroken").want(t, 400)
}

func TestUploadBusy(t *testing.T) {
	a := start(t, Config{Uploads: 1})
	a.uploads.slots <- struct{}{}
	a.upload(t, "f.csv", testdata.Customers).want(t, 503, "Other files")
	<-a.uploads.slots
	a.upload(t, "f.csv", testdata.Customers).want(t, 200)
}

// The rows that cannot be read are told, with where and why.
func TestUploadBadRows(t *testing.T) {
	a := shared(t)
	lines := bytes.SplitN(testdata.Customers, []byte("\n"), 4)
	bad := bytes.Replace(lines[1], []byte("04-10-2013"), []byte("31-02-2013"), 1)
	cells := bytes.SplitN(lines[2], []byte("\t"), 3)
	cells[1] = []byte("<script>alert(1)</script>") // the year of birth
	worse := bytes.Join(cells, []byte("\t"))
	data := bytes.Join([][]byte{lines[0], bad, worse, lines[3]}, []byte("\n"))
	r := a.finished(t, a.upload(t, "f.csv", data).Request.URL.Path)
	r.want(t, 200, "Rows that were left out: 2.", "line 2", "31-02-2013", "line 3", "&lt;script&gt;alert(1)")
	safe(t, "a cell of an uploaded file", r)
	if n := strings.Count(r.body, "31-02-2013"); n != 1 {
		t.Errorf("the page tells of a bad row %d times", n)
	}
}

// The name of an uploaded file is shown, and nothing else is done with it.
func TestUploadName(t *testing.T) {
	a := start(t, Config{})
	outside := filepath.Join(filepath.Dir(a.uploads.dir), "stolen.csv")
	for _, name := range []string{"../../stolen.csv", `..\..\stolen.csv`, "/etc/passwd", `"><script>alert(1)</script>.csv`, strings.Repeat("n", 5000)} {
		r := a.upload(t, name, testdata.Customers)
		r.want(t, 200)
		a.finished(t, r.Request.URL.Path)
		if strings.Contains(r.body, "<script>alert") {
			t.Errorf("%q comes back as it is", name)
		}
		if _, err := os.Stat(outside); err == nil {
			t.Fatalf("%q wrote a file outside of the folder", name)
		}
	}
}

// A spreadsheet must not run what a file says.
func TestFormulas(t *testing.T) {
	a := shared(t)
	data := bytes.Replace(testdata.Customers, []byte("\tTogether\t"), []byte("\t=HYPERLINK(1)\t"), 1)
	path := a.upload(t, "f.csv", data).Request.URL.Path
	a.finished(t, path)
	scored := a.get(t, path+"/scored.csv")
	if !strings.Contains(scored.body, "'=HYPERLINK(1)") || strings.Contains(scored.body, ",=HYPERLINK") {
		t.Error("a formula goes through into the scored file")
	}
}

// Bodies that are packed would unpack to any size; none are taken.
func TestPackedBodies(t *testing.T) {
	a := shared(t)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(bytes.Repeat([]byte("0"), 10<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/api/v1/predict", "/predict", "/upload"} {
		a.do(t, "POST", path, "application/json", b.String(), "Content-Encoding", "gzip").want(t, 415)
	}
	// A packed file in a form is no campaign file.
	r := a.finished(t, a.upload(t, "bomb.csv.gz", b.Bytes()).Request.URL.Path)
	r.want(t, 200, "could not be scored")
}

func FuzzUpload(f *testing.F) {
	a := shared(f)
	f.Add([]byte("ID,Year_Birth\n1,1970\n"))
	f.Add(testdata.Customers[:2000])
	i := 0
	f.Fuzz(func(t *testing.T, data []byte) {
		i++
		job := &uploadJob{id: newID(), name: fmt.Sprint(i), size: int64(len(data)), state: uploadState{Tiers: map[string]int{}}}
		if err := os.WriteFile(a.uploads.path(job.id, "raw"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		a.score(t.Context(), job, a.world.Load().Model)
		if s := job.now(); s.State != stateDone && s.Error == "" {
			t.Errorf("the state is %s without a reason", s.State)
		}
		err := os.Remove(a.uploads.path(job.id, "csv"))
		if job.now().State == stateDone != (err == nil) {
			t.Errorf("the state is %s, and removing the scored file gives %v", job.now().State, err)
		}
	})
}

// Files of customers do not stay: what is older than an hour goes, and what is
// new stays.
func TestUploadsGo(t *testing.T) {
	a := start(t, Config{})
	old := a.upload(t, "old.csv", testdata.Customers).Request.URL.Path
	a.finished(t, old)
	a.uploads.get(strings.TrimPrefix(old, "/upload/")).began = time.Now().Add(-uploadsKeptFor)
	recent := a.upload(t, "new.csv", testdata.Customers).Request.URL.Path
	a.finished(t, recent)
	a.uploads.sweep(time.Now())
	a.get(t, old+"/scored.csv").want(t, 404)
	a.get(t, recent+"/scored.csv").want(t, 200)
	if left, err := filepath.Glob(filepath.Join(a.uploads.dir, "*")); err != nil || len(left) != 1 {
		t.Errorf("there are the files %v, %v; want one", left, err)
	}
}
