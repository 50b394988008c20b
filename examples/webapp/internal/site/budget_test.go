package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/internal/service"
	"github.com/customer-personality/segmentation/internal/web"
	"github.com/customer-personality/segmentation/internal/web/upload"
	"github.com/customer-personality/segmentation/testdata"
)

// formOf is the body of a form with a file.
func formOf(t testing.TB, data []byte) (kind string, body []byte) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "f.csv")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), b.Bytes()
}

// begin opens a connection that has sent the head of an upload and n bytes of
// its body. A length below 0 is not told.
func (a *app) begin(t testing.TB, length, n int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", a.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	told, from, to := fmt.Sprintf("Content-Length: %d", length), "", ""
	if length < 0 {
		told, from, to = "Transfer-Encoding: chunked", "1\r\n", "\r\n"
	}
	fmt.Fprintf(conn, "POST /upload HTTP/1.1\r\nHost: %s\r\nContent-Type: multipart/form-data; boundary=x\r\nAccept: application/json\r\n%s\r\n\r\n", a.server.Listener.Addr(), told)
	body := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\n" + strings.Repeat("x", n)
	if _, err := io.WriteString(conn, from+body[:1]+to); err != nil {
		t.Fatal(err)
	}
	for _, c := range body[1:] {
		_, _ = io.WriteString(conn, from+string(c)+to)
	}
	return conn
}

// trickle sends a byte each pause until the connection ends or the test does.
func trickle(t testing.TB, conn net.Conn, pause time.Duration, b string) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-time.After(pause):
				if _, err := io.WriteString(conn, b); err != nil {
					return
				}
			}
		}
	}()
	t.Cleanup(func() { close(done); <-ended })
}

// left waits for all uploads to end, and fails where more files are left than
// those that were scored.
func (a *app) left(t testing.TB, scored int) {
	t.Helper()
	for range 500 {
		if a.Uploads.Active() == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	files, err := filepath.Glob(filepath.Join(a.Uploads.Dir, "*.*"))
	if n := a.Uploads.Active(); err != nil || n > 0 || len(files) != scored {
		t.Errorf("%d uploads have not ended, and the files are %v, %v; want %d", n, files, err, scored)
	}
}

// TestSlowUploads: connections that send a byte now and then do not keep others
// from uploading, and are told that they are too slow.
func TestSlowUploads(t *testing.T) {
	a := start(t, Config{Uploads: 1})
	a.Uploads.Pace.Window, a.Uploads.Pace.Grace = time.Second, 500*time.Millisecond
	// One sends a byte a second, one in chunks, and one nothing more at all.
	slow := []net.Conn{a.begin(t, 1e6, 10), a.begin(t, -1, 10), a.begin(t, 1e6, 0)}
	trickle(t, slow[0], 200*time.Millisecond, "x")
	trickle(t, slow[1], 200*time.Millisecond, "1\r\nx\r\n")
	began := time.Now()
	r := a.finished(t, a.upload(t, "f.csv", testdata.Customers).Request.URL.Path)
	r.want(t, 200, "customers scored")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("an honest upload took %v", took)
	}
	for i, conn := range slow {
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		b, err := io.ReadAll(conn)
		if !strings.HasPrefix(string(b), "HTTP/1.1 408 ") || !strings.Contains(string(b), "too slowly: at least 8 kB a second") {
			t.Errorf("slow connection %d: %q, %v", i, b, err)
		}
	}
	a.left(t, 1)
	// A line that is slow but fast enough goes on from window to window.
	kind, body := formOf(t, campaignOf2024(600))
	in, out := io.Pipe()
	began = time.Now()
	go func() {
		for part := range slices.Chunk(body, 4<<10) {
			_, _ = out.Write(part)
			time.Sleep(300 * time.Millisecond)
		}
		_ = out.Close()
	}()
	response, err := a.client.Post(a.server.URL+"/upload", kind, in)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if took := time.Since(began); response.StatusCode != 200 || took < a.Uploads.Pace.Window+a.Uploads.Pace.Grace {
		t.Errorf("a line of 13 kB a second: %s after %v", response.Status, took)
	}
}

