package mlp

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

func randomBatch(b, t, v int) corpus.Batch {
	rng := rand.New(rand.NewPCG(5, 6))
	tokens := make([]lm.Token, b*t+1)
	for i := range tokens {
		tokens[i] = 1 + rng.Int32N(int32(v)-1)
	}
	return corpus.Batch{B: b, T: t, X: tokens[:b*t], Y: tokens[1:], N: b * t}
}

// BenchmarkTrain is a training step without the optimizer; makemore's shape is 32 names of 16 characters.
func BenchmarkTrain(b *testing.B) {
	small, err := Preset("small")
	require.NoError(b, err)
	small.VocabSize = 65
	for _, c := range []struct {
		name  string
		cfg   Config
		steps int
	}{
		{"makemore", Config{VocabSize: 27, Context: 16, NEmbd: 64, Hidden: 64}, 16},
		{"small", small, 64},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, rand1())
			require.NoError(b, err)
			batch, tape, params := randomBatch(32, c.steps, c.cfg.VocabSize), autograd.NewTape(), nn.Params(m)
			step := func() {
				for _, p := range params {
					clear(p.Grad)
				}
				tape.Reset()
				tape.Backward(m.Loss(tape, batch))
			}
			step()
			step()
			b.ReportAllocs()
			for b.Loop() {
				step()
			}
			b.ReportMetric(float64(batch.N*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkGenerate is one token after another from the State.
func BenchmarkGenerate(b *testing.B) {
	cfg, err := Preset("small")
	require.NoError(b, err)
	cfg.VocabSize = 65
	m, err := New(cfg, rand1())
	require.NoError(b, err)
	s, dst := m.Start(), make([]float64, m.Vocab())
	b.ReportAllocs()
	for b.Loop() {
		dst = s.NextLogProbs(dst)
		s.Push(1)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// BenchmarkScore judges one long document.
func BenchmarkScore(b *testing.B) {
	cfg, err := Preset("small")
	require.NoError(b, err)
	cfg.VocabSize = 65
	m, err := New(cfg, rand1())
	require.NoError(b, err)
	stream := randomBatch(1, 1<<13, m.Vocab()).X
	dst := make([]float64, len(stream))
	for b.Loop() {
		m.Score(dst, stream)
	}
	b.ReportMetric(float64(len(stream)*b.N)/b.Elapsed().Seconds(), "tokens/s")
}
