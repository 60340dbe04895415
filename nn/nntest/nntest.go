// Package nntest tests neural models, in addition to the contract of lmtest: numbers equal
// PyTorch's, gradients equal slopes, documents in one row are independent, dropout is random and
// reproducible, and a steady step allocates nothing. It also measures how fast a model trains and
// generates.
package nntest

import (
	"math/rand/v2"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// Model is a causal neural model that learns from a loss.
type Model interface {
	lm.Stepper
	Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor
}

// Learner is a model that learns from a loss.
type Learner interface {
	Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor
}

// Rand returns the random source of a test, the same every time.
func Rand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// Batch returns a batch of b rows by t tokens, with its targets counted.
func Batch(b, t int, x, y []lm.Token) corpus.Batch {
	n := 0
	for _, tok := range y {
		if tok >= 0 {
			n++
		}
	}
	return corpus.Batch{B: b, T: t, X: x, Y: y, N: n}
}

// Loud adds noise to the weights of a model, so that every part of it matters, and returns it.
func Loud[M any](m M) M {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, p := range nn.Params(m) {
		for i := range p.Data {
			p.Data[i] += float32(0.3 * rng.NormFloat64())
		}
	}
	return m
}

// Noise returns b rows by t random tokens of a vocabulary of v, one document without an end.
func Noise(b, t, v int) corpus.Batch {
	rng := rand.New(rand.NewPCG(5, 6))
	tokens := make([]lm.Token, b*t+1)
	for i := range tokens {
		tokens[i] = 1 + rng.Int32N(int32(v)-1)
	}
	return corpus.Batch{B: b, T: t, X: tokens[:b*t], Y: tokens[1:], N: b * t}
}

// Documents cuts tokens into documents of n tokens, including the BOS that closes each.
func Documents(tokens []lm.Token, n int) []lm.Token {
	out := append([]lm.Token(nil), tokens...)
	for i := n - 1; i < len(out); i += n {
		out[i] = lm.BOS
	}
	return out
}
