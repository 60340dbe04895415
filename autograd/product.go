package autograd

import (
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// Every matrix product of this package calls blas32.Gemm, and this line makes it use package gemm.
// It is the only init of the module: it sets a global variable of gonum to the same value for
// everyone.
func init() { blas32.Use(gemm.Float32{}) }
