// Package uplot holds uPlot (Leon Sorokin, MIT), the library that draws the charts of the pages, as
// distributed by npm, and a script that makes its charts usable without a mouse.
//
// To update it, unpack another version over the files, and state that version and the hashes of its
// files here and in the test.
package uplot

import _ "embed" // the files

// Version is the release of the files.
const Version = "1.6.32"

// The files of the release: the library as one script that defines uPlot, its style sheet, and its
// licence.
var (
	//go:embed uPlot.iife.min.js
	Script string
	//go:embed uPlot.min.css
	Style string
	//go:embed LICENSE
	License string
)

// Keys is a script, written here, that defines chartKeys.
//
//go:embed keys.js
var Keys string
