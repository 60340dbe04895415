// Package train implements the loop that trains every neural era: fetch a batch, run the model
// forward and backward, clip the gradient, and move the weights a small step against it (stochastic
// gradient descent; Robbins & Monro 1951, and for networks Rumelhart, Hinton & Williams 1986).
//
// Each batch is cut into a fixed number of pieces, each with a replica of the model, and the
// gradients of the pieces are added in a fixed order, so that any number of threads gives the same
// bits. Everything random is a function of the seed and the step, so that a stopped run continues
// as if it had not been stopped.
package train

import (
	"lmzoo/autograd"
	"lmzoo/nn"
)

// Learner is a model that can be trained. Loss returns the sum of the loss over the targets of b,
// divided by the denominator that b.Of set (for a language model nats per token), as a 1×1 tensor.
type Learner[B Batch[B]] interface {
	Loss(t *autograd.Tape, b B) *autograd.Tensor
}

// Batch is training data that divides into shares and counts its targets: rows of text
// (corpus.Batch), pairs of words, conversations with their rewards.
type Batch[B any] interface {
	Rows() int                // the number of rows, pairs or conversations
	Share(i, n int) (B, bool) // share i of n; false if no row is left for this share
	Targets() int             // the denominator of the loss
	Of(n int) B               // the same batch with n as the denominator of its loss
}

// Source returns the batch of any step. A step always has the same batch, so that a run can be
// resumed anywhere.
type Source[B any] interface {
	// Batch fills b with the batch of a step and reuses its slices.
	Batch(b *B, step int)
}

// Carrier is a Learner that carries its memory from one batch to the next (truncated
// backpropagation through time). Carry returns that memory, nil before the first batch; SetCarry
// replaces it, nil meaning none.
type Carrier interface {
	Carry() [][]float32
	SetCarry([][]float32)
}

// Rated is a Learner with different learning rates: a new head learns fast and the pre-trained body
// slowly. Rate returns a multiple of the learning rate for each parameter.
type Rated interface {
	Rate(param string) float64
}

// Fused is a Learner some of whose parameters hold several matrices, such as query, key and value.
// Blocks returns how many stand below and beside each other; 1, 1 for a parameter that holds one.
// Muon makes each of them orthogonal on its own.
type Fused interface {
	Blocks(param string) (down, across int)
}

// Shaped is a Learner that knows its cost per position of a batch whose rows have context
// positions.
type Shaped interface {
	Shape(context int) nn.Shape
}

// Sized is a Batch that knows how many positions a model computes, including those without a
// target, and how many of them a row has. For other batches, the number of positions is the number
// of targets.
type Sized interface {
	Size() (positions, context int)
}
