package nn

import (
	"math/rand/v2"

	"lmzoo/autograd"
)

// Zeros returns a parameter of zeros.
func Zeros(rows, cols int) *autograd.Tensor { return autograd.NewParam(rows, cols) }

// Ones returns a parameter of ones.
func Ones(rows, cols int) *autograd.Tensor {
	x := autograd.NewParam(rows, cols)
	for i := range x.Data {
		x.Data[i] = 1
	}
	return x
}

// Normal returns a parameter drawn from N(0, std²).
func Normal(rows, cols int, std float64, rng *rand.Rand) *autograd.Tensor {
	x := autograd.NewParam(rows, cols)
	for i := range x.Data {
		x.Data[i] = float32(std * rng.NormFloat64())
	}
	return x
}

// Uniform returns a parameter drawn from U(−bound, bound). torch.nn starts recurrent layers of H
// channels with the bound 1/√H.
func Uniform(rows, cols int, bound float64, rng *rand.Rand) *autograd.Tensor {
	x := autograd.NewParam(rows, cols)
	for i := range x.Data {
		x.Data[i] = float32(bound * (2*rng.Float64() - 1))
	}
	return x
}
