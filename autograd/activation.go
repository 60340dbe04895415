package autograd

import "lmzoo/autograd/vec"

// Tanh is y = tanh x.
func (t *Tape) Tanh(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	vec.Tanh(y.Data, x.Data)
	Record(t, tanhOp{y, x})
	return y
}

type tanhOp struct{ y, x *Tensor }

func (o tanhOp) Backward() { // dx = (1 − y²)·dy
	vec.TanhBackward(o.x.AddGrad(), o.y.AddGrad(), o.y.Data)
}

// Sigmoid is y = 1 / (1 + e^−x).
func (t *Tape) Sigmoid(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	vec.Sigmoid(y.Data, x.Data)
	Record(t, sigmoidOp{y, x})
	return y
}

type sigmoidOp struct{ y, x *Tensor }

func (o sigmoidOp) Backward() { // dx = y·(1 − y)·dy
	vec.SigmoidBackward(o.x.AddGrad(), o.y.AddGrad(), o.y.Data)
}

// ReLU is y = max(0, x) (Nair and Hinton 2010).
func (t *Tape) ReLU(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	vec.ReLU(y.Data, x.Data)
	Record(t, reluOp{y, x})
	return y
}

type reluOp struct{ y, x *Tensor }

func (o reluOp) Backward() { // dx = dy where y > 0
	vec.ReLUBackward(o.x.AddGrad(), o.y.AddGrad(), o.y.Data)
}
