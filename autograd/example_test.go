package autograd_test

import (
	"fmt"

	"lmzoo/autograd"
)

// One neuron, y = tanh(x·w), and how much y moves when an input or a weight does.
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

// square is an op of one's own: y = x², whose Backward adds dy·2x to the gradient of x.
type square struct{ y, x *autograd.Tensor }

func (o square) Backward() {
	dy, dx := o.y.AddGrad(), o.x.AddGrad()
	for i := range dx {
		dx[i] += dy[i] * 2 * o.x.Data[i]
	}
}

// A model adds an op of its own: compute, then record how to go back.
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
