package autograd

import "lmzoo/autograd/vec"

// GELU is y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the smooth gate of Hendrycks and Gimpel (2016) in
// the tanh form that GPT-2 uses.
func (t *Tape) GELU(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	if !t.Recording() {
		vec.GELU(y.Data, x.Data)
		return y
	}
	slope := t.Scratch(len(x.Data)) // gelu′(x): backward would have to begin anew
	vec.GELUWithSlope(y.Data, slope, x.Data)
	Record(t, geluOp{y, x, slope})
	return y
}

type geluOp struct {
	y, x  *Tensor
	slope []float32
}

func (o geluOp) Backward() { // dx = gelu′(x)·dy, in the place of dy
	vec.Mul(o.y.AddGrad(), o.y.AddGrad(), o.slope)
	o.y.tape.passGrad(o.x, o.y.takeGrad())
}
