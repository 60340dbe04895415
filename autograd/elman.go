package autograd

import "lmzoo/autograd/vec"

// Elman is the simple recurrent network (Elman 1990) over whole rows at once:
//
//	h_t = tanh(xw_t + whh·h_{t−1} + bhh)
//
// xw [B·T, H] is the input's part x·Wihᵀ + b_ih, one product for all steps; whh is [H, H], bhh [1, H]. h0
// [B, H] is the state before the first step, nil for zero, and gets no gradient. Where x, the B·T
// input tokens, is BOS the state is zero before that step, and no gradient crosses. The result is h [B·T, H].
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

// Backward goes back in time: dsum_t = (1 − h_t²)·dh_t, dh_{t−1} += dsum_t·whh.
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
