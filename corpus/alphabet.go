package corpus

import (
	"iter"
	"unicode/utf8"

	"lmzoo/lm"
)

// alphabet spells any string of bytes. A known code point is one token; any other byte is two
// hexadecimal digits. Its tokens are
//
//	1 … 16    the high digit of a byte
//	17 … 32   the low digit
//	33 …      the code points
//
// High and low digits are different tokens, so that a model always knows its position in a byte.
// Real text rarely contains such bytes, and 32 tokens cost a small vocabulary less than 256 would.
type alphabet struct {
	runes []rune
	ids   map[rune]lm.Token
	ascii [utf8.RuneSelf]lm.Token // ids of ASCII, the common case; 0: unknown
}

const (
	highDigits  lm.Token = 1
	lowDigits   lm.Token = highDigits + 16
	firstLetter lm.Token = lowDigits + 16
)

func newAlphabet(runes []rune) *alphabet {
	a := &alphabet{runes: runes, ids: make(map[rune]lm.Token, len(runes))}
	for i, r := range runes {
		id := firstLetter + lm.Token(i)
		a.ids[r] = id
		if r < utf8.RuneSelf {
			a.ascii[r] = id
		}
	}
	return a
}

// alphabetOf returns the code points of texts, most frequent first. Each text comes with its count.
func alphabetOf(texts iter.Seq2[string, int]) []rune {
	var ascii [utf8.RuneSelf]int
	counts := map[rune]int{}
	for s, times := range texts {
		for s != "" {
			r, size := utf8.DecodeRuneInString(s)
			switch {
			case r < utf8.RuneSelf:
				ascii[r] += times
			case r != utf8.RuneError || size > 1:
				counts[r] += times
			}
			s = s[size:]
		}
	}
	for r, n := range ascii {
		if n > 0 {
			counts[rune(r)] = n
		}
	}
	return byFrequency(counts)
}

// unique yields each text with a count of one.
func unique(texts iter.Seq[string]) iter.Seq2[string, int] {
	return func(yield func(string, int) bool) {
		for s := range texts {
			if !yield(s, 1) {
				return
			}
		}
	}
}

// size returns the number of tokens, BOS included.
func (a *alphabet) size() int { return int(firstLetter) + len(a.runes) }

// spell appends the tokens of text.
func (a *alphabet) spell(dst []lm.Token, text string) []lm.Token {
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		var id lm.Token
		if r < utf8.RuneSelf {
			id = a.ascii[r]
		} else if r, size = utf8.DecodeRuneInString(text[i:]); r != utf8.RuneError || size > 1 {
			id = a.ids[r]
		}
		if id != 0 {
			dst = append(dst, id)
		} else {
			for _, b := range []byte(text[i : i+size]) {
				dst = append(dst, highDigits+lm.Token(b>>4), lowDigits+lm.Token(b&15))
			}
		}
		i += size
	}
	return dst
}

// reader decodes tokens to text. A digit without its other half is skipped.
type reader struct {
	text []byte
	high lm.Token // the high digit whose low digit comes next; 0: none
}

// digit reads half a byte. Any other token below firstLetter discards a pending half.
func (r *reader) digit(t lm.Token) {
	high := r.high
	r.high = 0
	switch {
	case t >= highDigits && t < lowDigits:
		r.high = t
	case t >= lowDigits && t < firstLetter && high != 0:
		r.text = append(r.text, byte(high-highDigits)<<4|byte(t-lowDigits))
	}
}

// read decodes one token of the alphabet.
func (a *alphabet) read(r *reader, t lm.Token) {
	if t < firstLetter || int(t) >= a.size() {
		r.digit(t)
		return
	}
	r.high = 0
	r.text = utf8.AppendRune(r.text, a.runes[t-firstLetter])
}

// show returns a printable form of a token.
func (a *alphabet) show(t lm.Token) string {
	const hex = "0123456789abcdef"
	switch {
	case t == lm.BOS:
		return bosText
	case t < lm.BOS || int(t) >= a.size():
		return ""
	case t < lowDigits:
		return `\x` + hex[t-highDigits:][:1] + "_"
	case t < firstLetter:
		return `\x_` + hex[t-lowDigits:][:1]
	}
	return visible(string(a.runes[t-firstLetter]))
}

// bytes returns how many bytes a token completes: an escaped byte counts at its low digit.
func (a *alphabet) bytes(t lm.Token) int {
	switch {
	case t < lowDigits || int(t) >= a.size():
		return 0
	case t < firstLetter:
		return 1
	}
	return utf8.RuneLen(a.runes[t-firstLetter])
}
