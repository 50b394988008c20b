package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
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
	addr := free(t)
	cfg := settings(t, "-addr", addr, "-db", "sqlite:"+filepath.Join(t.TempDir(), "sub", "app.db"))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil))) }()
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
