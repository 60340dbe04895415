package play

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/transformer"
)

// TestLlamaIsShown checks that a Llama has the view of a GPT, head by head.
func TestLlamaIsShown(t *testing.T) {
	m, err := transformer.NewLlama(transformer.LlamaConfig{VocabSize: 5, MaxPositionEmbeddings: 8,
		HiddenSize: 8, NumHiddenLayers: 2, NumAttentionHeads: 4, NumKeyValueHeads: 2},
		rand.New(rand.NewPCG(1, 1)))
	require.NoError(t, err)
	require.Equal(t, "flow", viewsOf(m)[0].name)
}
