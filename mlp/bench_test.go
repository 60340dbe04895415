package mlp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/nn/nntest"
)

// preset returns the small model for 65 characters.
func preset(b *testing.B) *Model {
	cfg, err := Preset("small")
	require.NoError(b, err)
	cfg.VocabSize = 65
	m, err := New(cfg, nntest.Rand())
	require.NoError(b, err)
	return m
}

// BenchmarkTrain measures a training step without the optimizer; makemore's shape is 32 names of 16
// characters.
func BenchmarkTrain(b *testing.B) {
	makemore, err := New(Config{VocabSize: 27, Context: 16, NEmbd: 64, Hidden: 64}, nntest.Rand())
	require.NoError(b, err)
	b.Run("makemore", func(b *testing.B) {
		nntest.BenchmarkTrain(b, makemore, nntest.Noise(32, 16, 27), 1)
	})
	b.Run("small", func(b *testing.B) {
		nntest.BenchmarkTrain(b, preset(b), nntest.Noise(32, 64, 65), 1)
	})
}

// BenchmarkGenerate measures generation from the State.
func BenchmarkGenerate(b *testing.B) { nntest.BenchmarkGenerate(b, preset(b), 0) }

// BenchmarkScore scores one long document.
func BenchmarkScore(b *testing.B) {
	nntest.BenchmarkScore(b, preset(b).Score, nntest.Noise(1, 1<<13, 65).X)
}
