package openai

import (
	"strings"
	"unicode/utf8"
)

// cursor locates the tokens of a text in the text, one after another, and counts characters. A
// token may contain part of a character, and may be missing from the text: the end of the document,
// an unknown word, or a token beyond a stop string.
type cursor struct {
	text  string
	at    int // byte offset at which the next token may begin
	start int // byte offset of the character that contains at
	chars int // number of characters before start
}

// next moves past a token and returns how many characters of the text end before the token begins.
// The results never decrease.
func (c *cursor) next(token string) int {
	if skip := strings.Index(c.text[c.at:], token); skip > 0 {
		c.at += skip // the space between words, for a tokenizer that drops it
	}
	for c.start < len(c.text) {
		_, size := utf8.DecodeRuneInString(c.text[c.start:])
		if c.start+size > c.at {
			break
		}
		c.start += size
		c.chars++
	}
	if strings.HasPrefix(c.text[c.at:], token) {
		c.at += len(token)
	}
	return c.chars
}
