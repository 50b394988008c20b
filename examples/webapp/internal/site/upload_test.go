package site

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/features"
	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/testenv"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/testdata"
)

var tierCount = regexp.MustCompile(`data-tier="(\w+)" data-count="(\d+)"`)

// The counts of the page are those of the library.
func TestUpload(t *testing.T) {
	a := start(t, Config{})
	files := map[string][]byte{"sample.csv": testdata.Customers}
	if path, ok := testenv.FindCampaign(t); ok {
		campaign, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files["campaign.csv"] = campaign
	}
	for name, data := range files {
		r := a.upload(t, name, data)
		r.want(t, 200, name)
		path := r.Request.URL.Path
		r = a.finished(t, path)
		r.want(t, 200, "customers scored")
		customers, report, err := features.ReadAll(t.Context(), bytes.NewReader(data), features.ReadOptions{Policy: features.Skip})
		if err != nil {
			t.Fatal(err)
		}
		model := a.Snapshot.Load().Model
		table, err := features.Engineer(t.Context(), customers, features.AsOf(model.AsOf()))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{}
		choice, err := features.Select(features.TrainingColumns...)
		if err != nil {
			t.Fatal(err)
		}
		for i := range table.Len() {
			e := table.Engineered(i)
			p, err := model.Predict(choice.Values(nil, &e))
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
	left, err := filepath.Glob(filepath.Join(a.Uploads.Dir, "*.raw"))
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
	a := start(t, Config{Uploads: 1, ClientUploads: 2})
	if err := a.Uploads.Slots.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	first := a.upload(t, "f.csv", testdata.Customers) // waits
	first.want(t, 200, "Scoring the file")
	a.upload(t, "f.csv", testdata.Customers).want(t, 200)
	r := a.upload(t, "f.csv", testdata.Customers)
	r.want(t, 503, "Other files")
	if r.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	a.Uploads.Slots.Release(1)
	a.finished(t, first.Request.URL.Path).want(t, 200, "customers scored")
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
	r.want(t, 200, "2 rows could not be read and had to be left out.", "line 2", "31-02-2013", "line 3", "&lt;script&gt;alert(1)")
	safe(t, "a cell of an uploaded file", r)
	if n := strings.Count(r.body, "31-02-2013"); n != 1 {
		t.Errorf("the page tells of a bad row %d times", n)
	}
}

// The name of an uploaded file is shown, and nothing else is done with it.
func TestUploadName(t *testing.T) {
	a := start(t, Config{})
	outside := filepath.Join(filepath.Dir(a.Uploads.Dir), "stolen.csv")
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
	f.Fuzz(func(t *testing.T, data []byte) {
		r := a.upload(t, "f.csv", data)
		if len(data) == 0 {
			r.want(t, 422)
			return
		}
		path := r.Request.URL.Path
		a.finished(t, path)
		job := a.Uploads.Get(strings.TrimPrefix(path, "/upload/"))
		s := job.Now()
		if s.State != service.StateDone && s.Error == "" {
			t.Errorf("the state is %s without a reason", s.State)
		}
		file, err := job.Open()
		if s.State == service.StateDone != (err == nil) {
			t.Errorf("the state is %s, and opening the scored file gives %v", s.State, err)
		}
		_ = file.Close()
	})
}

// Files of customers do not stay: what is older than an hour goes, and what is
// new stays.
func TestUploadsGo(t *testing.T) {
	a := start(t, Config{})
	old := a.upload(t, "old.csv", testdata.Customers).Request.URL.Path
	a.finished(t, old)
	a.Uploads.Get(strings.TrimPrefix(old, "/upload/")).Began = time.Now().Add(-upload.KeptFor)
	recent := a.upload(t, "new.csv", testdata.Customers).Request.URL.Path
	a.finished(t, recent)
	a.Uploads.Sweep(upload.KeptFor)
	a.get(t, old+"/scored.csv").want(t, 404)
	a.get(t, recent+"/scored.csv").want(t, 200)
	if left, err := filepath.Glob(filepath.Join(a.Uploads.Dir, "*.*")); err != nil || len(left) != 1 {
		t.Errorf("there are the files %v, %v; want one", left, err)
	}
}

// campaignOf2024 is a file of n customers who joined in 2024.
func campaignOf2024(n int) []byte {
	var b bytes.Buffer
	b.WriteString("ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%d,Master,Married,%d,0,0,2024-%02d-01,90,9,30,9,9,6\n", i+1, 1950+i, 40_000+i, i%12+1)
	}
	return b.Bytes()
}

// TestUploadDoubts: customers of another time, births ahead and values that
// training did not see are told on the page, in the scored file and in the JSON.
func TestUploadDoubts(t *testing.T) {
	a := shared(t)
	path := a.upload(t, "late.csv", campaignOf2024(50)).Request.URL.Path
	r := a.finished(t, path)
	r.want(t, 200,
		"Ages and months are counted on 1 January 2015, the day of the model.",
		"50 of 50 customers joined after 1 January 2015, the day on which ages and months are counted: they are of a later time than the model",
		"50 customers joined after the day on which months are counted.", "Customer 1:", "enrolled on 2024-01-01, after 2015-01-01",
		"50 customers: time as a customer outside what the model was trained on.", "tenure -108 is outside the 7–30 months seen in training")
	if n := strings.Count(r.body, "enrolled on 2024-"); n != 5 {
		t.Errorf("the page names %d customers who joined later, want the first 5", n)
	}
	rows, err := csv.NewReader(strings.NewReader(a.get(t, path+"/scored.csv").body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	last := len(rows[0]) - 1
	if rows[0][last] != "warnings" {
		t.Fatalf("the columns are %v", rows[0])
	}
	for _, row := range rows[1:] {
		if !strings.Contains(row[last], "tenure -1") || !strings.Contains(row[last], "; enrolled on 2024-") {
			t.Errorf("customer %s: %q", row[0], row[last])
		}
	}
	var state map[string]any
	if err := json.Unmarshal([]byte(a.do(t, "GET", path, "", "", "Accept", "application/json").body), &state); err != nil {
		t.Fatal(err)
	}
	if state["as_of"] != "2015-01-01" || !strings.Contains(fmt.Sprint(state["doubts"]), "kind:enrolled_after_day") {
		t.Errorf("%v", state)
	}

	// One of many is told, and does not make the file one of another time.
	one := bytes.Replace(campaignOf2024(12), []byte("2024-"), []byte("2013-"), 11)
	one = bytes.Replace(one, []byte("12,1961,Master"), []byte("12,2050,Master"), 1)
	one = bytes.Replace(one, []byte("\n3,1952"), []byte("\n3,1890"), 1)
	one = bytes.Replace(one, []byte(",40003,"), []byte(",,"), 1)
	path = a.upload(t, "one.csv", one).Request.URL.Path
	r = a.finished(t, path)
	r.want(t, 200, "1 customer joined after the day on which months are counted.", "1 customer was born after the day on which ages are counted.",
		"1 customer would be older than anybody ever was.", "1 customer: income is missing, and the middle value", "Customers older than 100 or with an income above 120,000: 1.")
	if strings.Contains(r.body, "of a later time") {
		t.Error("one late customer makes the file one of another time")
	}

	// A file without doubts says so.
	fine := []byte(strings.ReplaceAll(string(campaignOf2024(3)), "2024-", "2013-"))
	a.finished(t, a.upload(t, "fine.csv", fine).Request.URL.Path).want(t, 200, "Nothing about the scores is doubtful.")
}

// TestUploadBadRow: one row is told as many are.
func TestUploadBadRow(t *testing.T) {
	a := shared(t)
	data := append(campaignOf2024(3), "broken\n"...)
	a.finished(t, a.upload(t, "f.csv", data).Request.URL.Path).want(t, 200, "1 row could not be read and had to be left out:")
}

// TestUploadLimits: who is outside is counted by the limits of the model in use.
func TestUploadLimits(t *testing.T) {
	a := start(t, Config{})
	for _, test := range []struct{ income, says string }{{"40001", "Customers with an income above 40,001: 8."}, {"0", ""}} {
		a.post(t, "/models/retrain", url.Values{"max_age": {"0"}, "max_income": {test.income}, "k": {"3"}, "as_of": {"2015-01-01"}, "activate": {"yes"}}).want(t, 200)
		if s := a.trained(t); s.State != service.StateDone {
			t.Fatalf("the training ends as %+v", s)
		}
		r := a.finished(t, a.upload(t, "f.csv", campaignOf2024(10)).Request.URL.Path)
		r.want(t, 200, test.says)
		if test.says == "" && strings.Contains(r.body, "take their tier with care") {
			t.Error("customers are outside of no limit")
		}
	}
}

// What the reader decided, left out or took for 0 stands on the page, and in
// the JSON of the upload.
func TestUploadTellsWhatWasRead(t *testing.T) {
	a := start(t, Config{})
	head := "ID,Year_Birth,Education,Marital_Status,Income,Kidhome,Teenhome,Dt_Customer,MntWines,MntFruits,MntMeatProducts,MntFishProducts,MntSweetProducts,MntGoldProds,Complain\n"
	file := "Campaign, autumn\n" + head
	for i, day := range []string{"09/04/12", "21-08-2013", "03/08/14", "19-01-2014", "02/10/14", "30-07-2012", "12/03/12", "29-06-2014", "08/01/12", "", ""} {
		complain := "0"
		if i < 2 {
			complain = ""
		}
		status := "Couple"
		if i == 3 {
			status = "Complicated"
		}
		file += fmt.Sprintf("%d,1970,Master,%s,52000,1,0,%s,100,10,50,20,5,15,%s\n", i+1, status, day, complain)
	}
	path := a.upload(t, "f.csv", []byte(file)).Request.URL.Path
	r := a.finished(t, path)
	for _, want := range []string{
		"9 customers scored",
		"1 line above the header was left out: “Campaign, autumn”.",
		"5 dates such as 09/04/12 can be read in more than one way and were read with the month first. So 0 of them lie outside of the span of the dates that leave no choice",
		"with the day first it would be 5.",
		"2 rows were left out because they lack the day of enrolment.",
		"2 customers have no value for complaints; it counts as 0.",
		"1 customer has the unknown marital status “Complicated”. They are taken as households of one adult; the tiers are not touched.",
	} {
		if !strings.Contains(r.body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	told := a.do(t, "GET", path, "", "", "Accept", "application/json").body
	for _, want := range []string{"5 dates such as 09/04/12", "dt_customer is empty in 2 rows", "complain is empty for 2 customers", "which makes living_with Unknown and family_size 1"} {
		if !strings.Contains(told, want) {
			t.Errorf("the JSON does not say %q: %s", want, told)
		}
	}
}

// A client that breaks its upload off is no failure of the app, nor of the
// database, whichever end the connection comes to.
func TestUploadBreaksOff(t *testing.T) {
	a := start(t, Config{})
	for i, linger := range []int{-1, 0} { // 0 resets the connection
		conn := a.begin(t, 1e6, 100).(*net.TCPConn)
		if err := errors.Join(conn.SetLinger(linger), conn.Close()); err != nil {
			t.Fatal(err)
		}
		for range 500 {
			if strings.Count(a.log.String(), `route="POST /upload"`) > i {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
	if log := a.log.String(); strings.Count(log, "status=499") != 2 || strings.Contains(log, "level=ERROR") {
		t.Errorf("two uploads that broke off are logged as:\n%s", log)
	}
	a.left(t, 0)
}

// panicReader is a body that no handler expects.
type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("the body") }

// A panic while an upload is received takes nothing of the budget for good.
func TestUploadPanics(t *testing.T) {
	a := start(t, Config{})
	r := httptest.NewRequest("POST", "/upload", panicReader{})
	r.Host = "localhost"
	r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusInternalServerError || !strings.Contains(a.log.String(), "a handler panicked") {
		t.Errorf("it is answered with %d", w.Code)
	}
	a.left(t, 0)
}

// TestUploadOutlastsRestart: a scored file, and its page, are there after a restart.
func TestUploadOutlastsRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "uploads")
	a := start(t, Config{UploadDir: dir})
	path := a.upload(t, "f.csv", testdata.Customers).Request.URL.Path
	page := a.finished(t, path)
	page.want(t, 200, "customers scored")
	scored := a.get(t, path+"/scored.csv").body
	again(t, a, Config{UploadDir: dir}).get(t, path).want(t, 404) // a second app beside it has a folder of its own
	if err := a.Site.Close(); err != nil {
		t.Fatal(err)
	}
	b := again(t, a, Config{UploadDir: dir})
	if got := b.get(t, path).body; got != page.body {
		t.Errorf("the page is another one after the restart: %s", got)
	}
	if got := b.get(t, path+"/scored.csv").body; got != scored || len(scored) == 0 {
		t.Errorf("the file has %d bytes after the restart, and had %d", len(got), len(scored))
	}
	if n := b.Uploads.Drop(func(*service.UploadJob) bool { return true }); n != 1 {
		t.Errorf("%d files are dropped", n)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.*")); err != nil || len(left) > 0 {
		t.Errorf("%v stay behind, %v", left, err)
	}
}
