package autograd

import (
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/vec"
)

// The life of a gradient on a tape: the first op that contributes to it borrows memory, the op that
// made the tensor is the last to read it, and then the memory is reused for another gradient.

// AddGrad returns the gradient of x, zero if it was unset, or nil if x wants none. An op's Backward
// reads the gradient of its output and adds to the gradients of its inputs.
func (x *Tensor) AddGrad() []float32 {
	if x.unset() {
		x.Grad = x.tape.borrow(len(x.Data))
		clear(x.Grad)
	}
	return x.Grad
}

// unset reports whether x wants a gradient and has no contribution yet.
func (x *Tensor) unset() bool { return x.Grad != nil && len(x.Grad) < len(x.Data) }

// gradMatrix returns the gradient of x as a matrix and the beta for adding a product to it: 0 for
// the first contribution, which overwrites, 1 for later ones.
func (x *Tensor) gradMatrix() (grad blas32.General, beta float32) {
	beta = 1
	if x.unset() {
		x.Grad, beta = x.tape.borrow(len(x.Data)), 0
	}
	grad = x.General
	grad.Data = x.Grad
	return grad, beta
}

// takeGrad removes the gradient from x and returns it. An op calls it when it no longer needs the
// gradient of its output.
func (x *Tensor) takeGrad() []float32 {
	grad := x.Grad
	if grad != nil {
		x.Grad = x.Data[:0]
	}
	return grad
}

// passGrad adds grad to the gradient of x. If x has none yet, x takes over the memory of grad;
// otherwise the memory goes back to the tape.
func (t *Tape) passGrad(x *Tensor, grad []float32) {
	if x.unset() {
		x.Grad = grad
		return
	}
	if x.Grad != nil {
		vec.Add(x.Grad, grad)
	}
	t.give(grad)
}

// borrow returns memory for a gradient of n elements with unspecified values.
func (t *Tape) borrow(n int) []float32 {
	for i := len(t.spare) - 1; i >= 0; i-- { // the most recent one is still in the cache
		if b := t.spare[i]; cap(b) == n {
			t.spare = append(t.spare[:i], t.spare[i+1:]...)
			return b[:n]
		}
	}
	return t.floats.take(n)
}

// give returns memory to the tape.
func (t *Tape) give(b []float32) {
	if len(b) > 0 {
		t.spare = append(t.spare, b)
	}
}
