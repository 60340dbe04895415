package play

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"lmzoo/play/web"
	"lmzoo/report/palette"
	"lmzoo/report/uplot"
)

// page holds the files of the page.
//
//go:embed page
var page embed.FS

// pages serves the files of the page and of its chart library, and nothing else.
func (s *Server) pages() http.Handler {
	files, err := fs.Sub(page, "page")
	if err != nil {
		panic(err) // the path is a constant, so this cannot happen
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServerFS(files))
	for name, text := range map[string]string{
		"uPlot.iife.min.js": uplot.Script, "uPlot.min.css": uplot.Style,
		"uPlot.LICENSE.txt": uplot.License, "keys.js": uplot.Keys, "palette.css": paletteCSS(),
	} {
		mux.HandleFunc("/"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, name, time.Time{}, strings.NewReader(text))
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			s.desk.Fail(w,
				web.Refuse(http.StatusMethodNotAllowed, "",
					"%s of the page is not allowed; use GET", r.Method))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// paletteCSS defines the colours of the eras and of the limit.
func paletteCSS() string {
	colours := []palette.Named{{Name: "limit", Colour: palette.Ink}}
	for _, era := range []string{"SLM", "NLM", "PLM", "LLM"} {
		colours = append(colours, palette.Named{Name: era, Colour: palette.Era(era)})
	}
	return palette.CSS(colours)
}
