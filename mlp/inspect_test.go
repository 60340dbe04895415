package mlp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// The shares of the positions add up to the sums of the hidden layer.
func TestSharesAddUp(t *testing.T) {
	m := loud(t, Config{VocabSize: 11, Context: 3, NEmbd: 4, Hidden: 6})
	for _, context := range [][]lm.Token{nil, {5}, {1, 2, 3, 4, 5}, {7, lm.BOS, 8}} {
		window, shares := m.shares(context)
		require.Len(t, window, 3)
		hidden := make([]float32, 6)
		for i := range hidden {
			sum := float64(m.D.Data[i])
			for _, share := range shares {
				sum += share[i]
			}
			hidden[i] = float32(math.Tanh(sum))
		}
		tape := autograd.NewForward()
		plain := nn.LogSoftmax(tape, nil, tape.LinearT(tape.Const(1, 6, hidden), m.U, m.B).Row(0))
		require.InDeltaSlice(t, m.NextLogProbs(nil, context), plain, 1e-4)
	}
}

func TestContributions(t *testing.T) {
	m := loud(t, Config{VocabSize: 11, Context: 3, NEmbd: 4, Hidden: 6})
	window, norms := m.Contributions([]lm.Token{7, lm.BOS, 8})
	require.Equal(t, []lm.Token{lm.BOS, lm.BOS, 8}, window)
	require.Len(t, norms, 3)
	clear(m.C.Row(8))
	_, silent := m.Contributions([]lm.Token{8})
	require.Zero(t, silent[2])
	require.Equal(t, norms[0], silent[0])
}
