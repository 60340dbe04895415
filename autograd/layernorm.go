package autograd

import "lmzoo/autograd/vec"

// LayerNorm is y = g·(x − μ)/σ + b with the mean μ and the standard deviation σ = √(variance + eps)
// of each row (Ba, Kiros and Hinton 2016). GPT's eps is 1e-5, BERT's 1e-12.
func (t *Tape) LayerNorm(x, g, b *Tensor, eps float32) *Tensor {
	g.want("gain of LayerNorm", 1, x.Cols)
	b.want("bias of LayerNorm", 1, x.Cols)
	y := t.New(x.Rows, x.Cols)
	mean, rstd := t.Scratch(x.Rows), t.Scratch(x.Rows)
	layerNormForward(y.Data, mean, rstd, x.Data, g.Data, b.Data, eps)
	o := layerNormOp{y, x, g, b, mean, rstd, nil}
	if t.Recording() && (x.Grad == nil || g.Grad == nil || b.Grad == nil) {
		o.unwanted = t.Scratch(len(x.Data))
	}
	Record(t, o)
	return y
}

type layerNormOp struct {
	y, x, g, b *Tensor
	mean, rstd []float32
	unwanted   []float32 // receives the gradients of constants
}

func (o layerNormOp) Backward() {
	layerNormBackward(o.grad(o.x), o.grad(o.g), o.grad(o.b), o.y.AddGrad(), o.x.Data, o.mean,
		o.rstd, o.g.Data)
}

func (o *layerNormOp) grad(x *Tensor) []float32 {
	if x.Grad == nil {
		return o.unwanted
	}
	return x.AddGrad()
}

// layerNormForward is y = g·x̂ + b with x̂ = (x − mean)·rstd. It stores mean and rstd = 1/σ of
// every row.
func layerNormForward(y, mean, rstd, x, g, b []float32, eps float32) {
	vec.LayerNormRows(y, mean, rstd, x, g, b, eps)
}

// layerNormBackward propagates the gradient through y = g·x̂ + b: dg += x̂·dy, db += dy and, with d
// = g·dy, dx += rstd·(d − mean(d) − x̂·mean(d·x̂)), because x also changes the mean and σ of its
// row.
func layerNormBackward(dx, dg, db, dy, x, mean, rstd, g []float32) {
	vec.LayerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g)
}
