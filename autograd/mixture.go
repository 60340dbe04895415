package autograd

import "lmzoo/autograd/vec"

// Mixture is y = γ·Σ_j s_j·x_j with s = softmax(w), over tensors x_j of one shape, w [1, J] and γ
// [1, 1] (Peters et al. 2018, equation 1, where the sum begins with the embeddings, j = 0).
func (t *Tape) Mixture(x []*Tensor, w, gamma *Tensor) *Tensor {
	w.want("w of Mixture", 1, len(x))
	y := t.New(x[0].Rows, x[0].Cols)
	s := t.Scratch(len(x))
	softmaxRow(s, w.Data)
	clear(y.Data)
	for j, x := range x {
		x.want("x of Mixture", y.Rows, y.Cols)
		vec.Axpy(y.Data, gamma.Data[0]*s[j], x.Data)
	}
	Record(t, mixtureOp{y, w, gamma, x, s})
	return y
}

type mixtureOp struct {
	y, w, gamma *Tensor
	x           []*Tensor
	s           []float32 // [J]
}

// Backward: dx_j = γ·s_j·dy; with g_j = dy·x_j and ḡ = Σ s_j·g_j, dγ = ḡ and dw_j = γ·s_j·(g_j −
// ḡ).
func (o mixtureOp) Backward() {
	dy, gamma := o.y.AddGrad(), o.gamma.Data[0]
	mean := float32(0)
	for j, x := range o.x {
		mean += o.s[j] * vec.Dot(dy, x.Data)
		if dx := x.AddGrad(); dx != nil {
			vec.Axpy(dx, gamma*o.s[j], dy)
		}
	}
	if dw := o.w.AddGrad(); dw != nil {
		for j, x := range o.x {
			dw[j] += gamma * o.s[j] * (vec.Dot(dy, x.Data) - mean)
		}
	}
	if dg := o.gamma.AddGrad(); dg != nil {
		dg[0] += mean
	}
}

// softmaxRow stores softmax(x) in s.
func softmaxRow(s, x []float32) {
	vec.Scale(s, 1/vec.ExpSum(s, x, vec.Max(x)))
}
