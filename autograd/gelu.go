package autograd

import "lmzoo/autograd/vec"

// GELU is y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the Gaussian error linear unit of Hendrycks
// and Gimpel (2016) in the tanh approximation that GPT-2 uses.
func (t *Tape) GELU(x *Tensor) *Tensor { return t.gelu(x, false, vec.GELU, vec.GELUWithSlope) }

// GELUErf is y = x·Φ(x) = ½x·(1 + erf(x/√2)), the same function in its exact form, as in BERT.
func (t *Tape) GELUErf(x *Tensor) *Tensor {
	return t.gelu(x, false, vec.GELUErf, vec.GELUErfWithSlope)
}

// GELUErfOver is GELUErf for an x whose values no other operation reads. The derivative overwrites
// them, so that less memory is written.
func (t *Tape) GELUErfOver(x *Tensor) *Tensor {
	return t.gelu(x, true, vec.GELUErf, vec.GELUErfWithSlope)
}

func (t *Tape) gelu(x *Tensor, over bool, plain func(dst, x []float32),
	withSlope func(dst, slope, x []float32)) *Tensor {
	y := t.New(x.Rows, x.Cols)
	if !t.Recording() {
		plain(y.Data, x.Data)
		return y
	}
	slope := x.Data // gelu′(x), which shares the exponential of the forward pass
	if !over {
		slope = t.Scratch(len(x.Data))
	}
	withSlope(y.Data, slope, x.Data)
	Record(t, geluOp{y, x, slope})
	return y
}

type geluOp struct {
	y, x  *Tensor
	slope []float32
}

func (o geluOp) Backward() { // dx = gelu′(x)·dy, written over dy
	vec.Mul(o.y.AddGrad(), o.y.AddGrad(), o.slope)
	o.y.tape.passGrad(o.x, o.y.takeGrad())
}
