package vec

// Exp stores eˣ within 2 ulps, also where the result is denormal. It is +Inf above 88.72.
func Exp(dst, x []float32) { exp(dst, x[:len(dst)]) }

// Tanh stores tanh x within 4 ulps.
func Tanh(dst, x []float32) { tanh(dst, x[:len(dst)]) }

// TanhBackward adds dy·(1−y²) to dx, where y = tanh x.
func TanhBackward(dx, dy, y []float32) { tanhBackward(dx, dy[:len(dx)], y[:len(dx)]) }

// Sigmoid stores 1/(1+e⁻ˣ) within 4 ulps, also where the result is denormal.
func Sigmoid(dst, x []float32) { sigmoid(dst, x[:len(dst)]) }

// SigmoidBackward adds dy·y·(1−y) to dx, where y = sigmoid x.
func SigmoidBackward(dx, dy, y []float32) { sigmoidBackward(dx, dy[:len(dx)], y[:len(dx)]) }

// GELU stores the Gaussian error linear unit in its tanh form (Hendrycks and Gimpel 2016), as in
// GPT-2:
//
//	y = ½x·(1 + tanh u) = x·sigmoid(2u),  u = √(2/π)·(x + 0.044715x³)
//
// It uses the second form, which loses no digits for negative x. GELU(−Inf) = −0.
func GELU(dst, x []float32) { gelu(dst, x[:len(dst)]) }

// GELUWithSlope stores the same bits as GELU, and the derivative in slope, which uses the same
// exponential. With s = sigmoid(2u):
//
//	gelu′(x) = s + x·s·(1−s)·2u′,  2u′ = 2√(2/π)·(1 + 3·0.044715x²)
func GELUWithSlope(dst, slope, x []float32) { geluWithSlope(dst, slope[:len(dst)], x[:len(dst)]) }

// GELUErf stores the exact Gaussian error linear unit (Hendrycks and Gimpel 2016), as in BERT and
// torch.nn.GELU:
//
//	y = x·Φ(x) = ½x·(1 + erf(x/√2))
//
// GELUErf(−Inf) = −0.
func GELUErf(dst, x []float32) { geluErf(dst, x[:len(dst)]) }

// GELUErfWithSlope stores the same bits as GELUErf, and the derivative in slope, which uses the
// same exponential: Φ(x) + x·φ(x), where φ is the normal density.
func GELUErfWithSlope(dst, slope, x []float32) {
	geluErfWithSlope(dst, slope[:len(dst)],
		x[:len(dst)])
}