// TestSlowUploadsMakeWay: where all places are taken, the slow ones are given to
// who asks for one.
func TestSlowUploadsMakeWay(t *testing.T) {
	a := start(t, Config{ClientUploads: 2, UploadSpace: 13e6, MaxUpload: 1e6})
	slow := []net.Conn{a.begin(t, 9e5, 10), a.begin(t, 9e5, 10)}
	for range 100 {
		if a.Uploads.Active() == len(slow) {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	a.upload(t, "f.csv", testdata.Customers).want(t, 503, "Other files")
	time.Sleep(2100 * time.Millisecond)
	a.finished(t, a.upload(t, "f.csv", testdata.Customers).Request.URL.Path).want(t, 200, "customers scored")
	displaced := 0
	for _, conn := range slow {
		_ = conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		b := make([]byte, 12)
		if _, err := io.ReadFull(conn, b); err == nil && string(b) == "HTTP/1.1 408" {
			displaced++
		}
	}
	if displaced != 1 {
		t.Errorf("%d slow uploads made way, want one", displaced)
	}
}

// TestClients: an upload counts for the user whom a proxy names, else for the
// address, or the network of a household.
func TestClients(t *testing.T) {
	for _, test := range []struct {
		header       string
		user, client string
		want         string
	}{
		{"", "", "192.0.2.1", "192.0.2.1/32"}, {"", "", "2001:db8::1", "2001:db8::/64"}, {"", "everybody", "192.0.2.1", "192.0.2.1/32"}, {"X-User", "ann", "192.0.2.1", "user ann"}, {"X-User", "", "192.0.2.1", "192.0.2.1/32"},
	} {
		s := &Site{cfg: Config{UserHeader: test.header}}
		if got := s.client(&request{Sender: web.Sender{User: test.user, Client: netip.MustParseAddr(test.client)}}); got != test.want {
			t.Errorf("%+v counts for %s", test, got)
		}
	}
}

// refusedOrScored uploads five files at the same time, each of which has to be
// scored or refused with its reason, and gives how many were.
func refusedOrScored(t *testing.T, a *app, data []byte) (scored, refused int) {
	t.Helper()
	kind, body := formOf(t, data)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			response, err := a.client.Post(a.server.URL+"/upload", kind, bytes.NewReader(body))
			if err != nil {
				t.Errorf("an upload has no answer: %v", err)
				return
			}
			defer func() { _ = response.Body.Close() }()
			page, _ := io.ReadAll(response.Body)
			mu.Lock()
			defer mu.Unlock()
			switch response.StatusCode {
			case 200:
				r := a.finished(t, response.Request.URL.Path)
				if strings.Contains(r.body, "customers scored") {
					scored++
				} else {
					t.Errorf("an upload was taken, and then: %.3000s", r.body)
				}
			case http.StatusInsufficientStorage:
				refused++
				if !strings.Contains(string(page), "There is no room for this file on the server now") || response.Header.Get("Retry-After") == "" {
					t.Errorf("refused without the reason: %.3000s", page)
				}
			default:
				t.Errorf("an upload is answered %s: %.1000s", response.Status, page)
			}
		})
	}
	wg.Wait()
	a.left(t, scored)
	return scored, refused
}

// sampleTimes is the bundled sample, its customers n times.
func sampleTimes(n int) []byte {
	head, rows, _ := bytes.Cut(testdata.Customers, []byte("\n"))
	return append(append(append([]byte(nil), head...), '\n'), bytes.Repeat(rows, n)...)
}

