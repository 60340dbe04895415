//go:build !noasm

package gemm

// stream multiplies one row by a B that is too large for the caches, as in generation. It reads B
// once, in the order that the processor prefetches, and keeps the sums in the L1 cache. It adds in
// the same order as product, so the bits are the same.
func (e *engine) stream(n, k, kc int, alpha float32, x []float32, b matrix, add bool, c []float32) {
	const cols = 4096 // sums that stay in the L1 cache
	work := take(cols)
	for j := 0; j < n; j += cols {
		sums := work.floats[:min(cols, n-j)]
		for p := 0; p < k; p += kc {
			clear(sums)
			e.rowSums(len(sums), min(kc, k-p), &x[p], &b.data[p*b.down+j], b.down, &sums[0])
			if out := c[j:][:len(sums)]; add || p > 0 {
				e.rowSums(len(sums), 1, &alpha, &sums[0], len(sums), &out[0])
			} else {
				for i, s := range sums {
					out[i] = alpha * s
				}
			}
		}
	}
	give(work)
}

// rowSums adds to y the rows of b, each multiplied by its element of x.
func (e *engine) rowSums(n, k int, x, b *float32, bStride int, y *float32) {
	if e.mr == rows512 {
		avx512RowSums(n, k, x, b, bStride, y)
	} else {
		avx2RowSums(n, k, x, b, bStride, y)
	}
}

// mulRow stores x·B, for an x of k elements, in the n elements of y.
func (e *engine) mulRow(n, k int, x, b []float32, ldb int, y []float32) {
	if !e.streams {
		e.direct(1, n, k, 1, x, k, 1, b, ldb, false, y, n)
		return
	}
	clear(y)
	e.rowSums(n, k, &x[0], &b[0], ldb, &y[0])
}

// add adds x to y.
func (e *engine) add(y, x []float32) {
	if e.streams {
		e.rowSums(len(y), 1, &one, &x[0], len(x), &y[0])
		return
	}
	for i, v := range x[:len(y)] {
		y[i] += v
	}
}

var one float32 = 1
