package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress shows one line that changes while something slow goes on: rewritten in place on a terminal,
// otherwise a plain line now and then. It writes to stderr only.
type progress struct {
	w     io.Writer
	tty   bool
	quiet bool
	last  time.Time
	width int // of the line on the screen now
}

const (
	redrawEvery = 100 * time.Millisecond
	logEvery    = 10 * time.Second
)

func newProgress(w io.Writer, quiet bool) *progress {
	p := &progress{w: w, quiet: quiet, last: time.Now()}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.tty = true
	}
	return p
}

// show replaces the line, unless the last one is too young.
func (p *progress) show(format string, a ...any) {
	interval := logEvery
	if p.tty {
		interval = redrawEvery
	}
	if p.quiet || time.Since(p.last) < interval {
		return
	}
	p.last = time.Now()
	line := fmt.Sprintf(format, a...)
	if !p.tty {
		fmt.Fprintln(p.w, line)
		return
	}
	if columns, _, err := term.GetSize(int(p.w.(*os.File).Fd())); err == nil && len(line) >= columns {
		line = line[:max(columns-1, 0)]
	}
	fmt.Fprint(p.w, "\r", line, strings.Repeat(" ", max(p.width-len(line), 0)))
	p.width = len(line)
}

// clear takes the line off the screen, so that something lasting can be written.
func (p *progress) clear() {
	if p.tty && p.width > 0 {
		fmt.Fprint(p.w, "\r", strings.Repeat(" ", p.width), "\r")
		p.width = 0
	}
}

// note writes a lasting line.
func (p *progress) note(format string, a ...any) {
	if p.quiet {
		return
	}
	p.clear()
	fmt.Fprintf(p.w, format+"\n", a...)
}
