// Package autograd implements reverse-mode automatic differentiation (Linnainmaa 1970): every
// operation on a Tape computes its result at once and records how to propagate gradients.
// Operations are coarse, one per line of a paper. Inside each is a pair of kernels, xForward and
// xBackward, that work on slices and do not use the tape.
package autograd

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// Tensor is a matrix of float32 with its gradient. Rows are positions [B·T], columns are channels,
// and rows follow one another in memory (Stride = Cols). The embedded General can be handed to
// blas32.
type Tensor struct {
	blas32.General

	// Grad has the layout of Data. It is nil if no gradient is wanted. On a tape it is empty until
	// the first op contributes to it, so nothing has to be cleared, and it needs memory only for a
	// short time.
	Grad []float32

	// Int8, if not nil, is the same matrix with one byte per weight, for products with a single
	// row. Data holds exactly the numbers that its bytes represent.
	Int8 *gemm.Int8

	tape *Tape // provides the memory of Grad; nil for a leaf
}

// NewParam returns a leaf of zeros that wants a gradient.
func NewParam(rows, cols int) *Tensor {
	return &Tensor{
		General: blas32.General{Rows: rows, Cols: cols, Stride: cols,
			Data: gemm.Make[float32](rows * cols)},
		Grad: gemm.Make[float32](rows * cols),
	}
}

// NewConst returns a leaf over data that wants no gradient.
func NewConst(rows, cols int, data []float32) *Tensor {
	return &Tensor{General: blas32.General{Rows: rows, Cols: cols, Stride: cols,
		Data: data[:rows*cols]}}
}

// Row returns the values of row i.
func (x *Tensor) Row(i int) []float32 { return x.Data[i*x.Stride:][:x.Cols] }

// want panics unless x has the given shape; -1 stands for any size. A wrong shape is a bug in a
// model's code, never the result of a user's input.
func (x *Tensor) want(what string, rows, cols int) {
	if rows >= 0 && x.Rows != rows || cols >= 0 && x.Cols != cols {
		panic(fmt.Sprintf("autograd: %s is [%d, %d], want [%d, %d] (-1: any)", what, x.Rows, x.Cols,
			rows, cols))
	}
}
