// Package train is the one loop every neural era is trained by: fetch a batch, run the model forward and backward,
// clip the gradient, move the weights a little against it (stochastic gradient descent; Robbins & Monro 1951, and for
// networks Rumelhart, Hinton & Williams 1986).
//
// Each batch is cut into a fixed number of pieces, each with a replica of the model, and the gradients of the pieces
// are added in a fixed order; so any number of threads gives the same bits. Everything random is a
// function of the seed and the step; so a run that was stopped goes on as if it had not been.
package train

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
)

// Learner is a model that can be trained: Loss is the sum of −ln P over the targets of the batch,
// divided by b.N (nats per token), as a 1×1 tensor.
type Learner interface {
	Loss(t *autograd.Tape, b corpus.Batch) *autograd.Tensor
}

// Carrier is a Learner that carries its memory from one batch to the next (truncated backpropagation
// through time). Carry returns that memory, nil before the first batch; SetCarry replaces it, nil meaning none.
type Carrier interface {
	Carry() [][]float32
	SetCarry([][]float32)
}
