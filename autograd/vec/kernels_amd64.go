//go:build amd64 && !noasm

package vec

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -out ../simd_amd64.s -stubs ../simd_amd64.go -pkg vec

var (
	avx2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	avx512 = avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL && cpu.X86.HasBMI2
)

func add(dst, x []float32) {
	if avx2 {
		addAVX2(dst, x)
		return
	}
	addGo(dst, x)
}

func sub(dst, x []float32) {
	if avx2 {
		subAVX2(dst, x)
		return
	}
	subGo(dst, x)
}

func mul(dst, x, y []float32) {
	if avx2 {
		mulAVX2(dst, x, y)
		return
	}
	mulGo(dst, x, y)
}

func mulAdd(dst, x, y []float32) {
	if avx2 {
		mulAddAVX2(dst, x, y)
		return
	}
	mulAddGo(dst, x, y)
}

func axpy(dst []float32, a float32, x []float32) {
	if avx2 {
		axpyAVX2(dst, a, x)
		return
	}
	axpyGo(dst, a, x)
}

func scale(dst []float32, a float32) {
	if avx2 {
		scaleAVX2(dst, a)
		return
	}
	scaleGo(dst, a)
}

func dot(x, y []float32) float32 {
	if avx2 {
		return dotAVX2(x, y)
	}
	return dotGo(x, y)
}

func sum(x []float32) float32 {
	if avx2 {
		return sumAVX2(x)
	}
	return sumGo(x)
}

func sumSquares(x []float32) float64 {
	if avx2 {
		return sumSquaresAVX2(x)
	}
	return sumSquaresGo(x)
}

func maximum(x []float32) float32 {
	if avx2 {
		return maximumAVX2(x)
	}
	return maximumGo(x)
}

func relu(dst, x []float32) {
	if avx2 {
		reluAVX2(dst, x)
		return
	}
	reluGo(dst, x)
}

func reluBackward(dx, dy, y []float32) {
	if avx2 {
		reluBackwardAVX2(dx, dy, y)
		return
	}
	reluBackwardGo(dx, dy, y)
}

func tanhBackward(dx, dy, y []float32) {
	if avx2 {
		tanhBackwardAVX2(dx, dy, y)
		return
	}
	tanhBackwardGo(dx, dy, y)
}

func sigmoidBackward(dx, dy, y []float32) {
	if avx2 {
		sigmoidBackwardAVX2(dx, dy, y)
		return
	}
	sigmoidBackwardGo(dx, dy, y)
}

func softmaxBackward(dx, dy, y []float32, dot float32) {
	if avx2 {
		softmaxBackwardAVX2(dx, dy, y, dot)
		return
	}
	softmaxBackwardGo(dx, dy, y, dot)
}

func sumSquaredDeviations(x []float32, mean float32) float32 {
	if avx2 {
		return sumSquaredDeviationsAVX2(x, mean)
	}
	return sumSquaredDeviationsGo(x, mean)
}

func normalize(y, x, g, b []float32, mean, rstd float32) {
	if avx2 {
		normalizeAVX2(y, x, g, b, mean, rstd)
		return
	}
	normalizeGo(y, x, g, b, mean, rstd)
}

func layerNormSums(dg, db, dy, x, g []float32, mean, rstd float32) (s1, s2 float32) {
	if avx2 {
		return layerNormSumsAVX2(dg, db, dy, x, g, mean, rstd)
	}
	return layerNormSumsGo(dg, db, dy, x, g, mean, rstd)
}

func layerNormBackward(dx, dy, x, g []float32, mean, rstd, avg1, avg2 float32) {
	if avx2 {
		layerNormBackwardAVX2(dx, dy, x, g, mean, rstd, avg1, avg2)
		return
	}
	layerNormBackwardGo(dx, dy, x, g, mean, rstd, avg1, avg2)
}

func adamW(w, g, m, v []float32, f *[8]float32) {
	if avx512 {
		adamWAVX512(w, g, m, v, f)
		return
	}
	if avx2 {
		adamWAVX2(w, g, m, v, f)
		return
	}
	adamWGo(w, g, m, v, f)
}

func lstmBackward(dgates, dcPrev, dh, dc, gates, tanhC, cPrev []float32) {
	if avx2 {
		lstmBackwardAVX2(dgates, dcPrev, dh, dc, gates, tanhC, cPrev)
		return
	}
	lstmBackwardGo(dgates, dcPrev, dh, dc, gates, tanhC, cPrev)
}

