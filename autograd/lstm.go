package autograd

import "lmzoo/autograd/vec"

// LSTM runs a long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of
// Gers, Schmidhuber and Cummins 2000) over all steps, in the conventions of torch.nn.LSTM:
//
//	i, f, o = σ(·), g = tanh(·) of the parts of xw_t + whh·h_{t−1} + bhh, in the order i f g o
//	c_t = f ⊙ c_{t−1} + i ⊙ g
//	h_t = o ⊙ tanh c_t
//
// xw [B·T, 4H] is the contribution x·Wihᵀ + b_ih of the inputs; whh is [4H, H], bhh [1, 4H]. h0 and
// c0 [B, H] are the state before the first step, nil for zero, and get no gradient. x holds the B·T
// input tokens: before a step that reads BOS the state is reset to zero, and no gradient crosses
// that boundary. The results are h [B·T, H] and the state after the last step, h and c [B, H], in
// the tape's memory.
func (t *Tape) LSTM(xw, whh, bhh, h0, c0 *Tensor, B, T int, x []int32) (y *Tensor, h, c []float32) {
	u := t.unroll(xw, whh, bhh, h0, B, T, 4, x)
	H := u.H
	y = t.New(B*T, H)
	o := lstmOp{y: y, xw: xw, unroll: u, gates: t.Scratch(B * T * 4 * H),
		c: t.Scratch(B * T * H), tanhC: t.Scratch(B * T * H), cPrev: t.Scratch(B * T * H)}
	u.start(o.cPrev, c0)
	for s := range T {
		u.product(o.gates, xw.Data, s)
		for b := range B {
			i := b*T + s
			vec.LSTMForward(y.Row(i), o.c[i*H:][:H], o.tanhC[i*H:], o.gates[i*4*H:], o.cPrev[i*H:])
			u.carry(u.prev, y.Row(i), b, s)
			u.carry(o.cPrev, o.c[i*H:][:H], b, s)
		}
	}
	Record(t, o)
	return y, t.LastStep(y, B, T), t.lastStep(o.c, B, T, H)
}

type lstmOp struct {
	y, xw                  *Tensor
	gates, c, tanhC, cPrev []float32 // gates [B·T, 4H] after σ and tanh
	unroll
}

// Backward goes backwards in time: each step turns dh_t and dc_t into the gradients of its four
// sums, which contribute to dh_{t−1} through whh, and into dc_{t−1}.
func (o lstmOp) Backward() {
	H := o.H
	dh := o.y.AddGrad()
	tape := o.y.tape
	// dcs [B, H]: the gradient that c_t gets from step t+1
	dsum, dcs := tape.borrow(len(o.gates)), tape.borrow(o.B*H)
	clear(dcs)
	for s := o.T - 1; s >= 0; s-- {
		for b := range o.B {
			i := b*o.T + s
			dc := dcs[b*H:][:H]
			vec.LSTMBackward(dsum[i*4*H:], dc, dh[i*H:][:H], dc, o.gates[i*4*H:], o.tanhC[i*H:],
				o.cPrev[i*H:])
			if o.resets(b, s) {
				clear(dc)
			}
		}
		o.back(dh, dsum, s)
	}
	o.weights(dsum)
	tape.give(dcs)
	tape.passGrad(o.xw, dsum)
}
