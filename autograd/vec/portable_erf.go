package vec

import "math"

// Φ(−a) = e^(−a²/2)·t·P(1−t) with t = 1/(1 + 0.3a): the form of Hastings (1955; Abramowitz and
// Stegun 1964, 26.2.17). P, of degree 7, has the smallest relative error for 0 ≤ a ≤ 8 (5e-8). Its
// powers of 1−t are small where Φ(−a) is large, and so is their rounding. testdata/normal_tail.py
// prints the numbers.
const (
	tailScale = 0.3
	tail0     = 0.5
	tail1     = -0.82981193
	tail2     = 0.6182937
	tail3     = -0.08285302
	tail4     = -0.1282061
	tail5     = -0.01784407
	tail6     = 0.09744113
	tail7     = -0.037409406
	density0  = 0.3989422804014327 // 1/√(2π), the normal density at 0
)

// normalParts returns Φ(x), the normal distribution, and e = e^(−x²/2).
func normalParts(x float32) (phi, e float32) {
	e = exp1(-0.5 * (x * x))
	t := 1 / (1 + tailScale*float32(math.Abs(float64(x))))
	w := 1 - t
	p := ((((((tail7*w+tail6)*w+tail5)*w+tail4)*w+tail3)*w+tail2)*w+tail1)*w + tail0
	beyond := t * p * e
	if x < 0 {
		return beyond, e
	}
	return 1 - beyond, e
}

func geluErfOf(x float32) float32 {
	if x < -geluEnd {
		x = -geluEnd
	}
	phi, _ := normalParts(x)
	return x * phi
}

// geluErfWithSlope1 returns geluErfOf(x) and its derivative, which uses the same exponential.
func geluErfWithSlope1(x float32) (y, slope float32) {
	if x < -geluEnd {
		x = -geluEnd
	}
	phi, e := normalParts(x)
	return x * phi, phi + min(x, geluEnd)*e*density0
}

func geluErfGo(dst, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i] = geluErfOf(x)
	}
}

func geluErfWithSlopeGo(dst, slope, x []float32) {
	for i, x := range x[:len(dst)] {
		dst[i], slope[i] = geluErfWithSlope1(x)
	}
}
