package vec

import "math"

// ExpSum64 returns Σ exp(x − top) in float64, to 1e-14 of itself, where no x exceeds top: what the probabilities of a large
// vocabulary are divided by, so that they sum to 1 whatever the number of them.
func ExpSum64(x []float32, top float64) float64 { return expSum64(x, top) }

func expSum64Go(x []float32, top float64) float64 {
	var sum float64
	for _, v := range x {
		sum += exp64(float64(v) - top)
	}
	return sum
}

// exp64 is eˣ for x ≤ 0, to 1e-15 of itself, in a third of the time of the library's: with x = n·ln 2 + r it is 2ⁿ·eʳ, and eʳ,
// |r| ≤ ½ ln 2, a polynomial of degree 13, whose halves the processor computes side by side.
func exp64(x float64) float64 {
	if !(x > -700) { // nothing beside the largest, or NaN
		return math.Exp(x)
	}
	const magic = 3 << 51 // adding it rounds to whole numbers
	n := x*math.Log2E + magic
	k := int64(math.Float64bits(n)) // its low bits are the number
	n -= magic
	const high = 0x1.62e42fee00000p-01 // ln 2 in two parts: n times the first is exact
	const low = math.Ln2 - high
	r := (x - n*high) - n*low
	q := r * r
	even := 1 + q*(1./2+q*(1./24+q*(1./720+q*(1./40320+q*(1./3628800+q*(1./479001600))))))
	odd := 1 + q*(1./6+q*(1./120+q*(1./5040+q*(1./362880+q*(1./39916800+q*(1./6227020800))))))
	return (even + r*odd) * math.Float64frombits(uint64(k+1023)<<52)
}
