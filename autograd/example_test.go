package autograd_test

import (
	"fmt"

	"lmzoo/autograd"
)

// One neuron, y = tanh(x·w), and its derivatives with respect to the inputs and the weights.
func Example() {
	x := autograd.NewParam(1, 2)
	w := autograd.NewParam(2, 1)
	copy(x.Data, []float32{1, 2})
	copy(w.Data, []float32{0.5, -0.75})

	t := autograd.NewTape()
	y := t.Tanh(t.Linear(x, w, nil)) // [1, 1]
	t.Backward(y)

	fmt.Printf("y = %.4f\n", y.Data[0])
	fmt.Printf("dy/dx = %.4f\n", x.Grad) // w·(1 − y²)
	fmt.Printf("dy/dw = %.4f\n", w.Grad) // x·(1 − y²)
	// Output:
	// y = -0.7616
	// dy/dx = [0.2100 -0.3150]
	// dy/dw = [0.4200 0.8399]
}

// square is a custom op, y = x²; its Backward adds dy·2x to the gradient of x.
type square struct{ y, x *autograd.Tensor }

func (o square) Backward() {
	dy, dx := o.y.AddGrad(), o.x.AddGrad()
	for i := range dx {
		dx[i] += dy[i] * 2 * o.x.Data[i]
	}
}

// A model can define its own op: compute the result, then record how to propagate the gradient.
func ExampleRecord() {
	x := autograd.NewParam(1, 3)
	copy(x.Data, []float32{1, 2, 3})

	t := autograd.NewTape()
	y := t.New(1, 3)
	for i, v := range x.Data {
		y.Data[i] = v * v
	}
	autograd.Record(t, square{y, x})
	t.Backward(t.Sum(y))

	fmt.Println(y.Data, x.Grad)
	// Output: [1 4 9] [2 4 6]
}

// The loss of direct preference optimization (Rafailov et al. 2023, eq. 7): −ln σ(β·(Δ − Δref)),
// where Δ is the log-probability of the preferred answer less that of the other, of the model and
// of its reference.
func ExampleTape_LogSigmoid() {
	chosen, rejected := autograd.NewParam(1, 2), autograd.NewParam(1, 2) // for two pairs
	copy(chosen.Data, []float32{-3, -5})
	copy(rejected.Data, []float32{-4, -2})
	reference := autograd.NewConst(1, 2, []float32{0.5, -1})

	t := autograd.NewTape()
	margin := t.Add(t.Add(chosen, t.Scale(rejected, -1)), t.Scale(reference, -1))
	loss := t.Scale(t.Sum(t.LogSigmoid(t.Scale(margin, 0.5))), -0.5) // β = 0.5, mean of two
	t.Backward(loss)

	fmt.Printf("loss %.4f\n", loss.Data[0])
	fmt.Printf("gradient of the chosen %.4f, of the rejected %.4f\n", chosen.Grad, rejected.Grad)
	// Output:
	// loss 0.9446
	// gradient of the chosen [-0.1095 -0.1828], of the rejected [0.1095 0.1828]
}

// The policy gradient (Williams 1992): −Σ advantage·ln P(action) raises the log-probability of
// actions that did better than expected.
func ExampleTape_Mul() {
	logProbs := autograd.NewParam(1, 3) // of the actions taken
	copy(logProbs.Data, []float32{-1, -2, -0.5})
	advantage := autograd.NewConst(1, 3, []float32{2, -1, 0.5})

	t := autograd.NewTape()
	loss := t.Scale(t.Sum(t.Mul(advantage, logProbs)), -1.0/3)
	t.Backward(loss)

	fmt.Printf("loss %.4f, gradient %.4f\n", loss.Data[0], logProbs.Grad)
	// Output: loss 0.0833, gradient [-0.6667 0.3333 -0.1667]
}

// The output gate of a cell: y = σ(a) ⊙ tanh(b).
func ExampleTape_Sigmoid() {
	a, b := autograd.NewParam(1, 1), autograd.NewParam(1, 1)
	a.Data[0], b.Data[0] = 0, 0.5

	t := autograd.NewTape()
	y := t.Mul(t.Sigmoid(a), t.Tanh(b))
	t.Backward(y)

	fmt.Printf("y %.4f, dy/da %.4f, dy/db %.4f\n", y.Data[0], a.Grad[0], b.Grad[0])
	// Output: y 0.2311, dy/da 0.1155, dy/db 0.3932
}
