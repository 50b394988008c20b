package main

import (
	"embed"
	"io/fs"
)

// The front-end is built before the program is, where npm is at hand:
//
//	npm ci --prefix examples/webapp/web
//	go generate ./examples/webapp
//
// Without that the folder is empty, and the pages work with what the server
// draws.
//
//go:generate go run -C internal/bundle .
//go:embed all:dist
var dist embed.FS

func frontEnd() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for a name that is no path
	}
	return sub
}
