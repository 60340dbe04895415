package corpus

import (
	"iter"

	"lmzoo/lm"
)

// Char is the tokenizer of code points: one token for each character of the training text, and two
// hexadecimal digits for each byte of any other character.
type Char struct{ letters *alphabet }

func trainChar(texts iter.Seq[string], vocab int) (*Char, error) {
	runes := alphabetOf(unique(texts))
	if vocab != 0 {
		if vocab < int(firstLetter) {
			return nil, tooSmall("char", vocab, int(firstLetter), "the document boundary and 32 "+
				"digits for unknown bytes")
		}
		runes = runes[:min(len(runes), vocab-int(firstLetter))]
	}
	return &Char{newAlphabet(runes)}, nil
}

// Name returns "char".
func (c *Char) Name() string { return "char" }

// Vocab returns the number of tokens: BOS, 32 digits and the characters.
func (c *Char) Vocab() int { return c.letters.size() }

// Encode appends one token per character, or two per byte of an unknown character.
func (c *Char) Encode(dst []lm.Token, text string) []lm.Token { return c.letters.spell(dst, text) }

// Decode returns the text; a digit without its other half is skipped.
func (c *Char) Decode(tokens []lm.Token) string {
	var r reader
	for _, t := range tokens {
		c.letters.read(&r, t)
	}
	return string(r.text)
}

// Text returns the character, or \x4_ and \x_1 for the digits of the byte 0x41.
func (c *Char) Text(t lm.Token) string { return c.letters.show(t) }

// Bytes returns the length of the character. An unknown byte counts at its low digit.
func (c *Char) Bytes(t lm.Token) int { return c.letters.bytes(t) }
