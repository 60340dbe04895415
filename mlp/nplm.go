// Package mlp holds the neural models without recurrence. The last n−1 tokens become vectors, which
// are learned with the other weights, and a feed-forward network predicts the next token from them.
// Knowledge of one word carries over to similar words (Bengio, Ducharme, Vincent and Jauvin 2003,
// "A Neural Probabilistic Language Model").
package mlp

import (
	"math"
	"math/rand/v2"
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Model is the neural probabilistic language model, with the symbols of the paper's equation 1:
//
//	y = b + W·x + U·tanh(d + H·x),   P(v | context) = softmax(y)_v
//
// where x concatenates the rows of C for the last n−1 tokens, the newest last. At the beginning of
// a document BOS fills the missing positions.
type Model struct {
	Config Config

	C *autograd.Tensor `param:"C,table"`  // [V, m]
	H *autograd.Tensor `param:"H"`        // [h, (n−1)·m]
	D *autograd.Tensor `param:"d,vector"` // [1, h]
	U *autograd.Tensor `param:"U,output"` // [V, h]
	B *autograd.Tensor `param:"b,vector"` // [1, V]
	W *autograd.Tensor `param:"W,output"` // [V, (n−1)·m]; nil without direct connections

	nn.Inference
	contexts *sync.Pool // of *contexts
}

// New returns a model with embeddings from N(0, 1) and hidden weights uniform in ±1/√inputs, so
// that the tanh units start in their linear range. The output layer starts small, so that a new
// model predicts a nearly uniform distribution.
func New(cfg Config, rng *rand.Rand) (*Model, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	v, x, h := cfg.VocabSize, cfg.Context*cfg.NEmbd, cfg.Hidden
	m := &Model{
		Config:   cfg,
		C:        nn.Normal(v, cfg.NEmbd, 1, rng),
		H:        nn.Uniform(h, x, 1/math.Sqrt(float64(x)), rng),
		D:        nn.Zeros(1, h),
		U:        nn.Uniform(v, h, 0.1/math.Sqrt(float64(h)), rng),
		B:        nn.Zeros(1, v),
		contexts: &sync.Pool{New: func() any { return new(contexts) }},
	}
	if cfg.Direct {
		m.W = nn.Zeros(v, x)
	}
	m.Inference = nn.NewInference(m)
	return m, nil
}

// Vocab returns the number of tokens.
func (m *Model) Vocab() int { return m.Config.VocabSize }

// Loss is the mean −ln P of the targets of the batch. The tokens before a row are not in the batch;
// BOS stands for them.
func (m *Model) Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor {
	return m.ContextLoss(t, m.gather(t, b), b.Y, b.N) // 1×1
}

// gather returns the n−1 tokens that each position of the batch sees, [B·T, n−1]. On a recording
// tape, their memory is reused after the backward pass.
func (m *Model) gather(t *autograd.Tape, b corpus.Batch) []lm.Token {
	c := m.contexts.Get().(*contexts)
	autograd.Record(t, release{m.contexts, c})
	c.ids = c.ids[:0]
	for row := range b.B {
		c.ids = appendContexts(c.ids, b.X[row*b.T:][:b.T], m.Config.Context)
	}
	return c.ids
}

// hidden is tanh(d + H·x), for n−1 tokens per row.
func (m *Model) hidden(t *autograd.Tape, contexts []lm.Token) *autograd.Tensor {
	a := t.Tanh(m.project(t, contexts, m.H, m.D)) // [B·T, h]
	return t.Dropout(a, m.Config.Dropout)         // [B·T, h]
}

// logits is y = b + W·x + U·a, where a holds the hidden units.
func (m *Model) logits(t *autograd.Tape, contexts []lm.Token, a *autograd.Tensor) *autograd.Tensor {
	y := t.LinearT(a, m.U, m.B) // [B·T, V]
	if m.W == nil {
		return y
	}
	return t.Add(y, m.project(t, contexts, m.W, nil)) // [B·T, V]
}

// project is d + H·x for n−1 tokens per row, where x concatenates their embeddings; d may be nil.
func (m *Model) project(
	t *autograd.Tape, contexts []lm.Token, h, d *autograd.Tensor,
) *autograd.Tensor {
	n := m.Config.Context
	rows := len(contexts) / n
	if 2*m.Config.VocabSize <= rows {
		return lookup(t, m.C, h, d, contexts, n) // [B·T, h] the fast path
	}
	x := t.Embedding(m.C, contexts)          // [B·T·(n−1), m]
	x = t.Reshape(x, rows, n*m.Config.NEmbd) // [B·T, (n−1)·m]
	return t.LinearT(x, h, d)                // [B·T, h]
}

// contexts holds the n−1 tokens that each position of a batch sees.
type contexts struct{ ids []lm.Token }

// release returns contexts to the pool after the backward pass.
type release struct {
	pool *sync.Pool
	c    *contexts
}

func (r release) Backward() { r.pool.Put(r.c) }

// appendContexts appends, for every position of inputs, the n tokens that end at it, oldest first.
// BOS stands for tokens before the beginning of the document.
func appendContexts(dst, inputs []lm.Token, n int) []lm.Token {
	begin := 0 // beginning of the document
	for i, tok := range inputs {
		if tok == lm.BOS {
			begin = i
		}
		for j := i - n + 1; j <= i; j++ {
			if j < begin {
				dst = append(dst, lm.BOS)
			} else {
				dst = append(dst, inputs[j])
			}
		}
	}
	return dst
}
