package nn

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// royalty returns a table of vectors in which king − man + woman is queen.
func royalty() [][]float64 {
	table := autograd.NewParam(7, 3)
	copy(table.Data, []float32{
		0, 0, 0, // a row of zeros has no direction
		1, 0, 1, // king
		1, 0, 0, // man
		0, 1, 0, // woman
		0, 1, 1, // queen
		0, 0, 5, // crown: long, but only its direction counts
		-1, 0, 0, // the opposite of a man
	})
	return Unit(table)
}

func none(lm.Token) bool { return false }

func TestNearest(t *testing.T) {
	got := Nearest(royalty(), 1, 3, none)
	require.Equal(t, []lm.Token{2, 5, 4}, tokens(got), "equal scores in the order of tokens")
	require.InDelta(t, math.Sqrt(0.5), got[0].Score, 1e-7)
	require.InDelta(t, 0.5, got[2].Score, 1e-7)
	all := Nearest(royalty(), 1, 99, func(t lm.Token) bool { return t == 0 })
	require.Len(t, all, 5, "neither itself nor what is left out")
	require.InDelta(t, -math.Sqrt(0.5), all[4].Score, 1e-7)
}

func TestAnalogy(t *testing.T) {
	for _, analogy := range []func([][]float64, lm.Token, lm.Token, lm.Token, int,
		func(lm.Token) bool) []Neighbour{Analogy, AnalogyMul} {
		const opposite = 6 // 3CosMul divides by almost zero for this token
		got := tokens(analogy(royalty(), 2, 1, 3, 99,
			func(t lm.Token) bool { return t == opposite }))
		require.Equal(t, lm.Token(4), got[0], "man is to king as woman is to queen")
		require.NotContains(t, got, lm.Token(1), "a word that was given")
	}
	sum := Analogy(royalty(), 2, 1, 3, 1, none)[0].Score
	require.InDelta(t, 0.5-0+math.Sqrt(0.5), sum, 1e-7)
	product := AnalogyMul(royalty(), 2, 1, 3, 2, none)[1].Score
	require.InDelta(t, .75*(1+math.Sqrt(.5))/2/(.5+.001), product, 1e-7)
}

func tokens(all []Neighbour) (out []lm.Token) {
	for _, n := range all {
		out = append(out, n.Token)
	}
	return out
}
