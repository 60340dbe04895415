package transformer

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/autograd/vec"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// recipe is nanoGPT's recipe for a CPU: 4 layers, 4 heads, 128 channels, context 64, batch 12.
func recipe() Config {
	return Config{VocabSize: 65, NPositions: 64, NEmbd: 128, NLayer: 4, NHead: 4}
}

func randomBatch(b, t, v int) corpus.Batch {
	rng := rand.New(rand.NewPCG(5, 6))
	tokens := make([]lm.Token, b*t+1)
	for i := range tokens {
		tokens[i] = 1 + rng.Int32N(int32(v)-1)
	}
	return corpus.Batch{B: b, T: t, X: tokens[:b*t], Y: tokens[1:], N: b * t}
}

// piece is one part of a batch, with a replica of the model that has gradients of its own.
type piece struct {
	m      *Model
	params []nn.Param
	tape   *autograd.Tape
	batch  corpus.Batch
}

func pieces(m *Model, b corpus.Batch, n int) []piece {
	out := make([]piece, n)
	for i := range out {
		from, to := i*b.B/n, (i+1)*b.B/n
		m := nn.Replica(m)
		out[i] = piece{m, nn.Params(m), autograd.NewTape(), corpus.Batch{B: to - from, T: b.T, X: b.X[from*b.T : to*b.T], Y: b.Y[from*b.T : to*b.T], N: b.N}}
	}
	return out
}

// step is forward and backward of every piece on a goroutine of its own, and the sum of the gradients.
func step(ps []piece) {
	var wg sync.WaitGroup
	for _, p := range ps {
		wg.Go(func() {
			for _, q := range p.params {
				clear(q.Grad)
			}
			p.tape.Reset()
			p.tape.Backward(p.m.Loss(p.tape, p.batch))
		})
	}
	wg.Wait()
	sum := ps[0].params
	for _, p := range ps[1:] {
		for i, q := range p.params {
			vec.Add(sum[i].Grad, q.Grad)
		}
	}
}

// BenchmarkTrain is a training step without the optimizer.
func BenchmarkTrain(b *testing.B) {
	for _, c := range []struct {
		name          string
		cfg           Config
		batch, pieces int
	}{
		{"nanogpt/1piece", recipe(), 12, 1},
		{"nanogpt/2pieces", recipe(), 12, 2},
		{"6x384x256/2pieces", Config{VocabSize: 65, NPositions: 256, NEmbd: 384, NLayer: 6, NHead: 6}, 4, 2},
		{"makemore/1piece", Config{VocabSize: 27, NPositions: 16, NEmbd: 64, NLayer: 4, NHead: 4}, 32, 1},
		{"makemore/2pieces", Config{VocabSize: 27, NPositions: 16, NEmbd: 64, NLayer: 4, NHead: 4}, 32, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, rand1())
			require.NoError(b, err)
			batch := randomBatch(c.batch, c.cfg.NPositions, c.cfg.VocabSize)
			ps := pieces(m, batch, c.pieces)
			step(ps)
			step(ps)
			b.ReportAllocs()
			for b.Loop() {
				step(ps)
			}
			b.ReportMetric(float64(batch.N*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkGenerate is one token after another from the cache, in windows of text.
func BenchmarkGenerate(b *testing.B) {
	for _, c := range []struct {
		name    string
		cfg     Config
		threads int
		int8    bool
	}{
		{"nanogpt", recipe(), 1, false},
		{"6x288x32k", Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 1, false},
		{"6x288x32k/2threads", Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 2, false},
		{"6x288x32k/int8", Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 1, true},
		{"6x288x32k/int8/2threads", Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}, 2, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, rand1())
			require.NoError(b, err)
			m.SetThreads(c.threads)
			if c.int8 {
				m.Quantize()
			}
			s, dst, n := m.Start(), make([]float64, c.cfg.VocabSize), 0
			b.ReportAllocs()
			for b.Loop() {
				dst = s.NextLogProbs(dst)
				if n++; n%c.cfg.NPositions == 0 {
					s.Push(lm.BOS)
				} else {
					s.Push(1)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkPrompt is a full window read at once.
func BenchmarkPrompt(b *testing.B) {
	toy := Config{VocabSize: 32000, NPositions: 256, NEmbd: 288, NLayer: 6, NHead: 6}
	for _, c := range []struct {
		name    string
		cfg     Config
		threads int
	}{{"nanogpt", recipe(), 1}, {"6x288x32k", toy, 1}, {"6x288x32k/2threads", toy, 2}} {
		b.Run(c.name, func(b *testing.B) {
			m, err := New(c.cfg, rand1())
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

// BenchmarkScore judges a long stream at several strides, and many documents of 16 tokens.
func BenchmarkScore(b *testing.B) {
	m, err := New(recipe(), rand1())
	require.NoError(b, err)
	stream := randomBatch(1, 1<<13, m.Vocab()).X
	names := append([]lm.Token{}, stream...)
	for i := range names {
		if i%16 == 15 {
			names[i] = lm.BOS
		}
	}
	run := func(name string, tokens []lm.Token, threads int) {
		b.Run(name, func(b *testing.B) {
			dst := make([]float64, len(tokens))
			for b.Loop() {
				m.ScoreThreads(dst, tokens, threads)
			}
			b.ReportMetric(float64(len(tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
	for _, stride := range []int{8, 32, 64} {
		require.NoError(b, m.SetStride(stride))
		run(fmt.Sprint("stride", stride), stream, 1)
	}
	run("stride64/2threads", stream, 2)
	run("names", names, 1)
}
