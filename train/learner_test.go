package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
)

// learner learns from text.
type learner = Learner[corpus.Batch]

// bigram is the smallest learner with everything that a run must handle: a matrix, a vector,
// dropout, and a memory carried from batch to batch. The logits of the next token are
//
//	W[x]·mask + c·U + b
//
// where c, one number per row, remembers the previous tokens: c ← c/2 + sin(x).
type bigram struct {
	W *autograd.Tensor `param:"bigram.weight,table"`  // [V, V]
	U *autograd.Tensor `param:"memory.weight,output"` // [1, V], although its tag makes it a matrix
	B *autograd.Tensor `param:"bias,vector"`          // [1, V]

	dropout   float32
	forgetful bool
	memory    [][]float32 // one number per row
}

func newBigram(vocab int, seed uint64) *bigram {
	m := &bigram{W: autograd.NewParam(vocab, vocab), U: autograd.NewParam(1, vocab),
		B: autograd.NewParam(1, vocab)}
	r := rand.New(rand.NewPCG(seed, 0))
	for _, p := range []*autograd.Tensor{m.W, m.U, m.B} {
		for i := range p.Data {
			p.Data[i] = float32(r.NormFloat64()) / 10
		}
	}
	return m
}

func (m *bigram) Carry() [][]float32     { return m.memory }
func (m *bigram) SetCarry(c [][]float32) { m.memory = c }

func (m *bigram) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	if m.memory == nil {
		m.memory = make([][]float32, b.B)
		for i := range m.memory {
			m.memory[i] = make([]float32, 1)
		}
	}
	v := m.W.Cols
	op := bigramLoss{m: m, b: b, loss: t.New(1, 1), mask: t.Scratch(len(b.X) * v),
		memory: t.Scratch(len(b.X)), probs: t.Scratch(len(b.X) * v)}
	for i := range op.mask {
		op.mask[i] = 1
		if t.Rand != nil && m.dropout > 0 {
			op.mask[i] = 1 / (1 - m.dropout)
			if t.Rand.Float32() < m.dropout {
				op.mask[i] = 0
			}
		}
	}
	sum := 0.0
	for i, x := range b.X {
		c := &m.memory[i/b.T][0]
		if x == lm.BOS || m.forgetful {
			*c = 0
		}
		if !m.forgetful {
			*c = *c/2 + float32(math.Sin(float64(x)))
		}
		op.memory[i] = *c
		z := op.probs[i*v : (i+1)*v]
		total := 0.0
		for j := range z {
			z[j] = m.W.Data[int(x)*v+j]*op.mask[i*v+j] + *c*m.U.Data[j] + m.B.Data[j]
			total += math.Exp(float64(z[j]))
		}
		if y := b.Y[i]; y >= 0 {
			sum -= float64(z[y]) - math.Log(total)
		}
		for j := range z {
			z[j] = float32(math.Exp(float64(z[j])) / total)
		}
	}
	op.loss.Data[0] = float32(sum / float64(b.N))
	autograd.Record(t, op)
	return op.loss
}

type bigramLoss struct {
	m                   *bigram
	b                   corpus.Batch
	loss                *autograd.Tensor
	mask, memory, probs []float32
}

func (o *bigramLoss) Backward() {
	v := o.m.W.Cols
	for i, x := range o.b.X {
		y := o.b.Y[i]
		if y < 0 {
			continue
		}
		for j := range v {
			d := o.probs[i*v+j]
			if j == int(y) {
				d--
			}
			d *= o.loss.Grad[0] / float32(o.b.N)
			o.m.W.Grad[int(x)*v+j] += d * o.mask[i*v+j]
			o.m.U.Grad[j] += d * o.memory[i]
			o.m.B.Grad[j] += d
		}
	}
}

// cycle is a source of B rows of T tokens, from a text in which the next token is usually the last
// plus one.
type cycle struct{ B, T, V int }

func (c cycle) Batch(b *corpus.Batch, step int) {
	b.B, b.T = c.B, c.T
	b.X, b.Y = b.X[:0], b.Y[:0]
	for row := range c.B {
		for i := range c.T {
			at := step*c.T + i
			b.X = append(b.X, c.token(row, at))
			b.Y = append(b.Y, c.token(row, at+1))
			if (row+at)%7 == 3 {
				b.Y[len(b.Y)-1] = -1
			}
		}
	}
}

func (c cycle) token(row, at int) lm.Token {
	if at%11 == 5 {
		return lm.Token((row*at + 1) % c.V)
	}
	return lm.Token((row + at) % c.V)
}

// rated trains its first weight at a tenth of the rate, and does not train its last weight.
type rated struct {
	A *autograd.Tensor `param:"a"`
	B *autograd.Tensor `param:"b"`
	C *autograd.Tensor `param:"c"`
}

func (m *rated) Rate(param string) float64 { return map[string]float64{"a": 0.1, "b": 1}[param] }

func (m *rated) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	return t.Sum(t.Add(m.A, t.Add(m.B, m.C)))
}

func TestRates(t *testing.T) {
	m := &rated{autograd.NewParam(1, 1), autograd.NewParam(1, 1), autograd.NewParam(1, 1)}
	c := Default()
	c.Batch, c.Context, c.Pieces, c.Steps, c.LR, c.MinLR, c.Warmup, c.WeightDecay = 1, 1, 1, 1, 0.5,
		0.5, 0, 0
	docs, err := corpus.NewWindows([][]lm.Token{{1, 0}}, 1, 1, 1)
	require.NoError(t, err)
	_, err = Run(t.Context(), m, docs, c)
	require.NoError(t, err)
	require.InDelta(t, -0.05, m.A.Data[0], 1e-6, "Adam's first step has the length of the rate")
	require.InDelta(t, -0.5, m.B.Data[0], 1e-6)
	require.Zero(t, m.C.Data[0])
}
