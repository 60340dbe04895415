package autograd

import "lmzoo/autograd/vec"

// GRU runs a gated recurrent unit (Cho et al. 2014) over all steps, in the form of torch.nn.GRU,
// whose reset gate acts after the product:
//
//	s_t = whh·h_{t−1} + bhh, in three parts r z n as xw_t
//	r = σ(xw_r + s_r), z = σ(xw_z + s_z), n = tanh(xw_n + r ⊙ s_n)
//	h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}
//
// xw [B·T, 3H] is the contribution x·Wihᵀ + b_ih of the inputs; whh is [3H, H], bhh [1, 3H]. h0 [B,
// H] is the state before the first step, nil for zero, and gets no gradient. x holds the B·T input
// tokens: before a step that reads BOS the state is reset to zero, and no gradient crosses that
// boundary. The result is h [B·T, H].
func (t *Tape) GRU(xw, whh, bhh, h0 *Tensor, B, T int, x []int32) *Tensor {
	u := t.unroll(xw, whh, bhh, h0, B, T, 3, x)
	H := u.H
	y := t.New(B*T, H)
	o := gruOp{y: y, xw: xw, unroll: u, gates: t.Scratch(B * T * 3 * H),
		hidden: t.Scratch(B * T * 3 * H)}
	copy(o.gates, xw.Data)
	for s := range T {
		u.product(o.hidden, nil, s)
		for b := range B {
			i := b*T + s
			vec.GRUForward(y.Row(i), o.gates[i*3*H:], o.hidden[i*3*H:], u.prev[i*H:])
			u.carry(u.prev, y.Row(i), b, s)
		}
	}
	Record(t, o)
	return y
}

type gruOp struct {
	y, xw         *Tensor
	gates, hidden []float32 // [B·T, 3H]: r z n, and s
	unroll
}

// Backward goes backwards in time: dh_t gives the gradients of xw_t and s_t, and contributes to
// dh_{t−1} through z and through s.
func (o gruOp) Backward() {
	H := o.H
	dh := o.y.AddGrad()
	tape := o.y.tape
	// gradients of xw and of s
	dsum, dhidden := tape.borrow(len(o.gates)), tape.borrow(len(o.gates))
	// gradient of a reset state, discarded
	unwanted := tape.borrow(H)
	for s := o.T - 1; s >= 0; s-- {
		for b := range o.B {
			i := b*o.T + s
			dprev := unwanted
			if s > 0 && !o.resets(b, s) {
				dprev = dh[(i-1)*H:][:H]
			}
			vec.GRUBackward(dsum[i*3*H:], dhidden[i*3*H:], dprev, dh[i*H:][:H], o.gates[i*3*H:],
				o.hidden[i*3*H:], o.prev[i*H:])
		}
		o.back(dh, dhidden, s)
	}
	o.weights(dhidden)
	tape.give(unwanted)
	tape.give(dhidden)
	tape.passGrad(o.xw, dsum)
}
