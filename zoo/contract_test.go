package zoo

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn"
)

// TestCatalogueKeepsTheContract trains a small model of every species and checks the contract of
// each of its abilities, within its window (16 tokens at most) and beyond.
func TestCatalogueKeepsTheContract(t *testing.T) {
	for _, s := range Standard() {
		t.Run(s.Name, func(t *testing.T) {
			r, err := Make(t.Context(), small(t, s.Name, ""))
			require.NoError(t, err)
			if s.IsNeural() {
				o := small(t, s.Name, "")
				require.NoError(t, o.Settings.Set(map[string]any{"flops": 1e5}))
				spent, err := Make(t.Context(), o)
				require.NoError(t, err)
				require.Equal(t, 1, spent.Config.Result.Steps, "a budget in operations")
			}
			if s.Causal() {
				m, err := r.LM()
				require.NoError(t, err)
				lmtest.Check(t, m, 1e-4, 0, 1, 2, 7, 15, 16, 40)
				return
			}
			if f, ok := r.Model.(lm.Filler); ok {
				lmtest.CheckFiller(t, f, 1e-4, 1, 2, 7, 12)
				return
			}
			_, encodes := r.Model.(nn.Encoder)
			_, embeds := r.Model.(nn.Embedder)
			require.True(t, encodes || embeds, "a model that can do nothing")
		})
	}
}
