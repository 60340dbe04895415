// Package train is the one loop every neural era is trained by.
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