func gruMix(h, z, cand, hPrev []float32) {
	if avx2 {
		gruMixAVX2(h, z, cand, hPrev)
		return
	}
	gruMixGo(h, z, cand, hPrev)
}

func gruBackward(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev []float32) {
	if avx2 {
		gruBackwardAVX2(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev)
		return
	}
	gruBackwardGo(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev)
}

func exp(dst, x []float32) {
	if avx2 {
		expAVX2(dst, x)
		return
	}
	expGo(dst, x)
}

func expSum(dst, x []float32, shift float32) float32 {
	if avx2 {
		return expSumAVX2(dst, x, shift)
	}
	return expSumGo(dst, x, shift)
}

func tanh(dst, x []float32) {
	if avx2 {
		tanhAVX2(dst, x)
		return
	}
	tanhGo(dst, x)
}

func sigmoid(dst, x []float32) {
	if avx2 {
		sigmoidAVX2(dst, x)
		return
	}
	sigmoidGo(dst, x)
}

func gelu(dst, x []float32) {
	if avx512 {
		geluAVX512(dst, x)
		return
	}
	if avx2 {
		geluAVX2(dst, x)
		return
	}
	geluGo(dst, x)
}

func geluWithSlope(dst, slope, x []float32) {
	if avx512 {
		geluWithSlopeAVX512(dst, slope, x)
		return
	}
	if avx2 {
		geluWithSlopeAVX2(dst, slope, x)
		return
	}
	geluWithSlopeGo(dst, slope, x)
}

func geluErf(dst, x []float32) {
	if avx512 {
		geluErfAVX512(dst, x)
		return
	}
	if avx2 {
		geluErfAVX2(dst, x)
		return
	}
	geluErfGo(dst, x)
}

func geluErfWithSlope(dst, slope, x []float32) {
	if avx512 {
		geluErfWithSlopeAVX512(dst, slope, x)
		return
	}
	if avx2 {
		geluErfWithSlopeAVX2(dst, slope, x)
		return
	}
	geluErfWithSlopeGo(dst, slope, x)
}

func expSum64(x []float32, top float64) float64 {
	if !avx2 {
		return expSum64Go(x, top)
	}
	return expSum64AVX2(x, top) + expSum64Go(x[len(x)&^7:], top)
}

var windows = avx512

func (w *Window) forward(y, att, q, k, v, work []float32) {
	attentionAVX512(&y[0], w.YStride, &att[0], &q[0], &k[0], &v[0], w.Stride, w.T, w.D, w.Scale, &w.Seen[0], w.causal(), &work[0])
}

func (w *Window) backward(dq, dk, dv, dy, att, q, k, v, work []float32) {
	attentionBackwardAVX512(&dq[0], &dk[0], &dv[0], &dy[0], w.YStride, &att[0], &q[0], &k[0], &v[0], w.Stride, w.T, w.D, w.Scale, &w.Seen[0], w.causal(), &work[0])
}

// layerNormRows returns how many rows it normalized: all or none.
func layerNormRows(y, mean, rstd, x, g, b []float32, eps float32) int {
	c := len(g)
	if !avx512 || c == 0 || c%16 != 0 || len(mean) < 4 {
		return 0
	}
	layerNormRowsAVX512(&y[0], &mean[0], &rstd[0], &x[0], &g[0], &b[0], len(mean), c, 1/float32(c), eps)
	return len(mean)
}

// layerNormRowsBackward returns how many of the first rows it sent back.
func layerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g []float32) int {
	rows, c := len(mean)&^3, len(g)
	if !avx512 || c == 0 || c%16 != 0 || rows == 0 {
		return 0
	}
	layerNormRowsBackwardAVX512(&dx[0], &dg[0], &db[0], &dy[0], &x[0], &g[0], &mean[0], &rstd[0], rows, c, 1/float32(c))
	return rows
}

// sumRows adds some of the first rows and returns how many.
func sumRows(sum, x []float32) int {
	c := len(sum)
	if !avx512 || c == 0 || c%16 != 0 || len(x) < 4*c {
		return 0
	}
	rows := len(x) / c &^ 3
	rowSumsAVX512(&sum[0], &x[0], rows, c)
	return rows
}

// addToRows reports whether it did all.
func addToRows(y, r, b []float32) bool {
	c := len(b)
	switch {
	case !avx512 || c == 0 || c%16 != 0 || len(y) < c:
		return false
	case r == nil:
		addToRowsAVX512(&y[0], &b[0], len(y)/c, c)
	default:
		addToRows2AVX512(&y[0], &r[0], &b[0], len(y)/c, c)
	}
	return true
}
