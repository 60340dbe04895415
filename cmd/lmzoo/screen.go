package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// screen keeps some lines at the end of a terminal's output and draws them again in place. Each drawing is one write that
// the terminal is asked to show at once, so that nothing flickers; the cursor is hidden only within it, so that
// whatever ends the program leaves the terminal as it was.
type screen struct {
	w     io.Writer
	size  func() (columns, rows int)
	drawn []int // the widths of the lines that stand there now
}

const (
	beginFrame = "\x1b[?2026h\x1b[?25l" // synchronized output, which terminals that do not know it ignore; no cursor
	eraseLine  = "\x1b[2K"              // all of it: where only its end is erased, some terminals wrap the blanks when they get narrower
	endFrame   = "\x1b[2K\x1b[J\x1b[?25h\x1b[?2026l"
)

// draw writes lasting text, and below it the lines in place of those drawn last. They are cut to the width of the
// terminal as it is now.
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
	io.WriteString(s.w, b.String()) // a terminal that is gone needs no error
}

// rows is how many rows the lines take that were drawn last: terminals break them anew when they become narrower.
func (s *screen) rows(columns int) int {
	n := 0
	for _, width := range s.drawn {
		n += max(1, (width+columns-1)/max(columns, 1))
	}
	return n
}
