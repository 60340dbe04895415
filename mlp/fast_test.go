package mlp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// Texts, read in float32, are judged by the very weights that the bytes stand for.
func TestQuantizedModel(t *testing.T) {
	for _, direct := range []bool{false, true} {
		cfg := Config{VocabSize: 9, Context: 3, NEmbd: 5, Hidden: 18, Direct: direct}
		m := loud(t, cfg)
		before := m.NextLogProbs(nil, []lm.Token{1, 2, 3})
		m.Quantize()
		m.SetThreads(2)
		lmtest.Check(t, m, 1e-4, 0, 1, 2, 4, 30)
		after := m.NextLogProbs(nil, []lm.Token{1, 2, 3})
		require.NotEqual(t, before, after)
		require.InDeltaSlice(t, before, after, 0.5)
	}
}
