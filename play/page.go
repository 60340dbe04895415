package play

import (
	"embed"
	"io/fs"
	"net/http"
)

// page is what the browser shows. uPlot 1.6.32 (Leon Sorokin, MIT) draws its curves.
//
//go:embed page
var page embed.FS

// pages answers with the files of the page, and with nothing else.
func pages() http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // only for a path that is no path
	}
	serve := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			fail(w, refuse(http.StatusMethodNotAllowed, "", "%s is not for the page; use GET", r.Method))
			return
		}
		serve.ServeHTTP(w, r)
	})
}
