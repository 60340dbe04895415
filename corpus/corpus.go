// Package corpus turns text into training data: text → documents → tokens → batches. Nothing is
// lost: the bytes of all documents and their ends add up to the bytes of the text.
package corpus

import "lmzoo/lm"

// Document is one text with a beginning and an end. Its bytes in the corpus are Text followed by
// End.
type Document struct {
	Text string
	// the separator that followed: "\n" for lines, "\n\n" for paragraphs, "" for whole files
	End string
	Cut bool // a byte split cut this document; its end is not a prediction target

	// Truth holds, for the synthetic world only, the cost of each piece of Text+End, in order,
	// under the exact distribution that it was drawn from. It is nil for real text.
	Truth []Event
}

// Bytes returns the number of bytes of the document in its corpus.
func (d Document) Bytes() int { return len(d.Text) + len(d.End) }

// Split is a corpus in three parts: one to train on, one to select the best model with, and one to
// evaluate it on, once.
type Split struct {
	Train, Valid, Test []Document

	// Parts holds the number of documents in Train of each source of a mixture, in order; nil for a
	// single corpus.
	Parts []int
}

// Tokenizer cuts text into tokens of a vocabulary. Token 0 is [lm.BOS], the document boundary,
// which Encode never returns. Except for the closed Whitespace vocabulary it is lossless:
// Decode(Encode(nil, s)) == s for every string, invalid UTF-8 included.
type Tokenizer interface {
	Name() string                                  // byte, char, word, bpe, whitespace
	Vocab() int                                    // number of tokens, BOS included
	Encode(dst []lm.Token, text string) []lm.Token // appends to dst
	Decode(tokens []lm.Token) string               // skips special tokens and tokens out of range
	Text(t lm.Token) string                        // printable form of a token
	// length of the text of a token; -1 if it varies (<unk>)
	Bytes(t lm.Token) int
}

// EncodeDocument appends the tokens of d to dst, and the closing BOS unless d was cut.
func EncodeDocument(dst []lm.Token, tok Tokenizer, d Document) []lm.Token {
	dst = tok.Encode(dst, d.Text)
	if !d.Cut {
		dst = append(dst, lm.BOS)
	}
	return dst
}

// Batch holds B rows of T tokens and the token that follows each. A BOS in X begins a document; no
// memory crosses it.
type Batch struct {
	B, T int
	X    []lm.Token // [B·T]
	Y    []lm.Token // [B·T] targets; −1: no loss at this position
	// N is the number of targets of the whole step, the denominator of the mean loss; a share of a
	// batch keeps the N of the whole batch
	N int
}

// Source returns the batch of any step: the same step is always the same batch, so that a run can
// be resumed anywhere.
type Source interface {
	// Batch fills b with the batch of a step and reuses its slices.
	Batch(b *Batch, step int)
}
