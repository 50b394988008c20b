package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A page is compressed for those who take it, and reads the same; what is small,
// compressed, of another kind or asked for by another site is not.
func TestCompress(t *testing.T) {
	long := strings.Repeat("Platinum, Gold, Silver, Bronze. ", 200)
	for name, test := range map[string]struct {
		kind, accept, site, encoding, body string
		status                             int
		want                               bool
	}{
		"a page":                {kind: "text/html; charset=utf-8", accept: "br, gzip", body: long, status: 422, want: true},
		"of the own site":       {kind: "application/json", accept: "gzip", site: "same-origin", body: long, want: true},
		"asked by another site": {kind: "text/html", accept: "gzip", site: "cross-site", body: long},
		"a client without":      {kind: "text/html", accept: "br", body: long},
		"a client against":      {kind: "text/html", accept: "gzip;q=0, br", body: long},
		"with a quality":        {kind: "text/html", accept: "gzip;q=0.5", body: long, want: true},
		"a small page":          {kind: "text/html", accept: "gzip", body: "small", status: 404},
		"a picture":             {kind: "image/png", accept: "gzip", body: long},
		"compressed already":    {kind: "text/html", accept: "gzip", encoding: "br", body: long},
		"nothing":               {kind: "text/html", accept: "gzip", status: 204},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Encoding", test.accept)
			r.Header.Set("Sec-Fetch-Site", test.site)
			out := httptest.NewRecorder()
			w, done := Compress(out, r)
			w.Header().Set("Content-Type", test.kind)
			if test.encoding != "" {
				w.Header().Set("Content-Encoding", test.encoding)
			}
			if test.status != 0 {
				w.WriteHeader(test.status)
			}
			for _, part := range []string{test.body[:len(test.body)/2], test.body[len(test.body)/2:]} {
				if _, err := io.WriteString(w, part); part != "" && err != nil {
					t.Fatal(err)
				}
			}
			done()
			answer := out.Result()
			if want := max(test.status, http.StatusOK); test.status != 0 && answer.StatusCode != want {
				t.Errorf("the status is %d, want %d", answer.StatusCode, want)
			}
			if answer.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("Vary is %q", answer.Header.Get("Vary"))
			}
			var body io.Reader = answer.Body
			if got := answer.Header.Get("Content-Encoding") == "gzip"; got != test.want {
				t.Fatalf("compressed: %v, want %v", got, test.want)
			} else if got {
				if out.Body.Len() > len(long)/10 {
					t.Errorf("%d bytes are %d", len(long), out.Body.Len())
				}
				z, err := gzip.NewReader(answer.Body)
				if err != nil {
					t.Fatal(err)
				}
				body = z
			}
			if b, err := io.ReadAll(body); err != nil || string(b) != test.body {
				t.Errorf("%v, %d bytes are read, want %d", err, len(b), len(test.body))
			}
		})
	}
}