// TestUploadSpace: of five files at the same time those are scored for which
// there is room, and the others refused before they are read. Later ones take
// the room of those before.
func TestUploadSpace(t *testing.T) {
	data := sampleTimes(5)
	a := start(t, Config{ClientUploads: 5, UploadSpace: 5 * int64(len(data))})
	a.Uploads.Share = a.Uploads.Space
	scored, refused := refusedOrScored(t, a, data)
	t.Logf("%d files of %d bytes are scored, %d refused", scored, len(data), refused)
	if scored == 0 || refused == 0 {
		t.Errorf("%d are scored and %d refused", scored, refused)
	}
	// Nobody can fill the room with what is scored.
	for range 3 {
		a.finished(t, a.upload(t, "f.csv", data).Request.URL.Path).want(t, 200, "customers scored")
	}
	// What can never fit is refused; so is one without a length, as the longest.
	a.Uploads.Space = 2*int64(len(data)) - 1
	a.upload(t, "f.csv", data).want(t, 507, "There is no room")
	conn := a.begin(t, -1, 0)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	b := make([]byte, 12)
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "HTTP/1.1 507" {
		t.Errorf("%q, %v", b, err)
	}
}

// TestScoredFileOutgrowsItsRoom: the scored file is longer than was set aside,
// and there is no more. The upload ends with the reason, and leaves nothing.
func TestScoredFileOutgrowsItsRoom(t *testing.T) {
	data := campaignOf2024(5000)
	a := start(t, Config{UploadSpace: upload.PerByte*int64(len(data)) + 1000})
	a.Uploads.Share = a.Uploads.Space
	r := a.finished(t, a.upload(t, "f.csv", data).Request.URL.Path)
	r.want(t, 200, "could not be scored", "there is no room left on the server for the scored file")
	if strings.Contains(r.body, a.Uploads.Dir) {
		t.Error("the page tells where the files lie")
	}
	a.left(t, 0)
}

