package web

import (
	"bytes"
	"compress/gzip"
	"net/http/httptest"
	"testing"
	"testing/fstest"
)

// A file that is there as gzip alone is served plain to those who do not take that.
func TestAssetsOfGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte("const a = 1\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	assets := Assets{}
	if err := assets.Add("/dist/", fstest.MapFS{"a.js.gz": {Data: b.Bytes()}, ".keep": {}}); err != nil || len(assets) != 1 {
		t.Fatalf("%v, %d files", err, len(assets))
	}
	for accepts, want := range map[string]string{"": "const a = 1\n", "gzip": b.String()} {
		r, w := httptest.NewRequest("GET", "/dist/a.js", nil), httptest.NewRecorder()
		r.Header.Set("Accept-Encoding", accepts)
		if !assets.Serve(w, r) || w.Body.String() != want || w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" || (accepts != "") != (w.Header().Get("Content-Encoding") == "gzip") {
			t.Errorf("accepting %q gives %q, %v", accepts, w.Body, w.Header())
		}
	}
	if err := (Assets{}).Add("/dist/", fstest.MapFS{"a.js.gz": {Data: []byte("no gzip")}}); err == nil {
		t.Error("what is no gzip is taken for a file")
	}
}
