package autograd

import "lmzoo/autograd/vec"

// Elman runs the simple recurrent network (Elman 1990) over all steps:
//
//	h_t = tanh(xw_t + whh·h_{t−1} + bhh)
//
// xw [B·T, H] is the contribution x·Wihᵀ + b_ih of the inputs, one product for all steps; whh is
// [H, H], bhh [1, H]. h0 [B, H] is the state before the first step, nil for zero, and gets no
// gradient. x holds the B·T input tokens: before a step that reads BOS the state is reset to zero,
// and no gradient crosses that boundary. The result is h [B·T, H].
func (t *Tape) Elman(xw, whh, bhh, h0 *Tensor, B, T int, x []int32) *Tensor {
	u := t.unroll(xw, whh, bhh, h0, B, T, 1, x)
	y := t.New(B*T, u.H)
	for s := range T {
		u.product(y.Data, xw.Data, s)
		for b := range B {
			h := y.Row(b*T + s)
			vec.Tanh(h, h)
			u.carry(u.prev, h, b, s)
		}
	}
	Record(t, elmanOp{y, xw, u})
	return y
}

type elmanOp struct {
	y, xw *Tensor
	unroll
}

// Backward goes backwards in time: dsum_t = (1 − h_t²)·dh_t, dh_{t−1} += dsum_t·whh.
func (o elmanOp) Backward() {
	dh := o.y.AddGrad()
	dsum := o.y.tape.borrow(len(dh))
	clear(dsum)
	for s := o.T - 1; s >= 0; s-- {
		for b := range o.B {
			i := (b*o.T + s) * o.H
			vec.TanhBackward(dsum[i:][:o.H], dh[i:][:o.H], o.y.Data[i:][:o.H])
		}
		o.back(dh, dsum, s)
	}
	o.weights(dsum)
	o.y.tape.passGrad(o.xw, dsum)
}
