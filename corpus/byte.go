package corpus

import "lmzoo/lm"

// Byte is the tokenizer without a vocabulary to learn: token 1+b is the byte b. Any text in any script
// works, and sequences are as long as they can be.
type Byte struct{}

// byteTokens is BOS and one token per byte.
const byteTokens = 1 + 256

// NewByte returns the byte tokenizer, or an error when a vocabulary too small for it is asked for.
func NewByte(vocab int) (Byte, error) {
	if vocab != 0 && vocab < byteTokens {
		return Byte{}, tooSmall("byte", vocab, byteTokens, "one for each byte and the document boundary")
	}
	return Byte{}, nil
}

// Name is "byte".
func (Byte) Name() string { return "byte" }

// Vocab is the number of tokens.
func (Byte) Vocab() int { return byteTokens }

// Encode appends one token per byte.
func (Byte) Encode(dst []lm.Token, text string) []lm.Token {
	for i := range len(text) {
		dst = append(dst, 1+lm.Token(text[i]))
	}
	return dst
}

// Decode returns the bytes again.
func (Byte) Decode(tokens []lm.Token) string {
	text := make([]byte, 0, len(tokens))
	for _, t := range tokens {
		if t > lm.BOS && t < byteTokens {
			text = append(text, byte(t-1))
		}
	}
	return string(text)
}

// Text shows the byte.
func (b Byte) Text(t lm.Token) string {
	if t == lm.BOS {
		return bosText
	}
	return visible(b.Decode([]lm.Token{t}))
}

// Bytes is 1 for every byte.
func (Byte) Bytes(t lm.Token) int {
	if t > lm.BOS && t < byteTokens {
		return 1
	}
	return 0
}
