package refine

import (
	"strings"
	"unicode/utf8"
)

// Example is a document that a rule changed or removed, in the form that the account shows.
type Example struct {
	Source string `json:"source"`
	Text   string `json:"text"`          // part of the text before the change
	Why    string `json:"why,omitempty"` // the deciding numbers, or the text after the change
}

// excerptBytes bounds the text of an example.
const excerptBytes = 160

// excerpt returns the beginning of a text on one line.
func excerpt(text string) string { return around(text, 0) }

// around returns the part of a text around a position, on one line, as valid UTF-8, with personal
// data masked: an account must not publish what the text does not.
func around(text string, at int) string {
	from := max(min(at, len(text))-excerptBytes/4, 0)
	to := min(from+excerptBytes, len(text))
	for from > 0 && from < len(text) && !utf8.RuneStart(text[from]) {
		from--
	}
	for to < len(text) && !utf8.RuneStart(text[to]) {
		to--
	}
	part := strings.ToValidUTF8(text[from:to], "�")
	if to < len(text) {
		for hasData(lastWord(part)) {
			part = strings.TrimSuffix(part, lastWord(part))
		}
	}
	if from > 0 {
		for hasData(firstWord(part)) {
			part = strings.TrimPrefix(part, firstWord(part))
		}
	}
	part, _ = Mask(part)
	part = strings.NewReplacer("\r", "", "\n", " ⏎ ", "\t", " ").Replace(part)
	if from > 0 {
		part = "…" + part
	}
	if to < len(text) {
		part += "…"
	}
	return part
}

// hasData reports whether a word at the edge of an excerpt may be a piece of personal data.
func hasData(word string) bool { return strings.ContainsAny(word, "0123456789@+") }

// lastWord returns the end of a text from the last space on.
func lastWord(text string) string { return text[max(strings.LastIndexByte(text, ' '), 0):] }

// firstWord returns the beginning of a text up to and with the first space.
func firstWord(text string) string {
	if i := strings.IndexByte(text, ' '); i >= 0 {
		return text[:i+1]
	}
	return text
}
