package rnn

import "lmzoo/autograd"

// lstm is long short-term memory (Hochreiter and Schmidhuber 1997), with the forget gate of Gers,
// Schmidhuber and Cummins (2000): beside h a cell c that is only ever added to and scaled, so that a
// gradient can pass through many steps without vanishing.
//
//	i, f, o = σ(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)   how much to write, to keep, to show
//	g       = tanh(the fourth part of the same sums)     what to write
//	c_t     = f ⊙ c_{t−1} + i ⊙ g
//	h_t     = o ⊙ tanh c_t
type lstm struct{}

func (lstm) gates() int  { return 4 }
func (lstm) states() int { return 2 }

// initBias opens the forget gate, with a bias of 1, so that a new network begins by remembering
// (Gers et al. 2000; Jozefowicz et al. 2015).
func (lstm) initBias(ih, hh []float32) {
	h := len(ih) / 4
	for i := h; i < 2*h; i++ { // i f g o
		ih[i], hh[i] = 1, 0
	}
}

func (lstm) run(t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32) *autograd.Tensor {
	h, c := state[0], state[1]
	y, hEnd, cEnd := t.LSTM(xw, whh, bhh, t.Const(b, whh.Cols, h), t.Const(b, whh.Cols, c), b, steps, x) // [B·T, H]
	copy(h, hEnd)
	copy(c, cEnd)
	return y
}
