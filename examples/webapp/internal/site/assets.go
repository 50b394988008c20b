package site

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// asset is a file that is the same for everybody.
type asset struct {
	data, zipped []byte
	kind, hash   string
}

func readAssets(bundle fs.FS) (map[string]*asset, error) {
	out := map[string]*asset{}
	add := func(prefix string, files fs.FS) error {
		return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") || strings.HasSuffix(name, ".gz") {
				return err
			}
			data, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(data)
			a := &asset{data: data, hash: base64.RawURLEncoding.EncodeToString(sum[:9]), kind: mime.TypeByExtension(path.Ext(name))}
			if path.Ext(name) == ".js" {
				a.kind = "text/javascript; charset=utf-8"
			}
			if a.kind == "" {
				a.kind = "text/plain; charset=utf-8"
			}
			if zipped, err := fs.ReadFile(files, name+".gz"); err == nil {
				a.zipped = zipped
			}
			out[prefix+name] = a
			return nil
		})
	}
	static, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	if err := add("/static/", static); err != nil {
		return nil, err
	}
	if bundle != nil {
		if err := add("/dist/", bundle); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return out, nil
}

// file serves an asset, for ever where its address holds its hash.
func (s *Site) file(w http.ResponseWriter, r *http.Request) error {
	a := s.assets[r.URL.Path]
	if a == nil {
		return errNotFound
	}
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("ETag", `"`+a.hash+`"`)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Get("v") == a.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	data := a.data
	if a.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		data = a.zipped
	}
	_, _ = w.Write(data)
	return nil
}
