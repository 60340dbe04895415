package vec

// ExpSum stores e^(x−shift) and returns the sum: the inner loop of softmax, where shift is the
// largest x.
func ExpSum(dst, x []float32, shift float32) float32 { return expSum(dst, x[:len(dst)], shift) }

// SoftmaxBackward overwrites dx with y·(dy − Σ dy·y), where y = softmax x. dx may be dy.
func SoftmaxBackward(dx, dy, y []float32) {
	dy, y = dy[:len(dx)], y[:len(dx)]
	softmaxBackward(dx, dy, y, dot(dy, y))
}

// SoftmaxRows replaces in row i of x, which has n columns, the columns [from[i] − first, to[i] −
// first) by their softmax and the others by 0. It stores the largest of them in top[i] and Σ e^(x −
// top) in sum[i]. Every row has at least one such column.
func SoftmaxRows(x, top, sum []float32, n int, from, to []int32, first int32) {
	rows := len(from)
	x, top, sum, to = x[:rows*n], top[:rows], sum[:rows], to[:rows]
	for i := range from {
		if lo, hi := from[i]-first, to[i]-first; lo < 0 || lo >= hi || int(hi) > n {
			panic("vec: SoftmaxRows: columns outside of the row")
		}
	}
	if rows == 0 || softmaxRows(x, top, sum, n, from, to, first) {
		return
	}
	for i := range from {
		row, lo, hi := x[i*n:][:n], from[i]-first, to[i]-first
		clear(row[:lo])
		clear(row[hi:])
		row = row[lo:hi]
		top[i] = maximum(row)
		sum[i] = expSum(row, row, top[i])
		scale(row, 1/sum[i])
	}
}

// SoftmaxRowsBackward is SoftmaxBackward of every row of n columns, in place: it overwrites dx,
// which holds dy, with y·(dy − Σ dy·y).
func SoftmaxRowsBackward(dx, y []float32, n int) {
	y = y[:len(dx)]
	if len(dx) < n || softmaxRowsBackward(dx, y, n) {
		return
	}
	for i := 0; i+n <= len(dx); i += n {
		SoftmaxBackward(dx[i:][:n], dx[i:][:n], y[i:][:n])
	}
}
