package transformer

import (
	"errors"
	"math/rand/v2"
	"sort"

	"lmzoo/lm"
)

// pairer makes the pairs of next-sentence prediction (Devlin et al. 2019, §3.1, task 2): [CLS] A
// [SEP] B [SEP], where B follows A in its document half of the time and otherwise comes from
// another document. As in the paper, a "sentence" is any span of text.
type pairer struct {
	cfg   BERTConfig
	docs  [][]lm.Token // at least two tokens each, without the closing BOS
	until []int        // cumulative number of tokens, to draw documents by length
	b, t  int
	ends  func(lm.Token) bool
	cuts  []int // scratch: where a text can be cut
}

func newPairer(
	cfg BERTConfig, docs [][]lm.Token, b, t int, ends func(lm.Token) bool,
) (*pairer, error) {
	p := &pairer{cfg: cfg, b: b, t: t, ends: ends}
	total := 0
	for _, doc := range docs {
		if n := len(doc); n > 0 && doc[n-1] == lm.BOS {
			doc = doc[:n-1]
		}
		if len(doc) >= 2 {
			total += len(doc)
			p.docs, p.until = append(p.docs, doc), append(p.until, total)
		}
	}
	switch {
	case len(p.docs) < 2:
		return nil, errors.New(
			"bert: next-sentence prediction needs two documents of two tokens or more; " +
				"choose another way to cut documents, or turn nsp off")
	case t < minPair || b < 1:
		return nil, errors.New(
			"bert: next-sentence prediction needs rows of 5 tokens, [CLS] A [SEP] B " +
				"[SEP]; want a longer context")
	}
	return p, nil
}

const (
	minPair = 5  // [CLS] A [SEP] B [SEP]
	minRoom = 16 // a shorter remainder of a row stays unused
)

// fill fills the rows of b with pairs, one after the other, until too little room is left.
func (p *pairer) fill(b *MaskedBatch, rng *rand.Rand) {
	n := p.b * p.t
	b.B, b.T, b.Pairs = p.b, p.t, 0
	b.X, b.Y, b.Next = grow(b.X, n), grow(b.Y, n), grow(b.Next, n)
	for i := range n {
		b.X[i], b.Next[i] = lm.BOS, -1
	}
	for row := range p.b {
		for at := 0; p.t-at >= min(minRoom, p.t); {
			x := b.X[row*p.t+at : (row+1)*p.t]
			size, label := p.pair(x, rng)
			b.Next[row*p.t+at] = label
			b.Pairs++
			at += size
		}
	}
}

// pair writes a pair to x, cut to fit, and returns its length and label.
func (p *pairer) pair(x []lm.Token, rng *rand.Rand) (size int, label int32) {
	room := len(x) - 3 // for A and B
	at := p.draw(rng)
	a, b := p.cut(p.window(p.docs[at], room, rng), rng)
	if rng.IntN(2) == 0 {
		other := p.draw(rng)
		for other == at {
			other = rng.IntN(len(p.docs))
		}
		label = 1
		_, b = p.cut(p.window(p.docs[other], room, rng), rng)
		b = b[:min(len(b), room-len(a))]
	}
	x = append(x[:0], lm.BOS)
	x = append(append(x, a...), p.cfg.SepToken)
	x = append(append(x, b...), p.cfg.SepToken)
	return len(x), label
}

// draw draws a document with a probability proportional to its length.
func (p *pairer) draw(rng *rand.Rand) int {
	place := rng.IntN(p.until[len(p.until)-1])
	return sort.SearchInts(p.until, place+1)
}

// window returns n tokens of a document from a random position, or the whole document if it is
// shorter.
func (p *pairer) window(doc []lm.Token, n int, rng *rand.Rand) []lm.Token {
	if len(doc) <= n {
		return doc
	}
	from := rng.IntN(len(doc) - n + 1)
	return doc[from : from+n]
}

// cut cuts a text of two tokens or more in two, after the end of a sentence if the text contains
// one.
func (p *pairer) cut(text []lm.Token, rng *rand.Rand) (a, b []lm.Token) {
	p.cuts = p.cuts[:0]
	if p.ends != nil {
		for i, tok := range text[:len(text)-1] {
			if p.ends(tok) {
				p.cuts = append(p.cuts, i+1)
			}
		}
	}
	at := 0
	if len(p.cuts) > 0 {
		at = p.cuts[rng.IntN(len(p.cuts))]
	} else {
		at = 1 + rng.IntN(len(text)-1)
	}
	return text[:at], text[at:]
}