// TestUploadFullDisk: what a full disk does is the server's fault, and leaves
// nothing. The uploads lie on a disk of two megabytes.
func TestUploadFullDisk(t *testing.T) {
	if _, err := prepared(); err != nil { // elsewhere
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", smallDisk(t, "2m"))
	a := start(t, Config{ClientUploads: 5})
	dir := a.Uploads.Dir
	data := sampleTimes(2)
	scored, refused := refusedOrScored(t, a, data)
	t.Logf("%d files of %d bytes are scored, %d refused", scored, len(data), refused)
	if scored == 0 || refused == 0 {
		t.Errorf("%d are scored and %d refused", scored, refused)
	}
	// It was believed to have room.
	file := filepath.Join(dir, "filler")
	filler := bytes.Repeat([]byte("x"), 4<<20)
	a.Uploads.Free = func(string) int64 { return web.UnknownSpace }
	if err := os.WriteFile(file, filler, 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	r := a.upload(t, "f.csv", data)
	r.want(t, 507, "There is no room for this file")
	kind, body := formOf(t, data)
	if told := a.do(t, "POST", "/upload", kind, string(body), "Accept", "application/json"); told.StatusCode != 507 || !strings.Contains(told.body, "There is no room") {
		t.Errorf("%s: %s", told.Status, told.body)
	}
	if raw, _ := filepath.Glob(filepath.Join(dir, "*.raw")); len(raw) > 0 {
		t.Errorf("%v stay behind", raw)
	}
	// The disk is full while the file is scored.
	if err := os.WriteFile(file, filler[:2<<20-len(data)*3/2], 0o600); err != nil {
		t.Fatal(err)
	}
	results, _ := filepath.Glob(filepath.Join(dir, "*.out"))
	for _, file := range results {
		_ = os.Remove(file)
	}
	r = a.finished(t, a.upload(t, "f.csv", data).Request.URL.Path)
	r.want(t, 200, "there is no room left on the server for the scored file")
	if files, _ := filepath.Glob(filepath.Join(dir, "*.*")); len(files) > 0 {
		t.Errorf("%v stay behind", files)
	}
}

// TestUploadStopsWithTheApp: uploads that wait and that are scored end when the
// app does.
func TestUploadStopsWithTheApp(t *testing.T) {
	a := start(t, Config{Uploads: 1})
	data := campaignOf2024(200_000)
	first := a.upload(t, "f.csv", data)
	second := a.upload(t, "f.csv", data)
	began := time.Now()
	a.Stop()
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("they end after %v", took)
	}
	for _, r := range []answered{first, second} {
		job := a.Uploads.Get(strings.TrimPrefix(r.Request.URL.Path, "/upload/"))
		if s := job.Now(); s.State != service.StateFailed || !strings.Contains(s.Error, "the app ended") {
			t.Errorf("%s: %s", s.State, s.Error)
		}
	}
}

// hostile are files that try to make the app take more than it should, some of
// them shorter by a divisor.
func hostile(by int) map[string][]byte {
	head, _, _ := bytes.Cut(campaignOf2024(1), []byte("\n"))
	var words, short, names bytes.Buffer
	words.Write(head)
	short.Write(head)
	for i := range max(3, 30/by) {
		fmt.Fprintf(&words, "\n%d,1960,%d%s,Married,50000,0,0,2013-01-01,9,9,9,9,9,9", i, i, strings.Repeat("x", 900_000))
	}
	for i := range 20_000 / by {
		fmt.Fprintf(&short, "\n%d,1960,%d%s,%s,50000,0,0,2013-01-01,9,9,9,9,9,9", i, i, strings.Repeat("\"", 240), strings.Repeat("&", 250))
	}
	for i := range 120_000 / by {
		fmt.Fprintf(&names, "inc%04x,", i%0xffff)
	}
	return map[string][]byte{
		"long words":     words.Bytes(),
		"unknown words":  short.Bytes(),
		"near names":     append(names.Bytes(), "Income\n1\n"...),
		"many columns":   append(append(append(head, bytes.Repeat([]byte(","), 1_000_000/by)...), '\n'), bytes.Repeat([]byte(strings.Repeat(",", 1_000_000/by)+"\n"), 3)...),
		"one long line":  bytes.Repeat([]byte("x"), 30<<20),
		"unended quotes": append(append([]byte(nil), head...), bytes.Repeat([]byte("\n1,\"\n2,\n"), 2_000_000/by)...),
		"bad rows":       append(append([]byte(nil), head...), bytes.Repeat([]byte("\n"+strings.Repeat("y", 500_000)), 40/by)...),
	}
}

// TestHostileUploads: whatever a file holds, its page is short, it is soon done,
// and the memory stays below the figures of the deploy guide.
func TestHostileUploads(t *testing.T) {
	guide := guideFigures(t)
	a := start(t, Config{})
	for name, data := range hostile(map[bool]int{false: 1, true: 10}[slow]) {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			before := heap()
			peak := watchHeap(t)
			path := a.upload(t, "f.csv", data).Request.URL.Path
			r := a.finished(t, path)
			most := peak()
			// The test's own copies of the file are the form and the strings of it.
			t.Logf("%d bytes: %v, at most %d MB of heap more, the page has %d bytes", len(data), time.Since(began), (most-before)>>20, len(r.body))
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it takes %v", took)
			}
			if len(r.body) > 200_000 {
				t.Errorf("the page has %d bytes", len(r.body))
			}
			told := a.do(t, "GET", path, "", "", "Accept", "application/json")
			if len(told.body) > 200_000 || !json.Valid([]byte(told.body)) {
				t.Errorf("the JSON has %d bytes", len(told.body))
			}
			if grown := int64(most) - int64(before) - 3*int64(len(data)); grown > guide["memory"]*1e6 {
				t.Errorf("the heap grew by %d MB, and the guide says %d", grown>>20, guide["memory"])
			}
			if kept := int64(heap()) - int64(before); kept > guide["kept"]*1e6 {
				t.Errorf("%d kB are kept, and the guide says %d MB", kept>>10, guide["kept"])
			}
		})
	}
}

