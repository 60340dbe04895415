package autograd

import "math"

// GELU is y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the smooth gate of Hendrycks and Gimpel (2016) in
// the tanh form that GPT-2 uses.
func (t *Tape) GELU(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	geluForward(y.Data, x.Data)
	Record(t, geluOp{y, x})
	return y
}

type geluOp struct{ y, x *Tensor }

func (o geluOp) Backward() {
	geluBackward(o.y.AddGrad(), o.x.Data)
	passGrad(o.x, o.y)
}

const (
	geluScale = 0.7978845608028654 // √(2/π)
	geluCubic = 0.044715
)

func geluForward(y, x []float32) {
	for i, v := range x {
		u := geluScale * (v + geluCubic*v*v*v)
		y[i] = 0.5 * v * (1 + float32(math.Tanh(float64(u))))
	}
}

// geluBackward turns dy into dx in place: with h = tanh u, dx = (½(1 + h) + ½x·(1 − h²)·u′)·dy.
func geluBackward(dy, x []float32) {
	for i, v := range x {
		h := float32(math.Tanh(float64(geluScale * (v + geluCubic*v*v*v))))
		du := geluScale * (1 + 3*geluCubic*v*v)
		dy[i] *= 0.5*(1+h) + 0.5*v*(1-h*h)*float32(du)
	}
}
