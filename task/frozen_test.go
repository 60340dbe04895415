package task

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/transformer"
)

// TestVectorsOfALongText: a text that is read window by window has the same vectors as when it is
// read at once.
func TestVectorsOfALongText(t *testing.T) {
	m, err := transformer.NewBERT(transformer.BERTConfig{VocabSize: 13, NPositions: 8, NEmbd: 12,
		NLayer: 2, NHead: 3}, rand.New(rand.NewPCG(1, 2)))
	require.NoError(t, err)
	tokens := make([]lm.Token, 21)
	for i := range tokens {
		tokens[i] = lm.Token(1 + i%9)
	}
	var b Batch
	b.fill([]Labelled{{Tokens: tokens}})
	whole := m.Hidden(autograd.NewForward(), b.Batch)
	layers := Vectors(m, tokens)
	require.Len(t, layers, len(whole))
	for l, rows := range layers {
		require.Len(t, rows, len(tokens))
		for i, row := range rows {
			require.InDeltaSlice(t, whole[l].Row(1+i), row, 1e-5, "layer %d, token %d", l, i)
		}
	}
	require.Len(t, Vectors(m, nil)[0], 0, "an empty text has no tokens")
}
