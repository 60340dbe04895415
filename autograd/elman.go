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
	op := elmanOp{y: y, xw: xw, unroll: u}
	if t.Recording() {
		op.dsum = t.Scratch(B * T * u.H)
	}
	Record(t, op)
	return y
}

type elmanOp struct {
	y, xw *Tensor
	dsum  []float32
	unroll
}

// Backward goes back in time: dsum_t = (1 − h_t²)·dh_t, dh_{t−1} += dsum_t·whh.
func (o elmanOp) Backward() {
	dh := o.y.AddGrad()
	clear(o.dsum)
	for s := o.T - 1; s >= 0; s-- {
		for b := range o.B {
			i := (b*o.T + s) * o.H
			vec.TanhBackward(o.dsum[i:][:o.H], dh[i:][:o.H], o.y.Data[i:][:o.H])
		}
		o.back(dh, o.dsum, s)
	}
	o.weights(o.dsum)
	vec.Add(o.xw.AddGrad(), o.dsum)
}
