// Package autograd computes with numbers that remember where they came from: every operation on a Tape
// computes at once and records how to send gradients back (reverse-mode automatic differentiation,
// Linnainmaa 1970). Operations are coarse, one per line of a paper; inside each is a pair of kernels,
// xForward and xBackward, that work on slices and know no tape.
package autograd

import "gonum.org/v1/gonum/blas/blas32"

// Tensor is a matrix of float32 with its gradient. Rows are positions [B·T], columns are channels. The
// embedded General can be handed to blas32, and a view shares its Data with another Stride.
type Tensor struct {
	blas32.General
	Grad []float32 // same layout as Data; nil where no gradient is wanted
}

// NewParam returns a leaf of zeros that wants a gradient.
func NewParam(rows, cols int) *Tensor {
	return &Tensor{
		General: blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)},
		Grad:    make([]float32, rows*cols),
	}
}

// NewConst returns a leaf over data that wants no gradient.
func NewConst(rows, cols int, data []float32) *Tensor {
	return &Tensor{General: blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: data[:rows*cols]}}
}
