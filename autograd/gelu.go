package autograd

import "lmzoo/autograd/vec"

// GELU is y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the smooth gate of Hendrycks and Gimpel (2016) in
// the tanh form that GPT-2 uses.
func (t *Tape) GELU(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	vec.GELU(y.Data, x.Data)
	Record(t, geluOp{y, x})
	return y
}

type geluOp struct{ y, x *Tensor }

func (o geluOp) Backward() { // dx = gelu′(x)·dy, in the place of dy
	vec.GELUGradient(o.y.AddGrad(), o.x.Data)
	o.y.tape.passGrad(o.x, o.y.takeGrad())
}
