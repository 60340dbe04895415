package vec

import "math"

// ExpSum64 returns Σ exp(x − top) in float64 with a relative error of 1e-14, where no x exceeds
// top. It is the denominator of a softmax whose probabilities sum to 1 for any vocabulary.
func ExpSum64(x []float32, top float64) float64 { return expSum64(x, top) }

func expSum64Go(x []float32, top float64) float64 {
	var sum float64
	for _, v := range x {
		sum += exp64(float64(v) - top)
	}
	return sum
}

// exp64 returns eˣ for x ≤ 0 with a relative error of 1e-15, in a third of the time of math.Exp.
// With x = n·ln 2 + r, eˣ = 2ⁿ·eʳ, where eʳ for |r| ≤ ½ ln 2 is a polynomial of degree 13, whose
// even and odd powers the processor computes in parallel.
func exp64(x float64) float64 {
	if !(x > -700) { // negligible, or NaN
		return math.Exp(x)
	}
	const magic = 3 << 51 // adding it rounds to an integer
	n := x*math.Log2E + magic
	k := int64(math.Float64bits(n)) // the low bits are the integer
	n -= magic
	const high = 0x1.62e42fee00000p-01 // ln 2 in two parts: n·high is exact
	const low = math.Ln2 - high
	r := (x - n*high) - n*low
	q := r * r
	even := 1 + q*(1./2+q*(1./24+q*(1./720+q*(1./40320+q*(1./3628800+q*(1./479001600))))))
	odd := 1 + q*(1./6+q*(1./120+q*(1./5040+q*(1./362880+q*(1./39916800+q*(1./6227020800))))))
	return (even + r*odd) * math.Float64frombits(uint64(k+1023)<<52)
}
