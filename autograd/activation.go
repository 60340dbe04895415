package autograd

import "math"

// Tanh is y = tanh x.
func (t *Tape) Tanh(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	tanhForward(y.Data, x.Data)
	Record(t, tanhOp{y, x})
	return y
}

type tanhOp struct{ y, x *Tensor }

func (o tanhOp) Backward() {
	tanhBackward(o.y.AddGrad(), o.y.Data)
	passGrad(o.x, o.y)
}

func tanhForward(y, x []float32) {
	for i, v := range x {
		y[i] = float32(math.Tanh(float64(v)))
	}
}

// tanhBackward turns dy into dx in place: dx = (1 − y²)·dy.
func tanhBackward(dy, y []float32) {
	for i, v := range y {
		dy[i] *= 1 - v*v
	}
}

// Sigmoid is y = 1 / (1 + e^−x).
func (t *Tape) Sigmoid(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	sigmoidForward(y.Data, x.Data)
	Record(t, sigmoidOp{y, x})
	return y
}

type sigmoidOp struct{ y, x *Tensor }

func (o sigmoidOp) Backward() {
	sigmoidBackward(o.y.AddGrad(), o.y.Data)
	passGrad(o.x, o.y)
}

func sigmoidForward(y, x []float32) {
	for i, v := range x {
		y[i] = sigmoid(v)
	}
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }
func tanh(x float32) float32    { return float32(math.Tanh(float64(x))) }

// sigmoidBackward turns dy into dx in place: dx = y·(1 − y)·dy.
func sigmoidBackward(dy, y []float32) {
	for i, v := range y {
		dy[i] *= v * (1 - v)
	}
}

// ReLU is y = max(0, x).
func (t *Tape) ReLU(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	for i, v := range x.Data {
		y.Data[i] = max(v, 0)
	}
	Record(t, reluOp{y, x})
	return y
}

type reluOp struct{ y, x *Tensor }

func (o reluOp) Backward() { // dx = dy where y > 0
	dy := o.y.AddGrad()
	for i, v := range o.y.Data {
		if v <= 0 {
			dy[i] = 0
		}
	}
	passGrad(o.x, o.y)
}
