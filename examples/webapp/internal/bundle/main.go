// Bundle packs the front-end of the web app: it patches what the packages in
// web/node_modules do that a strict page cannot allow, and writes the bundles,
// as gzip alone, which keeps the program small, into dist. go generate ./examples/webapp runs it, after
// npm ci --prefix examples/webapp/web. It has a go.mod of its own, so that
// esbuild is none of the requirements of the library.
package main

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if err := bundle(filepath.Join("..", "..", "web"), filepath.Join("..", "..", "dist")); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

// bundle reads the packages and sources under web and writes into dist.
func bundle(web, dist string) error {
	if _, err := os.Stat(filepath.Join(web, "node_modules")); err != nil {
		return fmt.Errorf("the packages are not there (%w): run npm ci --prefix examples/webapp/web first", err)
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{filepath.Join(web, "src/explore.js"), filepath.Join(web, "src/walker.jsx"), filepath.Join(web, "src/charts.js")},
		Outdir:            dist,
		Bundle:            true,
		Format:            api.FormatESModule,
		JSX:               api.JSXAutomatic,
		Target:            api.ES2022,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsExternal,
		Define:            map[string]string{"process.env.NODE_ENV": `"production"`},
		Plugins:           []api.Plugin{patcher},
	})
	if len(result.Errors) > 0 {
		return errors.New(strings.Join(api.FormatMessages(result.Errors, api.FormatMessagesOptions{}), "\n"))
	}
	for _, file := range result.OutputFiles {
		if strings.HasSuffix(file.Path, ".js") {
			if host := foreign(file.Contents); host != "" {
				return fmt.Errorf("%s would ask %s: patch it in internal/bundle", filepath.Base(file.Path), host)
			}
		}
		if err := write(file.Path, file.Contents); err != nil {
			return err
		}
		fmt.Printf("%s %d kB\n", filepath.Base(file.Path), len(file.Contents)/1000)
	}
	return nil
}

// write writes a file as gzip, and takes away one that is not.
func write(path string, contents []byte) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(contents); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return os.WriteFile(path+".gz", b.Bytes(), 0o644)
}
