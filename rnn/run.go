package rnn

import "lmzoo/autograd"

// The fast paths of the cells run whole rows at once, on the tape. TestRunIsSteps compares them
// with step.

func (elman) run(
	t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32,
) *autograd.Tensor {
	h := state[0]
	y := t.Elman(xw, whh, bhh, t.Const(b, whh.Cols, h), b, steps, x) // [B·T, H]
	keepLast(h, y, b, steps)
	return y
}

func (lstm) run(
	t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32,
) *autograd.Tensor {
	h, c := state[0], state[1]
	h0, c0 := t.Const(b, whh.Cols, h), t.Const(b, whh.Cols, c) // [B, H]
	y, hEnd, cEnd := t.LSTM(xw, whh, bhh, h0, c0, b, steps, x) // [B·T, H]
	copy(h, hEnd)
	copy(c, cEnd)
	return y
}

func (gru) run(
	t *autograd.Tape, xw, whh, bhh *autograd.Tensor, state [][]float32, b, steps int, x []int32,
) *autograd.Tensor {
	h := state[0]
	y := t.GRU(xw, whh, bhh, t.Const(b, whh.Cols, h), b, steps, x) // [B·T, H]
	keepLast(h, y, b, steps)
	return y
}

// keepLast stores the hidden vectors after the last step, rows T−1 of y [B·T, H], in h [B, H].
func keepLast(h []float32, y *autograd.Tensor, b, steps int) {
	for i := range b {
		copy(h[i*y.Cols:][:y.Cols], y.Row(i*steps+steps-1))
	}
}
