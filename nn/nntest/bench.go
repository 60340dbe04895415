package nntest

import (
	"sync"
	"testing"

	"lmzoo/autograd"
	"lmzoo/autograd/vec"
	"lmzoo/lm"
	"lmzoo/nn"
)

// shares is a batch that divides into shares, as in package train.
type shares[B any] interface {
	Share(i, n int) (B, bool)
	Targets() int
}

// learner is a model that learns from batches B.
type learner[B any] interface {
	Loss(t *autograd.Tape, b B) *autograd.Tensor
}

// BenchmarkTrain measures a training step without the optimizer; each of n pieces of the batch runs
// on its own goroutine.
func BenchmarkTrain[B shares[B], M learner[B]](b *testing.B, m M, batch B, n int) {
	ps := pieces(m, batch, n)
	step(ps)
	step(ps)
	b.ReportAllocs()
	for b.Loop() {
		step(ps)
	}
	speed(b, batch.Targets())
}

// BenchmarkGenerate measures generation from the State, token by token, in documents of the given
// length; 0 means one document without an end.
func BenchmarkGenerate(b *testing.B, m lm.Stepper, length int) {
	s, dst, n := m.Start(), make([]float64, m.Vocab()), 0
	b.ReportAllocs()
	for b.Loop() {
		dst = s.NextLogProbs(dst)
		if n++; n == length {
			s.Push(lm.BOS)
			n = 0
		} else {
			s.Push(1)
		}
	}
	speed(b, 1)
}

// BenchmarkScore measures how fast a text is scored.
func BenchmarkScore(b *testing.B, score func(dst []float64, tokens []lm.Token) []float64,
	tokens []lm.Token) {
	dst := make([]float64, len(tokens))
	for b.Loop() {
		score(dst, tokens)
	}
	speed(b, len(tokens))
}

// speed reports tokens per second.
func speed(b *testing.B, tokens int) {
	b.ReportMetric(float64(tokens)*float64(b.N)/b.Elapsed().Seconds(), "tokens/s")
}

// piece is one share of a batch, with a replica of the model.
type piece[B any, M learner[B]] struct {
	m      M
	params []nn.Param
	tape   *autograd.Tape
	batch  B
}

func pieces[B shares[B], M learner[B]](m M, b B, n int) []piece[B, M] {
	out := make([]piece[B, M], n)
	for i := range out {
		share, _ := b.Share(i, n)
		m := nn.Replica(m)
		out[i] = piece[B, M]{m, nn.Params(m), autograd.NewTape(), share}
	}
	return out
}

// step runs every piece forward and backward on its own goroutine, then sums the gradients.
func step[B any, M learner[B]](ps []piece[B, M]) {
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
