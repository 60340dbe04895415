package lm_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// bigram is P(v | last token), a table.
type bigram [][]float64

func (b bigram) Vocab() int { return len(b) }

func (b bigram) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	last := lm.BOS
	if seen := lm.SinceBOS(context); len(seen) > 0 {
		last = seen[len(seen)-1]
	}
	dst = lm.Grow(dst, len(b))
	for v, p := range b[last] {
		dst[v] = math.Log(p)
	}
	return dst
}

var chain = bigram{{0.1, 0.3, 0.6}, {0.2, 0.5, 0.3}, {0.7, 0.1, 0.2}}

func TestFillContract(t *testing.T) {
	lmtest.CheckFiller(t, lm.Fill(chain), 1e-12)
	lmtest.CheckFiller(t, lm.Fill(lm.Uniform(7)), 1e-12, 0, 1, 2, 30)
	lmtest.CheckFiller(t, lm.Fill(lmtest.Die{0.5, 0.25, 0.25}), 1e-12)
}

// TestFillByHand: P(v | a, b) of a Markov chain is P(v | a)·P(b | v), normalized.
func TestFillByHand(t *testing.T) {
	got := lm.Fill(chain).FillLogProbs(nil, []lm.Token{1, 2, 2}, 1)
	sum := 0.0
	for v := range chain {
		sum += chain[1][v] * chain[v][2]
	}
	for v := range chain {
		require.InDelta(t, math.Log(chain[1][v]*chain[v][2]/sum), got[v], 1e-12)
	}
	// The end of a document is also evidence, but the text after it is not.
	end := lm.Fill(chain).FillLogProbs(nil, []lm.Token{1, 2, 0}, 1)
	require.InDelta(t, math.Log(chain[1][2]*chain[2][0]/
		(chain[1][0]*chain[0][0]+chain[1][1]*chain[1][0]+chain[1][2]*chain[2][0])), end[2], 1e-12)
	require.InDeltaSlice(t, end, lm.Fill(chain).FillLogProbs(nil, []lm.Token{2, 0, 1, 2, 0, 1}, 3),
		1e-12)
	// With nothing after it, the fill is the prediction.
	last := lm.Fill(chain).FillLogProbs(nil, []lm.Token{1, 2}, 1)
	require.InDeltaSlice(t, chain.NextLogProbs(nil, []lm.Token{1}), last, 1e-12)
}

// TestFillOfImpossibleText: a text without a possible candidate gives −Inf, not NaN.
func TestFillOfImpossibleText(t *testing.T) {
	for _, p := range lm.Fill(lmtest.Die{0.5, 0.5, 0}).FillLogProbs(nil, []lm.Token{1, 2}, 0) {
		require.Equal(t, math.Inf(-1), p)
	}
}

func TestFillScore(t *testing.T) {
	f, tokens := lm.Fill(chain), []lm.Token{1, 2, 2, 1, 0, 1, 1}
	for i, score := range lm.FillScore(f, tokens, 0, len(tokens)) {
		require.InDelta(t, f.FillLogProbs(nil, tokens, i)[tokens[i]], score, 1e-12)
	}
	require.Empty(t, lm.FillScore(f, nil, 0, 0))
}

// The word after the gap decides: given only the left side, 2 is the most likely.
func ExampleFill() {
	left := chain.NextLogProbs(nil, nil)
	both := lm.Fill(chain).FillLogProbs(nil, []lm.Token{0, 1}, 0)
	for v := range chain {
		fmt.Printf("%d: left %.3f, both sides %.3f\n", v, math.Exp(left[v]), math.Exp(both[v]))
	}
	// Output:
	// 0: left 0.100, both sides 0.125
	// 1: left 0.300, both sides 0.625
	// 2: left 0.600, both sides 0.250
}
