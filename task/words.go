package task

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words yields the words of a text in lower case. A word is a run of letters, digits, marks and
// apostrophes, or a single other character that is not white space. In Chinese and Japanese, which
// do not separate words, every character is a word.
func words(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for rest := strings.ToLower(text); rest != ""; {
			n := strings.IndexFunc(rest, func(r rune) bool { return !inWord(r) })
			if n < 0 {
				n = len(rest)
			}
			if n == 0 {
				var r rune
				if r, n = utf8.DecodeRuneInString(rest); unicode.IsSpace(r) {
					rest = rest[n:]
					continue
				}
			}
			if !yield(rest[:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// inWord reports whether a character may be part of a longer word.
func inWord(r rune) bool {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return false
	case r == '\'' || r == '’':
		return true
	}
	return unicode.In(r, unicode.L, unicode.N, unicode.M)
}

// wordGrams yields the n-grams of words of an example, for every n up to order. The n-grams of the
// second text of a pair are distinct features.
func wordGrams(e Example, order int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for side, text := range []string{e.Text, e.Pair} {
			var last []string
			for word := range words(text) {
				if last = append(last, word); len(last) > order {
					last = last[1:]
				}
				for n := range last {
					feature := strings.Join(last[len(last)-1-n:], " ")
					if side == 1 {
						feature = "\t" + feature // no word has a tab
					}
					if !yield(feature) {
						return
					}
				}
			}
		}
	}
}
