package lab

import (
	"math"
	"math/rand/v2"
	"slices"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// drawer fills doc with a random document and returns which of its tokens are predicted in
// training; nil means all.
type drawer func(rng *rand.Rand, doc []lm.Token) (targets []bool)

// fresh is a train.Source of documents that are never repeated: each row of a batch is one
// document, drawn anew.
type fresh struct {
	rows, tokens int
	draw         drawer
	seed         uint64
	doc          []lm.Token
}

// Batch draws the documents of a step.
func (f *fresh) Batch(b *corpus.Batch, step int) {
	rng := rand.New(rand.NewPCG(f.seed, 100+uint64(step)))
	f.doc = slices.Grow(f.doc[:0], f.tokens)[:f.tokens]
	b.B, b.T, b.N, b.X, b.Y = f.rows, f.tokens, 0, b.X[:0], b.Y[:0]
	for range f.rows {
		targets := f.draw(rng, f.doc)
		b.X = append(append(b.X, lm.BOS), f.doc[:f.tokens-1]...)
		for i, tok := range f.doc {
			if targets != nil && !targets[i] {
				tok = -1
			} else {
				b.N++
			}
			b.Y = append(b.Y, tok)
		}
	}
}

// held returns n documents that no training with the same seed reads.
func held(n, tokens int, draw drawer, seed uint64) [][]lm.Token {
	rng := rand.New(rand.NewPCG(seed, 2))
	docs := make([][]lm.Token, n)
	for i := range docs {
		docs[i] = make([]lm.Token, tokens)
		draw(rng, docs[i])
	}
	return docs
}

// score holds the quality of a reader's predictions.
type score struct {
	nats  float64 // mean −ln P
	right float64 // share of predictions whose most likely token is the true one
	n     int
}

func (s *score) add(logProbs []float64, want lm.Token) {
	s.nats -= logProbs[want]
	if best(logProbs) == want {
		s.right++
	}
	s.n++
}

// mean returns the means of the sums.
func (s score) mean() score {
	n := math.Max(float64(s.n), 1)
	return score{s.nats / n, s.right / n, s.n}
}

// best returns the most likely token.
func best(logProbs []float64) lm.Token {
	top := 0
	for i, p := range logProbs {
		if p > logProbs[top] {
			top = i
		}
	}
	return lm.Token(top)
}

// scored returns the mean score of the tokens that which selects in docs.
func scored(r reader, docs [][]lm.Token, which func(doc, at int) bool) score {
	var s score
	r.read(docs, func(doc, at int, logProbs []float64) {
		if which(doc, at) {
			s.add(logProbs, docs[doc][at])
		}
	})
	return s.mean()
}
