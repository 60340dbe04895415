// Package vec implements the float32 loops that take most of a neural model's time once its matrix
// products are fast: exp, tanh, GELU, softmax, layer norm, AdamW and the gates of LSTM and GRU,
// several lanes at a time (SIMD: single instruction, multiple data; Flynn 1966).
//
// The length of the first slice is the length of the operation; the others may be longer, but not
// shorter. dst may be the same slice as an input, but must not overlap it otherwise. No function
// allocates, and all may be called concurrently.
//
// An elementwise function gives an element the same bits wherever it stands in a slice, so results
// do not depend on how work is divided. Reductions (Dot, Sum, ...) add in an order that depends
// only on the length. Different processors may differ in the last bits.
package vec

import "math"

// Add adds x to dst.
func Add(dst, x []float32) { add(dst, x[:len(dst)]) }

// Mul stores x·y, element by element.
func Mul(dst, x, y []float32) { mul(dst, x[:len(dst)], y[:len(dst)]) }

// MulAdd adds x·y to dst, element by element.
func MulAdd(dst, x, y []float32) { mulAdd(dst, x[:len(dst)], y[:len(dst)]) }

// Axpy adds a·x to dst (BLAS: "a x plus y"; Lawson et al. 1979).
func Axpy(dst []float32, a float32, x []float32) { axpy(dst, a, x[:len(dst)]) }

// Scale multiplies dst by a.
func Scale(dst []float32, a float32) { scale(dst, a) }

// Dot returns Σ x·y over the length of x.
func Dot(x, y []float32) float32 { return dot(x, y[:len(x)]) }

// Sum returns Σ x.
func Sum(x []float32) float32 { return sum(x) }

// SumSquares returns Σ x², added in float64: gradient clipping needs it over millions of elements.
func SumSquares(x []float32) float64 { return sumSquares(x) }

// Max returns the largest element, or −Inf if there is none. It ignores NaNs.
func Max(x []float32) float32 {
	if len(x) == 0 {
		return float32(math.Inf(-1))
	}
	return maximum(x)
}
