package transformer

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/nn/nntest"
)

// recipe returns nanoGPT's recipe for a CPU: 4 layers, 4 heads, 128 channels, context 64, batch 12.
func recipe() Config {
	return Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}
}

// BenchmarkTrain measures a training step without the optimizer.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []struct {
		name          string
		cfg           Config
		batch, pieces int
	}{
		{"nanogpt/1piece", recipe(), 12, 1},
		{"nanogpt/2pieces", recipe(), 12, 2},
		{"6x384x256/2pieces",
			Config{VocabSize: 65, NPositions: 256, NEmbd: 384, NLayer: 6, NHead: 6}, 4, 2},
		{"makemore/1piece", Config{VocabSize: 27, NPositions: 16, NEmbd: 64, NLayer: 4, NHead: 4},
			32, 1},
		{"makemore/2pieces", Config{VocabSize: 27, NPositions: 16, NEmbd: 64, NLayer: 4, NHead: 4},
			32, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, nntest.Rand())
			require.NoError(b, err)
			nntest.BenchmarkTrain(b, m, nntest.Noise(c.batch, c.cfg.NPositions, c.cfg.VocabSize),
				c.pieces)
		})
	}
}

// BenchmarkTrainBERT measures a training step without the optimizer, for nanoGPT's recipe and
// others.
// llamaRecipe is recipe for a Llama, with half as many heads of keys.
func llamaRecipe() LlamaConfig {
	return LlamaConfig{VocabSize: 65, MaxPositionEmbeddings: 64, HiddenSize: 128,
		NumHiddenLayers: 4, NumAttentionHeads: 4, NumKeyValueHeads: 2, TieWordEmbeddings: true}
}

func BenchmarkTrainLlama(b *testing.B) {
	m, err := NewLlama(llamaRecipe(), nntest.Rand())
	require.NoError(b, err)
	for _, pieces := range []int{1, 2} {
		b.Run(fmt.Sprintf("nanogpt/%dpieces", pieces), func(b *testing.B) {
			nntest.BenchmarkTrain(b, m, nntest.Noise(12, 64, 65), pieces)
		})
	}
}

func BenchmarkGenerateLlama(b *testing.B) {
	m, err := NewLlama(llamaRecipe(), nntest.Rand())
	require.NoError(b, err)
	nntest.BenchmarkGenerate(b, m, 64)
}

func BenchmarkTrainBERT(b *testing.B) {
	for _, c := range []struct {
		name          string
		cfg           BERTConfig
		batch, pieces int
	}{
		{"4x128/1piece",
			BERTConfig{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4,
				NSP: true}, 12, 1},
		{"4x128/2pieces",
			BERTConfig{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4,
				NSP: true}, 12, 2},
		{"2x64/1piece",
			BERTConfig{VocabSize: 165, NPositions: 64, NEmbd: 64, NLayer: 2, NHead: 2,
				MaskRate: 0.4}, 32, 1},
		{"6x384x256/2pieces",
			BERTConfig{VocabSize: 65, NPositions: 256, NEmbd: 384, NLayer: 6, NHead: 6}, 4, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := NewBERT(c.cfg, nntest.Rand())
			require.NoError(b, err)
			docs := [][]lm.Token{}
			for range 200 {
				docs = append(docs,
					append(nntest.Noise(1, c.cfg.NPositions/2-2, c.cfg.VocabSize-2).X, lm.BOS))
			}
			s, err := NewMaskedSource(c.cfg, docs, c.batch, c.cfg.NPositions, 1, nil)
			require.NoError(b, err)
			var batch MaskedBatch
			s.Batch(&batch, 0)
			nntest.BenchmarkTrain(b, m, batch, c.pieces)
			// count all tokens, not only the masked ones
			b.ReportMetric(float64(len(batch.X)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkGenerate measures generation from the cache, in documents as long as the window.
func BenchmarkGenerate(b *testing.B) {
	for _, c := range []struct {
		name    string
		cfg     Config
		threads int
		int8    bool
	}{
		{"nanogpt", recipe(), 1, false},
		{"6x288x32k/float32",
			Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 1, false},
		{"6x288x32k/float32-2threads",
			Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 2, false},
		{"6x288x32k/int8",
			Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 1, true},
		{"6x288x32k/int8-2threads",
			Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 2, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, nntest.Rand())
			require.NoError(b, err)
			m.SetThreads(c.threads)
			if c.int8 {
				m.Quantize()
			}
			nntest.BenchmarkGenerate(b, m, c.cfg.NPositions)
		})
	}
}

// BenchmarkPrompt reads a full window at once.
func BenchmarkPrompt(b *testing.B) {
	toy := Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}
	for _, c := range []struct {
		name    string
		cfg     Config
		threads int
	}{{"nanogpt", recipe(), 1}, {"6x288x32k", toy, 1}, {"6x288x32k/2threads", toy, 2}} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, nntest.Rand())
			require.NoError(b, err)
			m.SetThreads(c.threads)
			dst := make([]float64, m.Vocab())
			for b.Loop() {
				s := m.Start()
				for range m.Config.NPositions - 1 {
					s.Push(1)
				}
				s.NextLogProbs(dst)
			}
			b.ReportMetric(float64(m.Config.NPositions*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkScore scores a long stream at several strides, and many documents of 16 tokens.
func BenchmarkScore(b *testing.B) {
	m, err := New(recipe(), nntest.Rand())
	require.NoError(b, err)
	stream := nntest.Noise(1, 1<<13, m.Vocab()).X
	run := func(name string, tokens []lm.Token, threads int) {
		b.Run(name, func(b *testing.B) {
			score := func(dst []float64, tokens []lm.Token) []float64 {
				return m.ScoreThreads(dst, tokens, threads)
			}
			nntest.BenchmarkScore(b, score, tokens)
		})
	}
	for _, stride := range []int{8, 32, 64} {
		require.NoError(b, m.SetStride(stride))
		run(fmt.Sprint("stride", stride), stream, 1)
	}
	run("stride64/2threads", stream, 2)
	run("names", nntest.Documents(stream, 16), 1)
}
