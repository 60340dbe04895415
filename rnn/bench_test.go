package rnn

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/nn/nntest"
)

// BenchmarkTrain measures a training step without the optimizer: 32 rows of 64 characters for
// nn.LSTM's shapes, 32 names of 16 for makemore's.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []struct {
		name        string
		cfg         Config
		steps, rows int
	}{
		{"lstm128", Config{Cell: "lstm", VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1}, 64, 32},
		{"lstm256", Config{Cell: "lstm", VocabSize: 65, NEmbd: 64, Hidden: 256, Layers: 1}, 64, 32},
		{"gru128", Config{Cell: "gru", VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1}, 64, 32},
		{"gru256", Config{Cell: "gru", VocabSize: 65, NEmbd: 64, Hidden: 256, Layers: 1}, 64, 32},
		{"elman128", Config{Cell: "elman", VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1}, 64,
			32},
		{"makemore/elman", Config{Cell: "elman", VocabSize: 27, NEmbd: 64, Hidden: 64, Layers: 1},
			16, 32},
		{"makemore/gru", Config{Cell: "gru", VocabSize: 27, NEmbd: 64, Hidden: 64, Layers: 1}, 16,
			32},
	} {
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%dpieces", c.name, n), func(b *testing.B) {
				m, err := New(c.cfg, nntest.Rand())
				require.NoError(b, err)
				nntest.BenchmarkTrain(b, m, nntest.Noise(c.rows, c.steps, c.cfg.VocabSize), n)
			})
		}
	}
}

// BenchmarkGenerate measures generation from the State.
func BenchmarkGenerate(b *testing.B) {
	for _, cell := range Cells() {
		b.Run(cell, func(b *testing.B) {
			m, err := New(Config{Cell: cell, VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1},
				nntest.Rand())
			require.NoError(b, err)
			nntest.BenchmarkGenerate(b, m, 0)
		})
	}
}

// BenchmarkScore scores one long document, and many of 16 tokens in parallel rows.
func BenchmarkScore(b *testing.B) {
	m, err := New(Config{Cell: "lstm", VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1},
		nntest.Rand())
	require.NoError(b, err)
	stream := nntest.Noise(1, 1<<13, m.Vocab()).X
	b.Run("stream", func(b *testing.B) { nntest.BenchmarkScore(b, m.Score, stream) })
	b.Run("names", func(b *testing.B) {
		nntest.BenchmarkScore(b, m.Score, nntest.Documents(stream, 16))
	})
}
