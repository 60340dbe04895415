package train

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/nn/nntest"
	"lmzoo/rnn"
	"lmzoo/transformer"
)

// eras returns constructors of small real models with dropout.
func eras(t testing.TB) map[string]func() learner {
	recurrent := func(cell string) func() learner {
		return func() learner {
			m, err := rnn.New(rnn.Config{Cell: cell, VocabSize: vocab, NEmbd: 12, Hidden: 16,
				Layers: 2, Dropout: 0.2}, rand.New(rand.NewPCG(1, 1)))
			require.NoError(t, err)
			return m
		}
	}
	return map[string]func() learner{
		"elman": recurrent("elman"), "lstm": recurrent("lstm"), "gru": recurrent("gru"),
		"gpt": func() learner {
			m, err := transformer.New(transformer.Config{VocabSize: vocab, NPositions: 8, NEmbd: 16,
				NLayer: 2, NHead: 2, Dropout: 0.2}, rand.New(rand.NewPCG(1, 1)))
			require.NoError(t, err)
			return m
		},
	}
}

// TestRealModels repeats the tests of the small learner on real models: replicas share no written
// memory, a checkpoint holds the whole state, and a step allocates nothing.
func TestRealModels(t *testing.T) {
	for name, build := range eras(t) {
		t.Run(name, func(t *testing.T) {
			c := testConfig()
			c.LR, c.MinLR, c.Accumulate = 1e-2, 1e-3, 2
			one := build()
			tr := start(t, one, testSource(), c)
			first := walk(t, tr, 1)
			last := walk(t, tr, 7)
			require.Less(t, last.Loss, first.Loss)

			c.Threads = 3
			path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
			before := start(t, build(), testSource(), c)
			walk(t, before, 4)
			require.NoError(t, before.Save(path, nil))
			c.Threads = 2
			two := build()
			after := start(t, two, testSource(), c)
			require.NoError(t, after.Resume(path, nil))
			require.Equal(t, last.Loss, walk(t, after, 4).Loss)
			sameWeights(t, one, two, "resumed on other threads")
		})
	}
}

func TestRealStepsAllocateNothing(t *testing.T) {
	if nntest.Racing {
		t.Skip("the race detector allocates")
	}
	for name, build := range eras(t) {
		c := testConfig()
		c.Threads = 2
		tr := start(t, build(), testSource(), c)
		walk(t, tr, 3)
		require.Zero(t, allocations(tr), name)
	}
}

// BenchmarkRecipe is nanoGPT's recipe for a CPU: 4 layers, 4 heads, 128 channels, context 64, batch
// 12, 65 characters.
func BenchmarkRecipe(b *testing.B) {
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			m, err := transformer.New(transformer.Config{VocabSize: 65, NPositions: 64, NEmbd: 128,
				NLayer: 4, NHead: 4}, rand.New(rand.NewPCG(1, 1)))
			require.NoError(b, err)
			c := Default()
			c.Threads = threads
			tr, err := NewTrainer(m, cycle{B: 12, T: 64, V: 65}, c)
			require.NoError(b, err)
			_, _ = tr.Step()
			b.ReportAllocs()
			for b.Loop() {
				_, _ = tr.Step()
			}
			b.ReportMetric(12*64*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
