// Package corpus turns text into what a model can be trained on: text → documents → tokens → batches.
// Nothing is lost on the way: the bytes of all documents and their ends add up to the bytes of the text.
package corpus

import "lmzoo/lm"

// Document is one text with a beginning and an end. Its bytes in the corpus are Text followed by End.
type Document struct {
	Text string
	End  string // the separator that followed: "\n" for lines, "\n\n" for paragraphs, "" for whole files
	Cut  bool   // the end was cut by a split by bytes, so that it is no event and is not predicted

	// Truth says, for the synthetic world only, what every piece of Text+End would cost under the exact
	// distribution it was drawn from, in order; nil for real text.
	Truth []Event
}

// Bytes is the number of bytes the document takes in its corpus.
func (d Document) Bytes() int { return len(d.Text) + len(d.End) }

// Split is a corpus in three parts: to train on, to choose the best model by, and to judge it by once.
type Split struct{ Train, Valid, Test []Document }

// Tokenizer cuts text into tokens of a vocabulary. Token 0 is lm.BOS, the document boundary, and never
// comes out of Encode. Except for the closed Whitespace vocabulary it is lossless:
// Decode(Encode(nil, s)) == s for every string, invalid UTF-8 included.
type Tokenizer interface {
	Name() string                                  // byte, char, word, bpe, whitespace
	Vocab() int                                    // number of tokens, BOS included
	Encode(dst []lm.Token, text string) []lm.Token // appends to dst
	Decode(tokens []lm.Token) string               // any tokens; those out of range are skipped
	Text(t lm.Token) string                        // one token as a reader should see it
	Bytes(t lm.Token) int                          // how many bytes of text it stands for; -1 if that depends (<unk>)
}

// EncodeDocument appends the tokens of d to dst, and the BOS that closes it unless it was cut.
func EncodeDocument(dst []lm.Token, tok Tokenizer, d Document) []lm.Token {
	dst = tok.Encode(dst, d.Text)
	if !d.Cut {
		dst = append(dst, lm.BOS)
	}
	return dst
}

// Batch is B rows of T tokens and, for each, the token that follows. A BOS in X begins a document; no
// memory reaches across it.
type Batch struct {
	B, T int
	X    []lm.Token // [B·T]
	Y    []lm.Token // [B·T] targets; −1: no loss there
	N    int        // targets of the whole step, the denominator of the mean loss; a piece of a batch keeps the whole's
}

// Source gives the batch of any step: the same step is always the same batch, so that a run can be resumed anywhere.
type Source interface {
	// Batch fills b, reusing its slices, with the batch of a step.
	Batch(b *Batch, step int)
}
