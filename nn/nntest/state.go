package nntest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// CheckWaiting tests a State that reads pushed tokens only when a prediction is requested, all at
// once. It covers any earlier reads, a BOS, and clones made at any time.
func CheckWaiting(t testing.TB, m Model) {
	t.Helper()
	rng := Rand()
	s := m.Start()
	var context []lm.Token
	for range 60 {
		for range rng.IntN(5) { // several tokens wait, or none
			tok := rng.Int32N(int32(m.Vocab()))
			if rng.IntN(3) > 0 {
				tok = max(tok, 1)
			}
			s.Push(tok)
			context = append(context, tok)
		}
		if rng.IntN(3) == 0 {
			left := s
			s = s.Clone()
			left.Push(1)
			left.NextLogProbs(nil)
		}
		require.InDeltaSlice(t, m.NextLogProbs(nil, context), s.NextLogProbs(nil), 2e-5, "after %v",
			context)
	}
}

// CheckAllocations tests that in a steady state neither a generation step nor a training step
// allocates memory. The model has 8 tokens or more.
func CheckAllocations(t testing.TB, m Model) {
	t.Helper()
	if Racing {
		t.Skip("pools allocate at random under the race detector")
	}
	s, dst := m.Start(), make([]float64, m.Vocab())
	speak := func() {
		dst = s.NextLogProbs(dst)
		s.Push(3)
	}
	for range 40 { // beyond any window
		speak()
	}
	require.Less(t, testing.AllocsPerRun(200, speak), 0.1)

	x := []lm.Token{0, 1, 2, 3, 4, 0, 6, 7}
	b := Batch(1, 8, x, x)
	tape := autograd.NewTape()
	learn := func() {
		tape.Reset()
		tape.Backward(m.Loss(tape, b))
	}
	learn()
	learn()
	require.Less(t, testing.AllocsPerRun(50, learn), 0.5)
}
