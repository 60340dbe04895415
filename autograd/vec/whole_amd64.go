//go:build amd64 && !noasm

package vec

import "golang.org/x/sys/cpu"

//go:generate go -C asm run . -out ../simd_amd64.s -stubs ../simd_amd64.go -pkg vec

var (
	avx2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	avx512 = avx2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ && cpu.X86.HasAVX512VL &&
		cpu.X86.HasBMI2
)

func expSum64(x []float32, top float64) float64 {
	if !avx2 {
		return expSum64Go(x, top)
	}
	return expSum64AVX2(x, top) + expSum64Go(x[len(x)&^7:], top)
}

var windows = avx512

func (w *Window) forward(y, att, q, k, v, work []float32) {
	attentionAVX512(&y[0], w.YStride, &att[0], &q[0], &k[0], &v[0], w.Stride, w.T, w.D, w.Scale,
		&w.Seen[0], w.causal(), &work[0])
}

func (w *Window) backward(dq, dk, dv, dy, att, q, k, v, work []float32) {
	attentionBackwardAVX512(&dq[0], &dk[0], &dv[0], &dy[0], w.YStride, &att[0], &q[0], &k[0], &v[0],
		w.Stride, w.T, w.D, w.Scale, &w.Seen[0], w.causal(), &work[0])
}

func scores(att, q, k []float32, stride int, scale float32) {
	scoresAVX512(&att[0], &q[0], &k[0], stride, len(att), len(q), scale)
}

func mixture(y, att, v []float32, stride int) {
	mixtureAVX512(&y[0], &att[0], &v[0], stride, len(att), len(y))
}

// layerNormRows returns the number of rows that it normalized: all or none.
func layerNormRows(y, mean, rstd, x, g, b []float32, eps float32) int {
	c := len(g)
	if !avx512 || c == 0 || c%16 != 0 || len(mean) < 4 {
		return 0
	}
	layerNormRowsAVX512(&y[0], &mean[0], &rstd[0], &x[0], &g[0], &b[0], len(mean), c, 1/float32(c),
		eps)
	return len(mean)
}

// layerNormRowsBackward returns the number of rows, from the first on, that it processed.
func layerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g []float32) int {
	rows, c := len(mean)&^3, len(g)
	if !avx512 || c == 0 || c%16 != 0 || rows == 0 {
		return 0
	}
	layerNormRowsBackwardAVX512(&dx[0], &dg[0], &db[0], &dy[0], &x[0], &g[0], &mean[0], &rstd[0],
		rows, c, 1/float32(c))
	return rows
}

// sumRows adds some of the first rows and returns their number.
func sumRows(sum, x []float32) int {
	c := len(sum)
	if !avx512 || c == 0 || c%16 != 0 || len(x) < 4*c {
		return 0
	}
	rows := len(x) / c &^ 3
	rowSumsAVX512(&sum[0], &x[0], rows, c)
	return rows
}

// addToRows reports whether it added to all rows; if not, it did nothing.
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

// softmaxRows reports whether it computed all rows; if not, it did nothing.
func softmaxRows(x, top, sum []float32, n int, from, to []int32, first int32) bool {
	if avx512 {
		softmaxRowsAVX512(&x[0], &top[0], &sum[0], len(from), n, &from[0], &to[0], first)
	}
	return avx512
}

// softmaxRowsBackward reports whether it computed all rows; if not, it did nothing.
func softmaxRowsBackward(dx, y []float32, n int) bool {
	if avx512 {
		softmaxRowsBackwardAVX512(&dx[0], &y[0], len(dx)/n, n)
	}
	return avx512
}
