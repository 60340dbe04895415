package rnn

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

// BenchmarkTrain is a training step without the optimizer: 32 rows of 64 characters for nn.LSTM's shapes, 32
// names of 16 for makemore's.
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
		{"elman128", Config{Cell: "elman", VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1}, 64, 32},
		{"makemore/elman", Config{Cell: "elman", VocabSize: 27, NEmbd: 64, Hidden: 64, Layers: 1}, 16, 32},
		{"makemore/gru", Config{Cell: "gru", VocabSize: 27, NEmbd: 64, Hidden: 64, Layers: 1}, 16, 32},
	} {
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%dpieces", c.name, n), func(b *testing.B) {
				m, err := New(c.cfg, rand1())
				require.NoError(b, err)
				batch := randomBatch(c.rows, c.steps, c.cfg.VocabSize)
				ps := pieces(m, batch, n)
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
}

// BenchmarkGenerate is one token after another from the State.
func BenchmarkGenerate(b *testing.B) {
	for _, cell := range Cells() {
		b.Run(cell, func(b *testing.B) {
			m, err := New(Config{Cell: cell, VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1}, rand1())
			require.NoError(b, err)
			s, dst := m.Start(), make([]float64, m.Vocab())
			b.ReportAllocs()
			for b.Loop() {
				dst = s.NextLogProbs(dst)
				s.Push(1)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}

// BenchmarkScore judges one long document, and many of 16 tokens side by side.
func BenchmarkScore(b *testing.B) {
	m, err := New(Config{Cell: "lstm", VocabSize: 65, NEmbd: 64, Hidden: 128, Layers: 1}, rand1())
	require.NoError(b, err)
	stream := randomBatch(1, 1<<13, m.Vocab()).X
	names := append([]lm.Token{}, stream...)
	for i := range names {
		if i%16 == 15 {
			names[i] = lm.BOS
		}
	}
	for name, tokens := range map[string][]lm.Token{"stream": stream, "names": names} {
		b.Run(name, func(b *testing.B) {
			dst := make([]float64, len(tokens))
			for b.Loop() {
				m.Score(dst, tokens)
			}
			b.ReportMetric(float64(len(tokens)*b.N)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
