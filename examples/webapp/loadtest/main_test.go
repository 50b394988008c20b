package main

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestLoad(t *testing.T) {
	var predictions, changes atomic.Int64
	broken := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/api/v1/predict":
			if predictions.Add(1); broken {
				w.WriteHeader(http.StatusInternalServerError)
			}
		case strings.HasPrefix(r.URL.Path, "/api/v1/models/"):
			changes.Add(1)
		}
	}))
	defer server.Close()
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-url", server.URL, "-c", "4", "-d", "300ms"}, &out, &out); err != nil {
		t.Errorf("%v: %s", err, out.String())
	}
	if predictions.Load() == 0 || changes.Load() != 2 || !strings.Contains(out.String(), "failed       0") {
		t.Errorf("%d predictions and %d changes of the model were asked for: %s", predictions.Load(), changes.Load(), out.String())
	}
	broken = true
	if err := run(context.Background(), []string{"-url", server.URL, "-c", "2", "-d", "100ms", "-only-predict"}, &out, &out); err == nil {
		t.Error("failures are no error")
	}
	for _, bad := range [][]string{{"-url", "http://192.0.2.1"}, {"-url", "http://example.com"}, {"-c", "0"}, {"-d", "1h"}} {
		if err := run(context.Background(), bad, &out, &out); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
