package transformer

import (
	"lmzoo/autograd"
	"lmzoo/autograd/vec"
	"lmzoo/nn"
)

// sideBySide applies three layers to one input and returns x·Wᵀ + b of a, b and c side by side,
// [B·T, 3C]. BERT stores the weights of query, key and value separately, but attention reads them
// from one row, and one product is faster than three.
func sideBySide(t *autograd.Tape, x *autograd.Tensor, a, b, c *nn.LinearT) *autograd.Tensor {
	w := stack(t, [3]*autograd.Tensor{a.Weight, b.Weight, c.Weight}) // [3C, C]
	bias := stack(t, [3]*autograd.Tensor{a.Bias, b.Bias, c.Bias})    // [3, C]
	return t.LinearT(x, w, t.Reshape(bias, 1, bias.Rows*bias.Cols))  // [B·T, 3C]
}

// stack concatenates the rows of three matrices of the same shape.
func stack(t *autograd.Tape, parts [3]*autograd.Tensor) *autograd.Tensor {
	y := t.New(3*parts[0].Rows, parts[0].Cols)
	for i, x := range parts {
		copy(y.Data[i*len(x.Data):], x.Data)
	}
	autograd.Record(t, stackOp{y, parts})
	return y
}

type stackOp struct {
	y     *autograd.Tensor
	parts [3]*autograd.Tensor
}

func (o stackOp) Backward() { // dx of each part = its rows of dy
	dy := o.y.AddGrad()
	for i, x := range o.parts {
		if dx := x.AddGrad(); dx != nil {
			vec.Add(dx, dy[i*len(dx):][:len(dx)])
		}
	}
}
