package web

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// leastZipped is the size in bytes below which gzip does not pay.
const leastZipped = 1024

// Compress returns a ResponseWriter that compresses pages, JSON and pictures of text
// by gzip for a browser that takes it, and what has to be called at the end. What is
// compressed already, small, or a file of another kind passes as it is. So does what
// another site makes a browser ask for: it could guess what a page holds by how well
// it is compressed together with its own guesses (the attack BREACH).
func Compress(w http.ResponseWriter, r *http.Request) (http.ResponseWriter, func()) {
	w.Header().Add("Vary", "Accept-Encoding")
	if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" || r.Method == http.MethodHead || !takesGzip(r) {
		return w, func() {}
	}
	z := &zipped{ResponseWriter: w}
	return z, z.close
}

// pageLevel is the level of what is compressed as it is sent: on a page of charts of
// 578 kB it takes 7.8 ms and leaves 114 kB, where gzip's default takes 13.9 and leaves 108.
const pageLevel = 4

// takesGzip reports whether the client takes gzip.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, quality, _ := strings.Cut(part, ";")
		if strings.TrimSpace(name) == "gzip" {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}

// zippedKinds are the kinds of content that are compressed.
var zippedKinds = []string{"text/html", "application/json", "image/svg+xml", "text/css", "text/javascript"}

func zips(kind string) bool {
	for _, k := range zippedKinds {
		if strings.HasPrefix(kind, k) {
			return true
		}
	}
	return false
}

// zipped compresses what is written, if the first piece of it is to be.
type zipped struct {
	http.ResponseWriter
	status int
	began  bool
	to     *gzip.Writer // nil where it is not compressed
}

// WriteHeader keeps the status until it is known whether the body is compressed.
func (z *zipped) WriteHeader(status int) {
	if z.status == 0 {
		z.status = status
	}
}

// Write implements http.ResponseWriter.
func (z *zipped) Write(b []byte) (int, error) {
	z.begin(b)
	if z.to != nil {
		return z.to.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

func (z *zipped) begin(b []byte) {
	if z.began {
		return
	}
	z.began = true
	h := z.Header()
	if len(b) >= leastZipped && h.Get("Content-Encoding") == "" && zips(h.Get("Content-Type")) {
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		z.to, _ = gzip.NewWriterLevel(z.ResponseWriter, pageLevel)
	}
	if z.status != 0 {
		z.ResponseWriter.WriteHeader(z.status)
	}
}

func (z *zipped) close() {
	if z.began || z.status != 0 {
		z.begin(nil)
	}
	if z.to != nil {
		_ = z.to.Close()
	}
}

// Unwrap returns the ResponseWriter for http.ResponseController.
func (z *zipped) Unwrap() http.ResponseWriter { return z.ResponseWriter }
