package corpus

import (
	"fmt"
	"strings"
)

// Boundaries says where documents begin and end in a file.
type Boundaries string

// The three ways to cut a file into documents.
const (
	Files      Boundaries = "file"       // the whole file is one
	Lines      Boundaries = "lines"      // every line is one, an empty line too
	Paragraphs Boundaries = "paragraphs" // a blank line ends one
)

// ParseBoundaries checks a name of boundaries.
func ParseBoundaries(s string) (Boundaries, error) {
	switch b := Boundaries(s); b {
	case Files, Lines, Paragraphs:
		return b, nil
	}
	return "", fmt.Errorf("documents %q: choose one of file, lines, paragraphs", s)
}

// Cut cuts a text into documents. Text and End of all of them, joined, are the text again, byte for byte.
// An empty text has no documents.
func (b Boundaries) Cut(text string) []Document {
	switch {
	case text == "":
		return nil
	case b == Lines:
		return cutLines(text)
	case b == Paragraphs:
		return cutParagraphs(text)
	}
	return []Document{{Text: text}}
}

// line is the first line of a text that is not empty, and the "\n" or "\r\n" that ends it; "" at the end
// of a text.
func line(text string) (content, end string) {
	i := strings.IndexByte(text, '\n')
	switch {
	case i < 0:
		return text, ""
	case i > 0 && text[i-1] == '\r':
		return text[:i-1], text[i-1 : i+1]
	}
	return text[:i], text[i : i+1]
}

// cutLines makes a document of every line. The end of the last line opens no further one.
func cutLines(text string) []Document {
	docs := make([]Document, 0, strings.Count(text, "\n")+1)
	for text != "" {
		content, end := line(text)
		docs = append(docs, Document{Text: content, End: end})
		text = text[len(content)+len(end):]
	}
	return docs
}

// cutParagraphs ends a document at the first blank line after something else. A model pays one token for
// the end, so the end must not say more: it is one line end and one blank line, and further blank lines
// are text of the next paragraph. Only the last end takes whatever line ends are left.
func cutParagraphs(text string) []Document {
	var docs []Document
	begin, full := 0, false // where the paragraph began, and whether there is anything in it
	lastEnd := 0            // how many bytes the end of the line before takes
	for at := 0; at < len(text); {
		content, end := line(text[at:])
		if content == "" && full {
			docs = append(docs, Document{Text: text[begin : at-lastEnd], End: text[at-lastEnd : at+len(end)]})
			begin, full = at+len(end), false
		} else if content != "" {
			full = true
		}
		lastEnd = len(end)
		at += len(content) + len(end)
	}
	switch rest := text[begin:]; {
	case full:
		docs = append(docs, Document{Text: rest[:len(rest)-lastEnd], End: rest[len(rest)-lastEnd:]})
	case rest != "" && len(docs) > 0:
		docs[len(docs)-1].End += rest
	case rest != "":
		docs = append(docs, Document{Text: rest})
	}
	return docs
}
