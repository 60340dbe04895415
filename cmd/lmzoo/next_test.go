package main

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/sample"
)

// TestSideBySide checks that there is one line per token, even if more tokens are requested.
func TestSideBySide(t *testing.T) {
	all := []predictions{{Run: "a", Next: []prediction{{Text: "x", P: 0.5}, {Text: "猫", P: 0.25}}},
		{Run: "b", Next: []prediction{{Text: "y", P: 1}}}}
	lines := strings.Split(strings.TrimSpace(sideBySide(all, math.MaxInt)), "\n")
	require.Len(t, lines, 3)
	require.Contains(t, lines[1], "50.0% █████")
	require.Contains(t, lines[1], "100.0% ██████████")
	require.Contains(t, lines[2], "25.0% ██▌")
}

// TestPredictNaN checks that a model whose training diverged gives an error, not a table of NaN.
func TestPredictNaN(t *testing.T) {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	for _, p := range []float64{math.NaN(), math.Inf(1)} {
		_, err = predict(after(constant(p), tok, "a"), tok, sample.Default, 3)
		require.ErrorIs(t, err, lm.ErrNoProbability)
	}
}

// constant is a model that gives every token the same value for ln P.
type constant float64

func (constant) Vocab() int { return 257 }

func (c constant) NextLogProbs(dst []float64, _ []lm.Token) []float64 {
	for range 257 {
		dst = append(dst, float64(c))
	}
	return dst
}
