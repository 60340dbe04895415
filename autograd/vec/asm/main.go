// Command asm writes the kernels of package vec and the functions that choose between them: run `go
// generate` there.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!noasm")
	arithmetic()
	activations()
	reductions()
	layerNorm()
	adamW()
	gates()
	masks()
	expSum64()
	gelus()
	gelusErf()
	adamW512()
	attention()
	attendOne()
	layerNormRows()
	layerNormRowsBackward()
	softmaxRows()
	softmaxRowsBackward()
	biases()
	rotary()
	rmsNorm()
	swiGLU()
	dispatchers()
	Generate()
}