// heap is how much of the heap is in use after a collection.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// watchHeap looks at the heap until its end is called, which gives the most.
func watchHeap(t *testing.T) func() uint64 {
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		var highest uint64
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			highest = max(highest, m.HeapAlloc)
			select {
			case <-done:
				most <- highest
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() uint64 { close(done); return <-most }
}

// guideFigures are the figures on uploads in the deploy guide, by their names.
func guideFigures(t testing.TB) map[string]int64 {
	t.Helper()
	text, err := os.ReadFile("../../deploy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for name, pattern := range map[string]string{
		"memory": `memory of an upload that is scored \| (\d+) MB`, "kept": `memory of one that was scored \| (\d+) MB`,
		"scored": `uploads that are scored at the same time \| (\d+) `, "active": `uploads that are received, wait or are scored \| (\d+) `, "client": `of one client \| (\d+) `,
		"size": `size of an uploaded file \| (\d+) MB`, "space": `room for the files of uploads \| (\d+) MB`, "per byte": `room for an upload \| (\d+) times`, "temp": `folder for temporary files \| (\d+) MB`,
		"finished": `scored files that are kept \| (\d+),`, "minutes": `scored files that are kept \| \d+, for (\d+) minutes`,
		"rate": `least rate of an upload \| (\d+) kB`, "window": `least rate of an upload \| \d+ kB a second, over (\d+) s`, "grace": `after the first (\d+) s`, "receive": `least rate of an upload .*in all (\d+) minutes`,
	} {
		m := regexp.MustCompile(pattern).FindSubmatch(text)
		if m == nil {
			t.Errorf("the guide does not say %s", pattern)
			continue
		}
		out[name], _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	return out
}

// TestGuideFigures: the figures of the deploy guide are those of the app and of
// how it is started there. TestHostileUploads measures the memory.
func TestGuideFigures(t *testing.T) {
	got := guideFigures(t)
	c, err := read(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	pace := upload.DefaultPace
	for name, want := range map[string]int64{
		"scored": int64(c.Uploads), "active": upload.MaxActive, "client": int64(c.ClientUploads), "size": c.MaxUpload / 1e6, "space": c.UploadSpace / 1e6, "per byte": upload.PerByte,
		"finished": upload.MaxKept, "minutes": int64(upload.KeptFor.Minutes()), "rate": int64(pace.Rate) >> 10, "window": int64(pace.Window.Seconds()), "grace": int64(pace.Grace.Seconds()), "receive": int64(pace.Total.Minutes()),
	} {
		if got[name] != want {
			t.Errorf("the guide says %d for %s, and it is %d", got[name], name, want)
		}
	}
	for _, file := range []string{"../../deploy/switch.sh", "../../docker-compose.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(`/tmp:mode=1777,size=(\d+)m`).FindSubmatch(text)
		if m == nil || string(m[1]) != strconv.FormatInt(got["temp"], 10) {
			t.Errorf("%s gives the folder %s MB, and the guide says %d", file, m, got["temp"])
		}
	}
	// The folder has room for the largest file, twice.
	if got["temp"] < 2*got["per byte"]*got["size"] {
		t.Errorf("a folder of %d MB has no room for two files of %d", got["temp"], got["size"])
	}
}

// FuzzUploadForm sends any body to the address of uploads: the app answers, and
// keeps nothing of what it refuses.
func FuzzUploadForm(f *testing.F) {
	a := shared(f)
	const kind = "multipart/form-data; boundary=x"
	f.Add(kind, []byte("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nID,Year_Birth\n1,1970\r\n--x--\r\n"))
	f.Add(kind, []byte("--x\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\nx\r\n--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\r\n--x--"))
	f.Add("multipart/mixed; boundary=\"\"", []byte("----"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if strings.ContainsFunc(kind, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
			t.Skip("no header")
		}
		r := a.do(t, "POST", "/upload", kind, string(body))
		switch r.StatusCode {
		case 200, 400, 413, 422, 503, 507:
		default:
			t.Errorf("%s: %.300s", r.Status, r.body)
		}
		if r.StatusCode == 200 {
			a.finished(t, r.Request.URL.Path)
		}
		raw, err := filepath.Glob(filepath.Join(a.Uploads.Dir, "*.raw"))
		if err = errors.Join(err); err != nil || len(raw) > 0 {
			t.Errorf("%v stay behind, %v", raw, err)
		}
	})
}
