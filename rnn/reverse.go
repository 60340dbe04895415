package rnn

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
)

// reversed is a batch in which every document is reversed in place.
type reversed struct {
	x, y []lm.Token // [B·T] the batch for the backward model; its positions differ from those of b
	from []int32    // [B·T] position in x at which the backward model has just read token i of b
}

// reverse returns b with every document reversed. A document BOS w₁ … wₙ becomes BOS wₙ … w₁, where
// BOS stands for its end, and its targets become wₙ … w₁ BOS, where BOS stands for its beginning:
//
//	x  BOS w₁ w₂ w₃      x'  BOS w₃ w₂ w₁
//	y  w₁  w₂ w₃ BOS     y'  w₃  w₂ w₁ BOS
//
// If a document continues after its row, its end is unknown, so the target after BOS is not
// predicted. If a row begins inside a document, it has no BOS there: its tokens are reversed in
// place, and the token before the first of them is not predicted.
func reverse(t *autograd.Tape, b corpus.Batch) reversed {
	n := b.B * b.T
	r := reversed{x: t.ScratchInts(n), y: t.ScratchInts(n), from: t.ScratchInts(n)}
	for row := range b.B {
		for lo := row * b.T; lo < (row+1)*b.T; {
			hi := lo + 1
			for hi < (row+1)*b.T && b.X[hi] != lm.BOS {
				hi++
			}
			r.document(b, lo, hi)
			lo = hi
		}
	}
	return r
}

// document reverses the tokens x[lo:hi] of one document.
func (r *reversed) document(b corpus.Batch, lo, hi int) {
	first := lo // first of the tokens to reverse
	if b.X[lo] == lm.BOS {
		first++
		r.x[lo], r.from[lo] = lm.BOS, int32(lo)
	}
	for i := first; i < hi; i++ {
		j := first + hi - 1 - i
		r.x[j], r.from[i] = b.X[i], int32(j)
	}
	for j := lo; j < hi; j++ {
		switch {
		case j+1 < hi:
			r.y[j] = r.x[j+1]
		case first > lo:
			r.y[j] = lm.BOS // the beginning of the document
		default:
			r.y[j] = -1 // unknown token
		}
	}
	if first > lo && b.Y[hi-1] != lm.BOS {
		r.y[lo] = -1 // nothing indicates that the document ends here
	}
	r.mask(b, lo, hi, first)
}

// mask excludes the tokens that are not targets of b, such as padding: the token at position i of x
// is the target of the position before it.
func (r *reversed) mask(b corpus.Batch, lo, hi, first int) {
	for j := lo; j+1 < hi; j++ {
		i := first + hi - 1 - (j + 1) // the position of token x'[j+1] in x
		if i > lo && b.Y[i-1] < 0 {
			r.y[j] = -1
		}
	}
}
