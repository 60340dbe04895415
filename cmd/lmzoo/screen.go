package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// screen keeps some lines at the end of a terminal's output and redraws them in place. Each drawing
// is one synchronized write, so that nothing flickers. The cursor is hidden only during a drawing,
// so that the terminal is intact however the program ends.
type screen struct {
	w     io.Writer
	size  func() (columns, rows int)
	drawn []int // widths of the lines on the screen
}

const (
	// synchronized output (unknown terminals ignore it) and no cursor
	beginFrame = "\x1b[?2026h\x1b[?25l"
	// erase the whole line, because some terminals wrap the spaces of a partly erased line when
	// they get narrower
	eraseLine = "\x1b[2K"
	endFrame  = "\x1b[2K\x1b[J\x1b[?25h\x1b[?2026l"
)

// draw writes permanent text and, below it, the lines, cut to the current width of the terminal.
// They replace the previous lines.
func (s *screen) draw(lasting string, lines []string) {
	columns, _ := s.size()
	var b strings.Builder
	b.WriteString(beginFrame)
	if up := s.rows(columns); up > 0 {
		fmt.Fprintf(&b, "\x1b[%dF", up)
	}
	for line := range strings.Lines(lasting) {
		b.WriteString(eraseLine + line)
	}
	s.drawn = s.drawn[:0]
	for _, line := range lines {
		line = text.Trim(strings.TrimRight(line, " "), max(columns-1, 0))
		s.drawn = append(s.drawn, text.StringWidthWithoutEscSequences(line))
		b.WriteString(eraseLine + line + "\n")
	}
	b.WriteString(endFrame)
	io.WriteString(s.w, b.String()) // an error means that the terminal is gone
}

// rows returns the number of rows that the previous lines occupy; a terminal that has become
// narrower has wrapped them.
func (s *screen) rows(columns int) int {
	n := 0
	for _, width := range s.drawn {
		n += max(1, (width+columns-1)/max(columns, 1))
	}
	return n
}
