package autograd

import (
	"math"

	"lmzoo/autograd/vec"
)

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

// LogSigmoid is y = ln(1 / (1 + e^−x)): the log-probability that x beats 0 (Bradley and Terry
// 1952).
func (t *Tape) LogSigmoid(x *Tensor) *Tensor {
	y := t.New(x.Rows, x.Cols)
	logSigmoidForward(y.Data, x.Data)
	Record(t, logSigmoidOp{y, x})
	return y
}

type logSigmoidOp struct{ y, x *Tensor }

func (o logSigmoidOp) Backward() { logSigmoidBackward(o.x.AddGrad(), o.y.AddGrad(), o.y.Data) }

// logSigmoidForward is y = min(x, 0) − ln(1 + e^−|x|), which neither overflows nor loses digits.
func logSigmoidForward(y, x []float32) {
	for i, v := range x {
		v := float64(v)
		y[i] = float32(math.Min(v, 0) - math.Log1p(math.Exp(-math.Abs(v))))
	}
}

// logSigmoidBackward is dx += (1 − e^y)·dy, where e^y = σ(x).
func logSigmoidBackward(dx, dy, y []float32) {
	for i := range dx {
		dx[i] -= float32(math.Expm1(float64(y[i]))) * dy[i]
	}
}
