package vec

import "math"

// RMSNormForward scales one row to a root mean square of 1 (Zhang and Sennrich 2019, eq. 4). It
// returns what RMSNormBackward needs:
//
//	y = x·rrms·g,  rrms = 1/√(Σ x²/n + eps)
func RMSNormForward(y, x, g []float32, eps float32) (rrms float32) {
	n := len(y)
	if n == 0 {
		return 0
	}
	x, g = x[:n], g[:n]
	rrms = float32(1 / math.Sqrt(float64(dot(x, x))/float64(n)+float64(eps)))
	rmsNormalize(y, x, g, rrms)
	return rrms
}

// RMSNormBackward inverts RMSNormForward for one row. With x̂ = x·rrms it adds
//
//	dg += dy·x̂,  dx += rrms·(dy·g − x̂·avg(dy·g·x̂))
func RMSNormBackward(dx, dg, dy, x, g []float32, rrms float32) {
	n := len(dx)
	if n == 0 {
		return
	}
	dg, dy, x, g = dg[:n], dy[:n], x[:n], g[:n]
	s := rmsNormSums(dg, dy, x, g, rrms)
	rmsNormBackward(dx, dy, x, g, rrms, s/float32(n))
}

// RMSNormRows is RMSNormForward of len(rrms) rows of len(g) elements. y must not be x.
func RMSNormRows(y, rrms, x, g []float32, eps float32) {
	n, c := len(rrms), len(g)
	y, x = y[:n*c], x[:n*c]
	for i := range rrms {
		rrms[i] = RMSNormForward(y[i*c:][:c], x[i*c:][:c], g, eps)
	}
}

// RMSNormRowsBackward is RMSNormBackward of every row, in order.
func RMSNormRowsBackward(dx, dg, dy, x, rrms, g []float32) {
	n, c := len(rrms), len(g)
	dx, dg, dy, x = dx[:n*c], dg[:c], dy[:n*c], x[:n*c]
	for i, r := range rrms {
		RMSNormBackward(dx[i*c:][:c], dg, dy[i*c:][:c], x[i*c:][:c], g, r)
	}
}
