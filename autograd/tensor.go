// Package autograd computes with numbers that remember where they came from: every operation on a Tape
// computes at once and records how to send gradients back (reverse-mode automatic differentiation,
// Linnainmaa 1970). Operations are coarse, one per line of a paper; inside each is a pair of kernels,
// xForward and xBackward, that work on slices and know no tape.
package autograd

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// Tensor is a matrix of float32 with its gradient. Rows are positions [B·T], columns are channels, and
// rows follow one another in memory (Stride = Cols). The embedded General can be handed to blas32.
type Tensor struct {
	blas32.General

	// Grad has the layout of Data; it is nil where no gradient is wanted, and empty on a tape until the first
	// op sends one. So nothing has to be cleared before, and memory is needed only while it means something.
	Grad []float32

	// Int8, if not nil, is the same matrix in one byte for each weight, for products with a single row: Data holds the
	// very numbers that its bytes stand for.
	Int8 *gemm.Int8

	tape *Tape // whose memory Grad comes from; nil for a leaf
}

// NewParam returns a leaf of zeros that wants a gradient.
func NewParam(rows, cols int) *Tensor {
	return &Tensor{
		General: blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: gemm.Make[float32](rows * cols)},
		Grad:    make([]float32, rows*cols),
	}
}

// NewConst returns a leaf over data that wants no gradient.
func NewConst(rows, cols int, data []float32) *Tensor {
	return &Tensor{General: blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data[:rows*cols]}}
}

// Row returns the values of row i.
func (x *Tensor) Row(i int) []float32 { return x.Data[i*x.Stride:][:x.Cols] }

// want panics unless x has the given shape; a negative number stands for any. A wrong shape is a mistake
// in a model's code, never in what a user typed.
func (x *Tensor) want(what string, rows, cols int) {
	if rows >= 0 && x.Rows != rows || cols >= 0 && x.Cols != cols {
		panic(fmt.Sprintf("autograd: %s is [%d, %d], want [%d, %d] (-1: any)", what, x.Rows, x.Cols, rows, cols))
	}
}
