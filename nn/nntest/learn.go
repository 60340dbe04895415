package nntest

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// CheckGradients compares the gradient of every parameter with the slope of the loss, even with
// dropout, whose mask is the same every time.
func CheckGradients(t testing.TB, m Learner, b corpus.Batch) {
	t.Helper()
	CheckSlopes(t, m, func(tape *autograd.Tape) *autograd.Tensor {
		tape.Rand = Rand()
		return m.Loss(tape, b)
	})
}

// CheckSlopes compares the gradient of every parameter of model with the slope of a loss, measured
// by finite differences.
func CheckSlopes(t testing.TB, model any, loss func(*autograd.Tape) *autograd.Tensor) {
	t.Helper()
	params := nn.Params(model)
	for _, p := range params {
		clear(p.Grad)
	}
	tape := autograd.NewTape()
	tape.Backward(loss(tape))
	for _, p := range params {
		if p.Grad == nil {
			continue // frozen
		}
		for i := range p.Data {
			old := p.Data[i]
			slope := func(h float32) float64 {
				p.Data[i] = old + h
				up, at := loss(autograd.NewForward()).Data[0], p.Data[i]
				p.Data[i] = old - h
				down := loss(autograd.NewForward()).Data[0]
				return float64(up-down) / float64(at-p.Data[i])
			}
			// Richardson extrapolation (1911) makes the error fourth-order
			want := (4*slope(2e-3) - slope(4e-3)) / 3
			p.Data[i] = old
			require.InDelta(t, want, p.Grad[i], 1e-3, "%s[%d]", p.Name, i)
		}
	}
}

// SmallBatch returns a batch for CheckGradients: 5 tokens, a document that ends inside a row, and a
// position without a target.
func SmallBatch() corpus.Batch {
	return Batch(2, 6, []lm.Token{0, 1, 2, 3, 0, 4, 2, 2, 1, 0, 3, 4},
		[]lm.Token{1, 2, 3, 0, 4, -1, 2, 1, 0, 3, 4, 0})
}

// CheckPacked tests that the loss of a row of several documents, and its gradient, is the sum of
// the losses and gradients of the separate documents. The model has 10 tokens or more.
func CheckPacked(t testing.TB, m Learner) {
	t.Helper()
	x := []lm.Token{0, 3, 4, 0, 7, 8, 9, 0, 5, 6}
	y := []lm.Token{3, 4, 0, 7, 8, 9, 0, 5, 6, 2}
	cost := func(m Learner, a, b int) float32 {
		tape := autograd.NewTape()
		loss := m.Loss(tape, corpus.Batch{B: 1, T: b - a, X: x[a:b], Y: y[a:b], N: len(x)})
		sum := loss.Data[0]
		tape.Backward(loss)
		return sum
	}
	alone := nn.Replica(m)
	together := cost(m, 0, 10)
	require.InEpsilon(t, cost(alone, 0, 3)+cost(alone, 3, 7)+cost(alone, 7, 10), together, 1e-5)
	params := nn.Params(m)
	for i, p := range nn.Params(alone) {
		require.InDeltaSlice(t, p.Grad, params[i].Grad, 1e-5, p.Name)
	}
}

// CheckOverfit overfits a text in which every second token is the same until its loss falls below
// bound nats. The model has 10 tokens.
func CheckOverfit(t testing.TB, m Learner, steps int, bound float32) {
	t.Helper()
	x := []lm.Token{0, 1, 5, 2, 5, 3, 5, 4, 5, 6, 5, 7}
	b := Batch(1, len(x), x, append(x[1:len(x):len(x)], 0))
	tape := autograd.NewTape()
	var loss float32
	for range steps {
		tape.Reset()
		l := m.Loss(tape, b)
		loss = l.Data[0]
		tape.Backward(l)
		for _, p := range nn.Params(m) {
			for i, g := range p.Grad {
				p.Data[i] -= 0.5 * g
			}
			clear(p.Grad)
		}
	}
	require.Less(t, loss, bound)
}

// CheckDropout tests that dropout is random, the same for the same seed, and off without a seed.
// The model has 8 tokens or more.
func CheckDropout(t testing.TB, m Learner) {
	t.Helper()
	x := []lm.Token{0, 1, 2, 3, 4, 5, 6, 7}
	loss := func(seed uint64) float32 {
		tape := autograd.NewTape()
		if seed > 0 {
			tape.Rand = rand.New(rand.NewPCG(seed, 0))
		}
		return m.Loss(tape, Batch(1, 8, x, x)).Data[0]
	}
	require.Equal(t, loss(7), loss(7))
	require.NotEqual(t, loss(7), loss(8))
	require.NotEqual(t, loss(7), loss(0))
	require.Equal(t, loss(0), loss(0))
}
