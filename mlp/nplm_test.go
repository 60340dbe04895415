package mlp

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

var (
	_ lm.Scorer  = (*Model)(nil)
	_ lm.Stepper = (*Model)(nil)
)

var small = Config{VocabSize: 11, Context: 4, NEmbd: 3, Hidden: 9}

func each(t *testing.T, f func(t *testing.T, name string, direct bool)) {
	t.Run("mlp", func(t *testing.T) { f(t, "mlp", false) })
	t.Run("direct", func(t *testing.T) { f(t, "direct", true) })
}

func TestContract(t *testing.T) {
	each(t, func(t *testing.T, _ string, direct bool) {
		cfg := small
		cfg.Direct = direct
		lmtest.Check(t, loud(t, cfg), 2e-5, 0, 1, 2, 3, 4, 5, 30)
	})
	cfg := small
	cfg.Context = 1
	lmtest.Check(t, loud(t, cfg), 2e-5)
}

// TestLookup: the fast path agrees with the plain product.
func TestLookup(t *testing.T) {
	m := loud(t, small)
	tape := autograd.NewForward()
	contexts := appendContexts(nil,
		[]lm.Token{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 3, 2, 1, 1, 1, 0, 0, 5, 4, 10, 10, 9}, 4)
	all := m.project(tape, contexts, m.H, m.D)
	require.GreaterOrEqual(t, all.Rows, 2*m.Vocab(), "many positions: looked up")
	for i := range all.Rows {
		// a single position is computed, not looked up
		one := m.project(tape, contexts[i*4:][:4], m.H, m.D)
		require.InDeltaSlice(t, one.Row(0), all.Row(i), 1e-5)
	}
}

// TestContexts: every position sees the last tokens of its own document, and BOS if there are none.
func TestContexts(t *testing.T) {
	require.Equal(t, []lm.Token{
		0, 0, 7,
		0, 7, 8,
		7, 8, 9,
		0, 0, 0,
		0, 0, 4,
		0, 4, 5,
		4, 5, 6,
	}, appendContexts(nil, []lm.Token{7, 8, 9, 0, 4, 5, 6}, 3))
}

func TestConfigErrors(t *testing.T) {
	nntest.CheckConfig(t, small, map[string]func(*Config){
		"vocab_size is 1":     func(c *Config) { c.VocabSize = 1 },
		"context is 0":        func(c *Config) { c.Context = 0 },
		"n_embd is 0":         func(c *Config) { c.NEmbd = 0 },
		"hidden is -7":        func(c *Config) { c.Hidden = -7 },
		"dropout is 1":        func(c *Config) { c.Dropout = 1 },
		"dropout is NaN":      func(c *Config) { c.Dropout = math.NaN() },
		"more than 214748364": func(c *Config) { c.Hidden = 1 << 40 },
	})
	nntest.CheckPresets(t, Preset, func(c *Config) { c.VocabSize = 65 })
}

// loud returns a model in which every part matters.
func loud(t require.TestingT, cfg Config) *Model { return nntest.Build(t, New, cfg) }

// TestScoreHasNoSeams: Score works in blocks, which do not change any score.
func TestScoreHasNoSeams(t *testing.T) {
	require.NoError(t, lmtest.Steps(loud(t, small), nntest.Noise(1, 2*scoreTokens+5, 11).X, 1e-5))
}

func TestTraining(t *testing.T) {
	each(t, func(t *testing.T, _ string, direct bool) {
		cfg := small
		cfg.Direct = direct
		nntest.CheckPacked(t, loud(t, cfg))
		for _, dropout := range []float64{0, 0.2} {
			m := loud(t,
				Config{VocabSize: 5, Context: 3, NEmbd: 2, Hidden: 4, Direct: direct,
					Dropout: dropout})
			b := nntest.SmallBatch()
			nntest.CheckGradients(t, m, b)
			// a batch with fewer positions than tokens
			nntest.CheckGradients(t, m, nntest.Batch(1, 5, b.X[:5], b.Y[:5]))
		}
		cfg.Dropout = 0.3
		nntest.CheckDropout(t, loud(t, cfg))
	})
	m, err := New(Config{VocabSize: 10, Context: 3, NEmbd: 4, Hidden: 16}, nntest.Rand())
	require.NoError(t, err)
	nntest.CheckOverfit(t, m, 400, 0.05)
}

func TestNoAllocations(t *testing.T) {
	each(t, func(t *testing.T, _ string, direct bool) {
		cfg := small
		cfg.Direct = direct
		nntest.CheckAllocations(t, loud(t, cfg))
	})
}
