package vec

import "math"

// eˣ = 2ⁿ·eʳ with n = round(x/ln 2), so |r| ≤ ½ln 2, and eʳ = 1 + r + r²·q(r) with the minimax
// polynomial q of degree 4, whose error is 4e-9. ln 2 is split into two parts (Cody and Waite
// 1980): n·ln2Hi is exact, so r loses no digits.
const (
	log2e   = 1.44269504088896341
	ln2Hi   = 0.693359375
	ln2Lo   = -2.12194440054690583e-4
	q0      = 0.5
	q1      = 0.16666518
	q2      = 0.041666206
	q3      = 0.008368954
	q4      = 0.0013950594
	expMax  = 89      // eˣ is beyond the largest float32
	expMin  = -104    // eˣ is below half of the smallest denormal
	rounder = 3 << 22 // 1.5·2²³: adding it rounds to an integer
)

// reduced returns n and eʳ−1 of x in [expMin, expMax].
func reduced(x float32) (n float32, em1 float32) {
	n = float32(x*log2e+rounder) - rounder
	r := x - n*ln2Hi - n*ln2Lo
	q := (((q4*r+q3)*r+q2)*r+q1)*r + q0
	return n, r + r*r*q
}

// pow2 returns 2ⁿ for −126 ≤ n ≤ 127.
func pow2(n int32) float32 { return math.Float32frombits(uint32(n+127) << 23) }

func exp1(x float32) float32 {
	if x != x {
		return x
	}
	n, em1 := reduced(min(max(x, expMin), expMax))
	k := int32(n)
	return (1 + em1) * pow2(k>>1) * pow2(k-k>>1) // in two steps, because 2ⁿ may be out of range
}

// tanh1 returns (e²ᶻ−1)/(e²ᶻ−1+2) with z = |x| and the sign of x. e²ᶻ−1 = 2ⁿ(eʳ−1) + (2ⁿ−1) is
// accurate for small x, too. For z ≥ 10 the result is 1.
func tanh1(x float32) float32 {
	if x != x {
		return x
	}
	z := min(float32(math.Abs(float64(x))), 10)
	n, em1 := reduced(2 * z)
	s := pow2(int32(n))
	e := s*em1 + (s - 1)
	return float32(math.Copysign(float64(e/(e+2)), float64(x)))
}

// sigmoidParts returns e = e^−|x| and d = 1/(1+e): sigmoid x is d for x ≥ 0, else e·d.
func sigmoidParts(x float32) (e, d float32) {
	e = exp1(-float32(math.Abs(float64(x))))
	return e, 1 / (1 + e)
}

func sigmoid1(x float32) float32 {
	e, d := sigmoidParts(x)
	if x < 0 {
		return e / (1 + e)
	}
	return d
}

const (
	gelu1   = 1.5957691216057308 // 2√(2/π)
	gelu3   = gelu1 * 0.044715   // factor of x³ in 2u
	gelu3x3 = 3 * gelu3          // factor of x² in 2u′

	// Beyond ±geluEnd, GELU is within 5e-15 of x or 0 and its slope within 5e-15 of 1 or 0. Further
	// out the values would become denormal, and processors multiply denormals slowly.
	geluEnd = 8
)

func geluOf(x float32) float32 {
	low := x
	if low < -geluEnd {
		low = -geluEnd
	}
	e, d := sigmoidParts(low * (gelu1 + gelu3*(low*low)))
	if x < 0 {
		return low * (e * d)
	}
	return low * d
}

// geluWithSlope1 returns geluOf(x) and its derivative, which uses the same exponential.
func geluWithSlope1(x float32) (y, slope float32) {
	low := x
	if low < -geluEnd {
		low = -geluEnd
	}
	if x = low; x > geluEnd {
		x = geluEnd
	}
	xx := x * x
	e, d := sigmoidParts(x * (gelu1 + gelu3*xx))
	s := d
	if x < 0 {
		s = e * d
	}
	return low * s, s + x*(e*d*d)*(gelu1+gelu3x3*xx)
}

func expGo(dst, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] = exp1(x)
	}
}

func expSumGo(dst, x []float32, shift float32) float32 {
	for i, x := range x[:len(dst)] {
		dst[i] = exp1(x - shift)
	}
	return sumGo(dst)
}

func tanhGo(dst, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] = tanh1(x)
	}
}

func sigmoidGo(dst, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] = sigmoid1(x)
	}
}

func geluGo(dst, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] = geluOf(x)
	}
}

func geluWithSlopeGo(dst, slope, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i], slope[i] = geluWithSlope1(x)
	}
}
