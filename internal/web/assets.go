package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

// Assets are files that are the same for everybody, by their addresses.
type Assets map[string]*asset

type asset struct {
	data, zipped []byte
	kind, hash   string
}

// Add adds the files of a folder, but for those that begin with a dot, at addresses
// with a prefix. A file with .gz after its name is the other one compressed, which may
// be missing; text without one is compressed here.
func (a Assets) Add(prefix string, files fs.FS) error {
	return fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if plain, ok := strings.CutSuffix(name, ".gz"); ok {
			if _, err := fs.Stat(files, plain); err == nil {
				return nil
			}
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if data, err = io.ReadAll(z); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			name = plain
		}
		sum := sha256.Sum256(data)
		one := &asset{data: data, hash: base64.RawURLEncoding.EncodeToString(sum[:9]), kind: cmp.Or(mime.TypeByExtension(path.Ext(name)), "text/plain; charset=utf-8")}
		if path.Ext(name) == ".js" {
			one.kind = "text/javascript; charset=utf-8"
		}
		if zipped, err := fs.ReadFile(files, name+".gz"); err == nil {
			one.zipped = zipped
		} else if zips(one.kind) && len(data) >= leastZipped {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			if _, err := z.Write(data); err != nil {
				return err
			}
			if err := z.Close(); err != nil {
				return err
			}
			one.zipped = b.Bytes()
		}
		a[prefix+name] = one
		return nil
	})
}

// Address returns the address of a file with its hash.
func (a Assets) Address(name string) string {
	if one := a[name]; one != nil {
		return name + "?v=" + one.hash
	}
	return name
}

// Serve answers with a file, for ever where the address holds its hash, and reports
// whether there is one.
func (a Assets) Serve(w http.ResponseWriter, r *http.Request) bool {
	one := a[r.URL.Path]
	if one == nil {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", one.kind)
	h.Set("ETag", `"`+one.hash+`"`)
	h.Set("Cache-Control", "public, max-age=300")
	if r.URL.Query().Get("v") == one.hash {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if r.Header.Get("If-None-Match") == `"`+one.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	data := one.data
	if one.zipped != nil && takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		data = one.zipped
	}
	_, _ = w.Write(data)
	return true
}
