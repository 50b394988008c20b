package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/customer-personality/segmentation/examples/webapp/internal/site"
)

// free is a loopback address that nobody listens on.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func settings(t *testing.T, args ...string) site.Config {
	t.Helper()
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	read := site.Flags(flags, func(string) string { return "" })
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	cfg, err := read()
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// The app starts with its own sample, becomes ready, and ends when it is told
// to, after the requests that run.
func TestServe(t *testing.T) {
	addr, profiles := free(t), free(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var log buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"-addr", addr, "-db", "sqlite:" + filepath.Join(t.TempDir(), "sub", "app.db"), "-log-json", "-pprof", profiles}, io.Discard, &log)
	}()
	ready := false
	for range 300 {
		if r, err := http.Get("http://" + addr + "/readyz"); err == nil {
			_ = r.Body.Close()
			if ready = r.StatusCode == http.StatusOK; ready {
				break
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	if !ready {
		t.Fatal("the app does not become ready")
	}
	if err := run(t.Context(), []string{"-healthcheck", "-addr", addr}, io.Discard, io.Discard); err != nil {
		t.Errorf("the check of health says %v", err)
	}
	if r, err := http.Get("http://" + profiles + "/debug/pprof/"); err != nil || r.StatusCode != http.StatusOK {
		t.Errorf("profiles are answered with %v, %v", r, err)
	} else {
		_ = r.Body.Close()
	}
	// A header of any size is not read.
	long, err := http.NewRequest("GET", "http://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	long.Header.Set("X-Long", strings.Repeat("a", 100_000))
	if r, err := http.DefaultClient.Do(long); err == nil {
		_ = r.Body.Close()
		if r.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 100 kB is answered with %s", r.Status)
		}
	}
	// A request whose body is still on its way is finished.
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	body := `{"income":58138,"age":57,"spent":1617,"tenure":28,"children":0}`
	if _, err := io.WriteString(c, "POST /api/v1/predict HTTP/1.1\r\nHost: "+addr+"\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 63\r\n\r\n"+body[:20]); err != nil {
		t.Fatal(err)
	}
	time.Sleep(100 * time.Millisecond)
	stop()
	time.Sleep(100 * time.Millisecond)
	if _, err := io.WriteString(c, body[20:]); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil || !bytes.Contains(answer, []byte(`"Platinum"`)) {
		t.Errorf("the running request is answered with %q, %v", answer, err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the app does not end")
	}
	if err := run(t.Context(), []string{"-healthcheck", "-addr", addr}, io.Discard, io.Discard); err == nil {
		t.Error("the check of health finds an app that has ended")
	}
	// The log has a line of JSON for each thing that was done.
	requests := 0
	for line := range strings.Lines(log.String()) {
		var entry struct {
			Time, Level, Msg, Request, Route string
			Status                           int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Time == "" || entry.Level == "" || entry.Msg == "" {
			t.Errorf("a line of the log is %q, %v", line, err)
		}
		if entry.Msg == "request" && entry.Route == "POST /api/v1/predict" && entry.Status == 200 && entry.Request != "" {
			requests++
		}
	}
	if requests != 1 {
		t.Errorf("the log tells of %d predictions, want 1", requests)
	}
}

// buffer can be written to and read from at the same time.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestRunRefuses(t *testing.T) {
	for _, args := range [][]string{{"-addr", ":8080"}, {"-addr", "x"}, {"-nonsense"}, {"-rate", "-1"}, {"extra"}} {
		err := run(t.Context(), args, io.Discard, io.Discard)
		if err == nil {
			t.Errorf("%v is taken", args)
		}
	}
	var help bytes.Buffer
	if err := run(t.Context(), []string{"-help"}, io.Discard, &help); err != flag.ErrHelp {
		t.Errorf("-help gives %v", err)
	}
	for _, word := range []string{"-addr", "WEBAPP_ADDR", "-db", "DATABASE_URL", "-data", "-model", "-user", "-trusted"} {
		if !strings.Contains(help.String(), word) {
			t.Errorf("-help does not tell of %s", word)
		}
	}
	for _, args := range [][]string{{"-data", "no-such-file.csv"}, {"-model", "no-such-model.json"}} {
		args = append(args, "-addr", free(t), "-db", "sqlite:"+filepath.Join(t.TempDir(), "app.db"))
		if err := serve(t.Context(), settings(t, args...), slog.New(slog.NewTextHandler(io.Discard, nil))); err == nil || !strings.Contains(err.Error(), "no-such") {
			t.Errorf("%v gives %v", args, err)
		}
	}
}
