package corpus

import "lmzoo/lm"

// Traits describes a tokenizer to a program that shows or completes text.
type Traits struct {
	// Words reports whether a token may be a whole word, with the space before it if the text has
	// one.
	Words bool
	// Merged reports whether a token may also be any part of a word, made of shorter tokens.
	Merged bool
	// Separator is the text between two tokens that belongs to neither, "" if the tokens make up
	// all of the text.
	Separator string
	// Unknown is the token of words outside a closed vocabulary, or −1 if the vocabulary is open.
	Unknown lm.Token
}

// TraitsOf returns the traits of a tokenizer. A tokenizer of another module declares its traits in
// a method Traits; without it, the tokens are assumed to be single characters.
func TraitsOf(tok Tokenizer) Traits {
	switch t := tok.(type) {
	case *special:
		return TraitsOf(t.base)
	case interface{ Traits() Traits }:
		return t.Traits()
	}
	return Traits{Unknown: -1}
}

// Traits implements the method that TraitsOf looks for.
func (w *Whitespace) Traits() Traits { return Traits{Words: true, Separator: " ", Unknown: Unk} }

// Traits implements the method that TraitsOf looks for.
func (w *Word) Traits() Traits { return Traits{Words: true, Unknown: -1} }

// Traits implements the method that TraitsOf looks for.
func (b *BPE) Traits() Traits { return Traits{Words: true, Merged: true, Unknown: -1} }
