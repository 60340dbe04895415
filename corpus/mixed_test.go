package corpus

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// twoTexts are documents of the tokens 1 and 2, and one long document of the tokens 11 to 19.
func twoTexts() [][][]lm.Token {
	var short [][]lm.Token
	for i := range 30 {
		short = append(short, []lm.Token{1, 2, 1, lm.Token(1 + i%2)})
	}
	var long []lm.Token
	for i := range 500 {
		long = append(long, lm.Token(11+i%9))
	}
	return [][][]lm.Token{short, {long}}
}

// shareOf returns the share of the second text in the targets of some steps.
func shareOf(m *Mixed, from, to int) float64 {
	var b Batch
	second, all := 0, 0
	for step := from; step < to; step++ {
		m.Batch(&b, step)
		for _, y := range b.Y {
			if y >= 0 {
				all++
			}
			if y > 2 {
				second++
			}
		}
	}
	return float64(second) / float64(all)
}

func TestMixedKeepsTheShares(t *testing.T) {
	m, err := NewMixed(twoTexts(), []Share{{3, 3}, {1, 1}}, 4, 8, 1, 0, false)
	require.NoError(t, err)
	require.InDelta(t, 0.25, shareOf(m, 0, 50), 0.02)
	require.InDelta(t, 0.25, shareOf(m, 50, 55), 0.1)
	epochs := m.Epochs(100)
	require.InDelta(t, 300.0/15, epochs[0], 0.2, "two short documents a row")
	require.InDelta(t, 100.0/63, epochs[1], 0.1)

	curriculum, err := NewMixed(twoTexts(), []Share{{1, 0}, {0, 1}}, 4, 8, 1, 400, false)
	require.NoError(t, err)
	require.Zero(t, shareOf(curriculum, 0, 1))
	require.InDelta(t, 0.5, shareOf(curriculum, 0, 100), 0.02)
	require.InDelta(t, 0.9, shareOf(curriculum, 85, 95), 0.05)
	require.Equal(t, 1.0, shareOf(curriculum, 100, 110), "after the end")
}

// A step has the same batch, whatever the order of the calls.
func TestMixedIsAFunctionOfTheStep(t *testing.T) {
	build := func() *Mixed {
		m, err := NewMixed(twoTexts(), []Share{{0.7, 0.2}, {0.3, 0.8}}, 3, 8, 7, 90, true)
		require.NoError(t, err)
		return m
	}
	straight, jumping := build(), build()
	var want, got Batch
	var all []Batch
	for step := range 30 {
		straight.Batch(&want, step)
		all = append(all, Batch{B: want.B, T: want.T, N: want.N, X: slices.Clone(want.X),
			Y: slices.Clone(want.Y)})
	}
	for _, step := range []int{29, 3, 4, 17, 0, 12} {
		jumping.Batch(&got, step)
		require.Equal(t, all[step], got, step)
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { jumping.Batch(&got, 13) }))
}

// A recurrent network begins every row without memory, and no target is lost except at a reset.
func TestMixedResets(t *testing.T) {
	m, err := NewMixed(twoTexts(), []Share{{1, 1}, {1, 1}}, 4, 8, 1, 0, true)
	require.NoError(t, err)
	var b Batch
	for step := range 20 {
		m.Batch(&b, step)
		require.Equal(t, b.Targets(), b.N)
		for row := range b.B {
			require.Equal(t, lm.BOS, b.X[row*b.T])
		}
	}
}

func TestMixedRefuses(t *testing.T) {
	for _, shares := range [][]Share{
		{{1, 1}}, {{0, 0}, {0, 0}}, {{1, 0}, {0, 0}}, {{-1, 1}, {2, 1}},
	} {
		_, err := NewMixed(twoTexts(), shares, 4, 8, 1, 0, false)
		require.Error(t, err, shares)
	}
	_, err := NewMixed([][][]lm.Token{{{1}}, {}}, []Share{{1, 1}, {1, 1}}, 4, 8, 1, 0, false)
	require.ErrorContains(t, err, "source 2 of the mixture: the training part")
}
