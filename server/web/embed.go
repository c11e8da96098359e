// Package web holds the web apps as they were built into this program: app/ for the field, console/ for the desk, each
// with its index.html. Beside a file may stand the same one packed, as .br and .gz.
//
// What builds them is in this folder too. Without it there is only placeholder.html, so that the program builds, and its
// tests run, where nobody has Node.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Placeholder is the page that stands in for an app that was not built.
//
//go:embed dist/placeholder.html
var Placeholder []byte

// Built is what was built.
func Built() fs.FS {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // the name is a constant
	}
	return built
}
