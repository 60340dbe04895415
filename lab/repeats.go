package lab

import (
	"math/rand/v2"

	"lmzoo/lm"
)

// repeats draws a block of distinct symbols and writes it again and again. The block length varies,
// because copying from a fixed distance needs no induction.
type repeats struct {
	symbols        int // tokens 1 … symbols
	shortest, most int // block length
}

func (r repeats) vocab() int { return r.symbols + 1 }

func (r repeats) draw(rng *rand.Rand, doc []lm.Token) []bool {
	block := r.block(rng)
	for i := range doc {
		doc[i] = block[i%len(block)]
	}
	return nil
}

func (r repeats) block(rng *rand.Rand) []lm.Token {
	block := make([]lm.Token, r.symbols)
	for i := range block {
		block[i] = lm.Token(i + 1)
	}
	rng.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
	return block[:r.shortest+rng.IntN(r.most-r.shortest+1)]
}

// period returns the block length of a document: the distance to the second copy of its first
// symbol, or its length if there is none.
func period(doc []lm.Token) int {
	for i, tok := range doc[1:] {
		if tok == doc[0] {
			return i + 1
		}
	}
	return len(doc)
}
