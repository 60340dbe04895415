package autograd

import (
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// Every matrix product below goes through blas32.Gemm, and this one line puts the fast one under it. It
// is the only init of the zoo: what it sets is gonum's, and the same for everyone.
func init() { blas32.Use(gemm.Float32{}) }
