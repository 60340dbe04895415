package corpus

import "lmzoo/lm"

// Byte is the tokenizer of single bytes: token 1+b is the byte b. It learns nothing and accepts any
// text in any script, but its sequences are the longest.
type Byte struct{}

// byteTokens is the size of the vocabulary: BOS and one token per byte.
const byteTokens = 1 + 256

// NewByte returns the byte tokenizer, or an error if vocab is too small for it. 0 sets no limit.
func NewByte(vocab int) (Byte, error) {
	if vocab != 0 && vocab < byteTokens {
		return Byte{}, tooSmall("byte", vocab, byteTokens, "one for each byte and the document "+
			"boundary")
	}
	return Byte{}, nil
}

// Name returns "byte".
func (Byte) Name() string { return "byte" }

// Vocab returns the number of tokens.
func (Byte) Vocab() int { return byteTokens }

// Encode appends one token per byte.
func (Byte) Encode(dst []lm.Token, text string) []lm.Token {
	for i := range len(text) {
		dst = append(dst, 1+lm.Token(text[i]))
	}
	return dst
}

// Decode returns the bytes of the tokens.
func (Byte) Decode(tokens []lm.Token) string {
	text := make([]byte, 0, len(tokens))
	for _, t := range tokens {
		if t > lm.BOS && t < byteTokens {
			text = append(text, byte(t-1))
		}
	}
	return string(text)
}

// Text returns a printable form of the byte.
func (b Byte) Text(t lm.Token) string {
	if t == lm.BOS {
		return bosText
	}
	return visible(b.Decode([]lm.Token{t}))
}

// Bytes returns 1 for every byte.
func (Byte) Bytes(t lm.Token) int {
	if t > lm.BOS && t < byteTokens {
		return 1
	}
	return 0
}
