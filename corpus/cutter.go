package corpus

import "strings"

// cutter cuts a text that comes in chunks into documents, as Boundaries.Cut does one that is there as a
// whole. Chunks end before white space that follows something else, so that no line end is torn apart.
type cutter struct {
	by     Boundaries
	inLine bool // the line that the chunk begins with has begun already
	open   bool // a document has begun

	// Of paragraphs: what may still become text of this one or of the next.
	ends   []byte // line ends that were not shown
	closed string // the end of a paragraph that is over; "": it goes on
	out    []Fragment
}

func newCutter(by Boundaries) *cutter { return &cutter{by: by} }

// take returns the fragments of the next chunk.
func (c *cutter) take(chunk string) []Fragment {
	c.out = c.out[:0]
	switch c.by {
	case Lines:
		c.takeLines(chunk)
	case Paragraphs:
		c.takeParagraphs(chunk)
	default:
		c.out = append(c.out, Fragment{Text: chunk})
		c.open = true
	}
	return c.out
}

// finish returns the fragments that the end of the text brings.
func (c *cutter) finish() []Fragment {
	c.out = c.out[:0]
	switch {
	case c.closed != "":
		c.out = append(c.out, Fragment{Last: true, End: c.closed + string(c.ends)})
	case c.open:
		c.out = append(c.out, Fragment{Last: true, End: string(c.ends)})
	case len(c.ends) > 0:
		c.out = append(c.out, Fragment{Text: string(c.ends), Last: true}) // nothing but line ends
	}
	return c.out
}

func (c *cutter) takeLines(chunk string) {
	for chunk != "" {
		content, end := line(chunk)
		chunk = chunk[len(content)+len(end):]
		c.out = append(c.out, Fragment{Text: content, End: end, Last: end != ""})
		c.open = end == ""
	}
}

// takeParagraphs follows cutParagraphs: a blank line after something else ends a paragraph, and further
// blank lines are text of the next one, or of the last end where none comes.
func (c *cutter) takeParagraphs(chunk string) {
	var text strings.Builder
	for chunk != "" {
		content, end := line(chunk)
		chunk = chunk[len(content)+len(end):]
		switch {
		case content != "":
			if c.closed != "" {
				c.out = append(c.out, Fragment{Last: true, End: c.closed})
				c.closed = ""
			}
			text.Write(c.ends)
			text.WriteString(content)
			c.open, c.ends = true, append(c.ends[:0], end...)
		case c.open && !c.inLine: // a blank line
			c.out = append(c.out, Fragment{Text: text.String()})
			text.Reset()
			c.open, c.closed, c.ends = false, string(c.ends)+end, c.ends[:0]
		default:
			c.ends = append(c.ends, end...)
		}
		c.inLine = end == ""
	}
	if text.Len() > 0 {
		c.out = append(c.out, Fragment{Text: text.String()})
	}
}
