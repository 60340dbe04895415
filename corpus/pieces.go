package corpus

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// class is the kind of piece that a code point can be part of.
type class uint8

const (
	letter class = iota
	digit
	space
	other // punctuation, marks, and bytes that are not UTF-8
)

// classOf returns the class of the first code point of s and its length in bytes.
func classOf(s string) (class, int) {
	r, size := utf8.DecodeRuneInString(s)
	switch {
	case r == utf8.RuneError && size == 1:
		return other, 1
	case unicode.IsLetter(r):
		return letter, size
	case unicode.IsNumber(r):
		return digit, size
	case unicode.IsSpace(r):
		return space, size
	}
	return other, size
}

// run returns the length of the prefix of s of class c, and the length of its last code point.
func run(s string, c class) (n, last int) {
	for n < len(s) {
		k, size := classOf(s[n:])
		if k != c {
			break
		}
		n, last = n+size, size
	}
	return n, last
}

// nextPiece returns the length of the first piece of s; s must not be empty. Pieces are the units
// that tokenizers learn from. They are cut as in GPT-2 (Radford et al. 2019), by the pattern
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
//
// A space belongs to the word that follows it. So the pieces joined are the text, and a word in the
// middle of a sentence is always the same piece.
func nextPiece(s string) int {
	if s[0] == '\'' {
		for _, c := range [...]string{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"} {
			if strings.HasPrefix(s, c) {
				return len(c)
			}
		}
	}
	lead := 0
	if s[0] == ' ' && len(s) > 1 {
		lead = 1
	}
	if c, _ := classOf(s[lead:]); c != space {
		n, _ := run(s[lead:], c)
		return lead + n
	}
	n, last := run(s, space)
	if n == len(s) || n == last {
		return n
	}
	return n - last // the last space belongs to the next word
}

// nextWord is nextPiece, except that each character of a script that is written without spaces is a
// piece of its own: a run of such characters is a phrase or a sentence, which rarely recurs.
func nextWord(s string) int {
	n := nextPiece(s)
	lead := 0
	if s[0] == ' ' && n > 1 {
		lead = 1
	}
	if r, size := utf8.DecodeRuneInString(s[lead:]); unspaced(r) {
		return lead + size
	}
	if i := strings.IndexFunc(s[lead:n], unspaced); i > 0 {
		return lead + i
	}
	return n
}

// unspaced reports whether r is a letter of a script that is written without spaces between words.
func unspaced(r rune) bool {
	return r >= 0x2e80 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// countPieces counts the pieces of the texts, as cut off by next. It does not keep the texts in
// memory.
func countPieces(texts iter.Seq[string], next func(string) int) map[string]int {
	c := tally{}
	for s := range texts {
		for s != "" {
			n := next(s)
			c.add(s[:n])
			s = s[n:]
		}
	}
	return c.counts()
}

// tally counts strings. It copies them, so that the texts that they are substrings of can be freed.
type tally map[string]*int

func (c tally) add(s string) {
	if n, ok := c[s]; ok {
		*n++
		return
	}
	one := 1
	c[strings.Clone(s)] = &one
}

func (c tally) counts() map[string]int {
	out := make(map[string]int, len(c))
	for s, n := range c {
		out[s] = *n
	}
	return out
}
