package rnn

import "lmzoo/autograd"

// elman is the simple recurrent network (Elman 1990, "Finding Structure in Time"; as a language model of
// words Mikolov et al. 2010): the hidden state is a function of the input and of itself one step ago.
//
//	h_t = tanh(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)
//
// The gradient of a long memory is a product of many Jacobians diag(1 − h²)·W_hh and vanishes or explodes
// (Hochreiter 1991; Bengio et al. 1994): this one remembers a few words.
type elman struct{}

func (elman) gates() int                { return 1 }
func (elman) states() int               { return 1 }
func (elman) initBias(ih, hh []float32) {}

func (elman) run(t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32) *autograd.Tensor {
	h := state[0]
	y := t.Elman(xw, whh, bhh, t.Const(b, whh.Cols, h), b, steps, x) // [B·T, H]
	keepLast(h, y, b, steps)
	return y
}
