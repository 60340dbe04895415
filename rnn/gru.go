package rnn

import "lmzoo/autograd"

// gru is the gated recurrent unit (Cho et al. 2014): the LSTM's idea with one state instead of two and
// three vectors of sums instead of four. One gate z decides how much to keep and how much to write.
//
//	r, z = σ(W_ih·x_t + b_ih + W_hh·h_{t−1} + b_hh)              reset, update
//	n    = tanh(W_in·x_t + b_in + r ⊙ (W_hn·h_{t−1} + b_hn))     the new state
//	h_t  = (1 − z) ⊙ n + z ⊙ h_{t−1}
type gru struct{}

func (gru) gates() int                { return 3 }
func (gru) states() int               { return 1 }
func (gru) initBias(ih, hh []float32) {}

func (gru) run(t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32) *autograd.Tensor {
	h := state[0]
	y := t.GRU(xw, whh, bhh, t.Const(b, whh.Cols, h), b, steps, x) // [B·T, H]
	keepLast(h, y, b, steps)
	return y
}
