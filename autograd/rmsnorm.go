package autograd

import "lmzoo/autograd/vec"

// RMSNorm is y = g·x/RMS(x) with the root mean square RMS(x) = √(Σ x²/C + eps) of each row (Zhang
// and Sennrich 2019, eq. 4). It is LayerNorm without the mean and the bias.
func (t *Tape) RMSNorm(x, g *Tensor, eps float32) *Tensor {
	g.want("gain of RMSNorm", 1, x.Cols)
	y := t.New(x.Rows, x.Cols)
	rrms := t.Scratch(x.Rows)
	rmsNormForward(y.Data, rrms, x.Data, g.Data, eps)
	o := rmsNormOp{y, x, g, rrms, nil}
	if t.Recording() && (x.Grad == nil || g.Grad == nil) {
		o.unwanted = t.Scratch(len(x.Data))
	}
	Record(t, o)
	return y
}

type rmsNormOp struct {
	y, x, g  *Tensor
	rrms     []float32
	unwanted []float32 // receives the gradients of constants
}

func (o rmsNormOp) Backward() {
	rmsNormBackward(o.grad(o.x), o.grad(o.g), o.y.AddGrad(), o.x.Data, o.rrms, o.g.Data)
}

func (o *rmsNormOp) grad(x *Tensor) []float32 {
	if x.Grad == nil {
		return o.unwanted
	}
	return x.AddGrad()
}

// rmsNormForward is y = g·x̂ with x̂ = x·rrms. It stores rrms = 1/RMS(x) of every row.
func rmsNormForward(y, rrms, x, g []float32, eps float32) { vec.RMSNormRows(y, rrms, x, g, eps) }

// rmsNormBackward inverts y = g·x̂: dg += x̂·dy, and with d = g·dy dx += rrms·(d − x̂·mean(d·x̂)),
// because x also changes the root mean square of its row.
func rmsNormBackward(dx, dg, dy, x, rrms, g []float32) {
	vec.RMSNormRowsBackward(dx, dg, dy, x, rrms, g)
}
