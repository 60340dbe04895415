//go:build !amd64 || noasm

package vec

// The plain versions serve.

func add(dst, x []float32) { addGo(dst, x) }

func sub(dst, x []float32) { subGo(dst, x) }

func mul(dst, x, y []float32) { mulGo(dst, x, y) }

func mulAdd(dst, x, y []float32) { mulAddGo(dst, x, y) }

func axpy(dst []float32, a float32, x []float32) { axpyGo(dst, a, x) }

func scale(dst []float32, a float32) { scaleGo(dst, a) }

func dot(x, y []float32) float32 { return dotGo(x, y) }

func sum(x []float32) float32 { return sumGo(x) }

func sumSquares(x []float32) float64 { return sumSquaresGo(x) }

func maximum(x []float32) float32 { return maximumGo(x) }

func relu(dst, x []float32) { reluGo(dst, x) }

func reluBackward(dx, dy, y []float32) { reluBackwardGo(dx, dy, y) }

func tanhBackward(dx, dy, y []float32) { tanhBackwardGo(dx, dy, y) }

func sigmoidBackward(dx, dy, y []float32) { sigmoidBackwardGo(dx, dy, y) }

func softmaxBackward(dx, dy, y []float32, dot float32) { softmaxBackwardGo(dx, dy, y, dot) }

func sumSquaredDeviations(x []float32, mean float32) float32 { return sumSquaredDeviationsGo(x, mean) }

func normalize(y, x, g, b []float32, mean, rstd float32) { normalizeGo(y, x, g, b, mean, rstd) }

func layerNormSums(dg, db, dy, x, g []float32, mean, rstd float32) (s1, s2 float32) {
	return layerNormSumsGo(dg, db, dy, x, g, mean, rstd)
}

func layerNormBackward(dx, dy, x, g []float32, mean, rstd, avg1, avg2 float32) {
	layerNormBackwardGo(dx, dy, x, g, mean, rstd, avg1, avg2)
}

func adamW(w, g, m, v []float32, f *[8]float32) { adamWGo(w, g, m, v, f) }

func lstmBackward(dgates, dcPrev, dh, dc, gates, tanhC, cPrev []float32) {
	lstmBackwardGo(dgates, dcPrev, dh, dc, gates, tanhC, cPrev)
}

func gruMix(h, z, cand, hPrev []float32) { gruMixGo(h, z, cand, hPrev) }

func gruBackward(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev []float32) {
	gruBackwardGo(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev)
}

func exp(dst, x []float32) { expGo(dst, x) }

func expSum(dst, x []float32, shift float32) float32 { return expSumGo(dst, x, shift) }

func tanh(dst, x []float32) { tanhGo(dst, x) }

func sigmoid(dst, x []float32) { sigmoidGo(dst, x) }

func gelu(dst, x []float32) { geluGo(dst, x) }

func geluWithSlope(dst, slope, x []float32) { geluWithSlopeGo(dst, slope, x) }

func geluErf(dst, x []float32) { geluErfGo(dst, x) }

func geluErfWithSlope(dst, slope, x []float32) { geluErfWithSlopeGo(dst, slope, x) }

func expSum64(x []float32, top float64) float64 { return expSum64Go(x, top) }

const windows = false

func (w *Window) forward(y, att, q, k, v, work []float32) {}

func (w *Window) backward(dq, dk, dv, dy, att, q, k, v, work []float32) {}

func layerNormRows(y, mean, rstd, x, g, b []float32, eps float32) int { return 0 }

func layerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g []float32) int { return 0 }

func sumRows(sum, x []float32) int { return 0 }

func addToRows(y, r, b []float32) bool { return false }
