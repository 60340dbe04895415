package corpus

import "strings"

// cutter cuts a text that arrives in chunks into documents, as [Boundaries.Cut] cuts a whole text.
// Chunks end before white space that follows other text, so that no line end is split.
type cutter struct {
	by     Boundaries
	inLine bool // the chunk begins inside a line
	open   bool // a document has begun

	// State between paragraphs; these bytes may become text of this or the next paragraph.
	ends   []byte // line ends not yet returned
	closed string // the end of a finished paragraph; "" if the paragraph continues
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

// finish returns the fragments that end the text.
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

// takeParagraphs follows cutParagraphs: the first blank line ends a paragraph. Further blank lines
// are text of the next paragraph, or of the last end if no paragraph follows.
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
