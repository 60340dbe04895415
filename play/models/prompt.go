package models

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// Prompt is a text in the form that a model reads.
//
// While a visitor types, the last word is unfinished. To a model of words, "spri" is not the
// beginning of " spring" but a rare sequence of four letters. The model therefore reads only the
// text before the word, and the next token must complete the word (token healing).
type Prompt struct {
	Tokens     []lm.Token
	Unfinished string // beginning of a word that the next token must complete; "": none
}

// Read encodes a text; heal looks for an unfinished word.
func (m *Model) Read(text string, heal bool) Prompt {
	if heal {
		if begin := m.unfinished(text); begin >= 0 {
			return Prompt{m.Tokenizer().Encode(nil, text[:begin]), text[begin:]}
		}
	}
	return Prompt{Tokens: m.Tokenizer().Encode(nil, text)}
}

// unfinished returns the offset of the unfinished word of a text, or −1.
func (m *Model) unfinished(text string) int {
	tok := m.Tokenizer()
	traits := corpus.TraitsOf(tok)
	var begin int
	switch {
	case traits.Separator != "":
		begin = strings.LastIndexFunc(text, unicode.IsSpace) + 1
	case traits.Words:
		begin = lastWord(text)
	default:
		return -1 // letters are whole tokens
	}
	word := text[begin:]
	if word == "" {
		return -1
	}
	if !m.completes(word) {
		return m.insideToken(text, begin)
	}
	t := tok.Encode(nil, word)
	if len(t) == 1 && word != " " && t[0] != traits.Unknown {
		return -1 // a whole word
	}
	return begin
}

// insideToken returns the offset from which the end of the last word may be the beginning of a
// merged token, or −1. The last word begins at begin. In scripts that are written without spaces,
// it is a whole sentence.
func (m *Model) insideToken(text string, begin int) int {
	tok := m.Tokenizer()
	if !corpus.TraitsOf(tok).Merged {
		return -1
	}
	tokens := tok.Encode(nil, text[begin:])
	for len(tokens) > 2 { // the last token alone is complete
		begin += tok.Bytes(tokens[0])
		tokens = tokens[1:]
		end := text[begin:]
		if end[0] >= utf8.RuneSelf && utf8.RuneStart(end[0]) && m.completes(end) {
			return begin
		}
	}
	return -1
}

// lastWord returns the offset of the letters and digits at the end of a text, including the space
// before them.
func lastWord(text string) int {
	begin := len(text)
	for begin > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:begin])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		begin -= n
	}
	if begin > 0 && text[begin-1] == ' ' {
		begin--
	}
	return begin
}

// completes reports whether a token begins with word and is longer.
func (m *Model) completes(word string) bool {
	for _, text := range m.Texts {
		if len(text) > len(word) && strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// restrict returns ln P of the token after a prompt, given ln P of the token after its tokens.
func (m *Model) restrict(p Prompt, logProbs []float64) []float64 {
	out := append([]float64(nil), logProbs...)
	if p.Unfinished == "" {
		return out
	}
	whole := m.completions(p.Unfinished, out)
	if whole == 0 { // the model excludes every completion
		return out
	}
	for t, text := range m.Texts {
		if len(text) > len(p.Unfinished) && strings.HasPrefix(text, p.Unfinished) {
			out[t] -= math.Log(whole)
		} else {
			out[t] = math.Inf(-1)
		}
	}
	return out
}

// Appended returns the text that a token adds to a text read as p. It is false for a token that is
// not text on its own, such as the end of the document or a part of a character.
func (m *Model) Appended(p Prompt, text string, t lm.Token) (string, bool) {
	own := m.Texts[t]
	if t == lm.BOS || !m.readable[t] {
		return "", false
	}
	if p.Unfinished != "" {
		return strings.TrimPrefix(own, p.Unfinished), true
	}
	last, _ := utf8.DecodeLastRuneInString(text)
	if space := corpus.TraitsOf(m.Tokenizer()).Separator; text != "" && !unicode.IsSpace(last) {
		return space + own, true
	}
	return own, true
}
