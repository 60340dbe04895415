package eval_test

import (
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// nibbles encodes a byte as two tokens: its high half, which does not yet complete a byte, and its
// low half.
type nibbles struct{}

func (nibbles) Name() string { return "nibble" }
func (nibbles) Vocab() int   { return 33 }
func (nibbles) Encode(dst []lm.Token, text string) []lm.Token {
	for i := range len(text) {
		dst = append(dst, lm.Token(text[i]>>4)+1, lm.Token(text[i]&15)+17)
	}
	return dst
}
func (nibbles) Decode([]lm.Token) string { panic("not asked for") }
func (nibbles) Text(lm.Token) string     { return "½" }
func (nibbles) Bytes(t lm.Token) int {
	if t >= 17 {
		return 1
	}
	return 0
}

// pairs joins two letters a … d into one token and encodes the rest as bytes, so that tokens span
// events.
type pairs struct{ corpus.Byte }

func (pairs) Name() string { return "pair" }
func (pairs) Vocab() int   { return 273 }
func (p pairs) Encode(dst []lm.Token, text string) []lm.Token {
	for text != "" {
		if len(text) > 1 && strings.IndexByte("abcd", text[0]) >= 0 &&
			strings.IndexByte("abcd", text[1]) >= 0 {
			dst = append(dst, 257+lm.Token(text[0]-'a')*4+lm.Token(text[1]-'a'))
			text = text[2:]
			continue
		}
		dst = p.Byte.Encode(dst, text[:1])
		text = text[1:]
	}
	return dst
}
func (p pairs) Bytes(t lm.Token) int {
	if t >= 257 {
		return 2
	}
	return p.Byte.Bytes(t)
}

// closedWords has the words "red" and "blue"; every other word is <unk>.
type closedWords struct{}

func (closedWords) Name() string { return "whitespace" }
func (closedWords) Vocab() int   { return 4 }
func (closedWords) Encode(dst []lm.Token, text string) []lm.Token {
	for w := range strings.FieldsSeq(text) {
		dst = append(dst, map[string]lm.Token{"red": 2, "blue": 3}[w])
		if n := len(dst) - 1; dst[n] == 0 {
			dst[n] = 1
		}
	}
	return dst
}
func (closedWords) Decode([]lm.Token) string { panic("not asked for") }
func (closedWords) Text(t lm.Token) string   { return [...]string{"", "<unk>", "red", "blue"}[t] }
func (closedWords) Bytes(t lm.Token) int     { return [...]int{0, -1, 3, 4}[t] }

// liar is a tokenizer that drops a byte of every text.
type liar struct{ corpus.Byte }

func (l liar) Encode(dst []lm.Token, text string) []lm.Token {
	return l.Byte.Encode(dst, text[:max(len(text)-1, 0)])
}

var _ = []corpus.Tokenizer{corpus.Byte{}, nibbles{}, pairs{}, closedWords{}, liar{}}
