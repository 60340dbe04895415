package vec

import "math"

// LayerNormForward normalizes one row (Ba, Kiros and Hinton 2016). It returns what
// LayerNormBackward needs:
//
//	y = (x − mean)·rstd·g + b,  rstd = 1/√(var + eps)
//
// The variance is the mean square of the deviations, computed in a second pass over x without
// cancellation.
func LayerNormForward(y, x, g, b []float32, eps float32) (mean, rstd float32) {
	n := len(y)
	if n == 0 {
		return 0, 0
	}
	x, g, b = x[:n], g[:n], b[:n]
	mean = sum(x) / float32(n)
	variance := sumSquaredDeviations(x, mean) / float32(n)
	rstd = float32(1 / math.Sqrt(float64(variance)+float64(eps)))
	normalize(y, x, g, b, mean, rstd)
	return mean, rstd
}

// LayerNormBackward is the backward pass of LayerNormForward for one row. With x̂ = (x − mean)·rstd
// it adds
//
//	dg += dy·x̂,  db += dy,  dx += rstd·(dy·g − avg(dy·g) − x̂·avg(dy·g·x̂))
func LayerNormBackward(dx, dg, db, dy, x, g []float32, mean, rstd float32) {
	n := len(dx)
	if n == 0 {
		return
	}
	dg, db, dy, x, g = dg[:n], db[:n], dy[:n], x[:n], g[:n]
	s1, s2 := layerNormSums(dg, db, dy, x, g, mean, rstd)
	layerNormBackward(dx, dy, x, g, mean, rstd, s1/float32(n), s2/float32(n))
}

// LayerNormRows is LayerNormForward of len(mean) rows of len(g) elements. y must not be x.
func LayerNormRows(y, mean, rstd, x, g, b []float32, eps float32) {
	n, c := len(mean), len(g)
	y, rstd, x, b = y[:n*c], rstd[:n], x[:n*c], b[:c]
	for i := layerNormRows(y, mean, rstd, x, g, b, eps); i < n; i++ {
		mean[i], rstd[i] = LayerNormForward(y[i*c:][:c], x[i*c:][:c], g, b, eps)
	}
}

// LayerNormRowsBackward is LayerNormBackward of every row, in order.
func LayerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g []float32) {
	n, c := len(mean), len(g)
	dx, dg, db, dy, x, rstd = dx[:n*c], dg[:c], db[:c], dy[:n*c], x[:n*c], rstd[:n]
	for i := layerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g); i < n; i++ {
		LayerNormBackward(dx[i*c:][:c], dg, db, dy[i*c:][:c], x[i*c:][:c], g, mean[i], rstd[i])
	}
}
