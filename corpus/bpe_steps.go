package corpus

import (
	"slices"

	"lmzoo/lm"
)

// BPEStep is one step in the encoding of a piece of text.
type BPEStep struct {
	Tokens []lm.Token // the piece after the step
	Merge  Merge      // the pair that the step joined; zero for the first step, which has the bytes
}

// Steps returns the steps by which each piece of text becomes tokens. It follows the algorithm of
// the paper (Sennrich et al. 2016) and is the reference for Encode: of all pairs of neighbours, it
// joins the one that was learned earliest, everywhere in the piece.
func (b *BPE) Steps(text string) [][]BPEStep {
	var pieces [][]BPEStep
	for text != "" {
		n := nextPiece(text)
		steps := []BPEStep{{Tokens: Byte{}.Encode(nil, text[:n])}}
		for {
			now := steps[len(steps)-1].Tokens
			pair, ok := b.earliest(now)
			if !ok {
				break
			}
			steps = append(steps, BPEStep{merged(now, pair, b.rank[pair]), pair})
		}
		pieces = append(pieces, steps)
		text = text[n:]
	}
	return pieces
}

// earliest returns the pair of neighbours that was learned before all others.
func (b *BPE) earliest(tokens []lm.Token) (best Merge, ok bool) {
	for i := range len(tokens) - 1 {
		pair := Merge{tokens[i], tokens[i+1]}
		if t, learned := b.rank[pair]; learned && (!ok || t < b.rank[best]) {
			best, ok = pair, true
		}
	}
	return best, ok
}

// merged returns tokens with every occurrence of a pair, from left to right, replaced by t.
func merged(tokens []lm.Token, pair Merge, t lm.Token) []lm.Token {
	var out []lm.Token
	for i := 0; i < len(tokens); i++ {
		if i+1 < len(tokens) && slices.Equal(tokens[i:i+2], pair[:]) {
			out = append(out, t)
			i++
		} else {
			out = append(out, tokens[i])
		}
	}
	return out
}
