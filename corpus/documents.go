package corpus

import (
	"fmt"
	"strings"
)

// Boundaries is the rule by which a file is cut into documents.
type Boundaries string

// The three ways to cut a file into documents.
const (
	Files      Boundaries = "file"       // the whole file is a document
	Lines      Boundaries = "lines"      // each line is a document, empty or not
	Paragraphs Boundaries = "paragraphs" // a blank line ends a document
)

// ParseBoundaries checks a name of boundaries.
func ParseBoundaries(s string) (Boundaries, error) {
	switch b := Boundaries(s); b {
	case Files, Lines, Paragraphs:
		return b, nil
	}
	return "", fmt.Errorf("document boundaries %q; want file, lines or paragraphs", s)
}

// Cut cuts a text into documents. The Text and End of all documents, joined, are the text, byte for
// byte. An empty text has no documents.
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

// line returns the first line of a nonempty text and the "\n" or "\r\n" that ends it, or "" at the
// end of the text.
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

// cutLines makes a document of each line. The end of the last line does not start another document.
func cutLines(text string) []Document {
	docs := make([]Document, 0, strings.Count(text, "\n")+1)
	for text != "" {
		content, end := line(text)
		docs = append(docs, Document{Text: content, End: end})
		text = text[len(content)+len(end):]
	}
	return docs
}

// cutParagraphs ends a document at the first blank line after other text. A model predicts the end
// by one token, so the end must always be the same: one line end and one blank line. Further blank
// lines are text of the next paragraph. Only the last end takes all remaining line ends.
func cutParagraphs(text string) []Document {
	var docs []Document
	begin, full := 0, false // where the paragraph began, and whether it has text
	lastEnd := 0            // length of the end of the previous line
	for at := 0; at < len(text); {
		content, end := line(text[at:])
		if content == "" && full {
			docs = append(docs, Document{Text: text[begin : at-lastEnd],
				End: text[at-lastEnd : at+len(end)]})
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
