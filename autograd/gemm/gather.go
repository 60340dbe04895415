package gemm

// The gradient of a weight, dW = Xᵀ·dY, is a product with a transposed A. A strip of A is a few
// columns of X: one or two cache lines in every row, far apart in memory. So gather reads a block
// of rows in order and packs all its strips at once.

// gathered is the number of multiply-adds from which packing all of A pays off.
const gathered = 1 << 24

// packedRows is the number of rows of X that are packed at a time: few enough for the processor to
// prefetch all of them.
const packedRows = 8

// gathers reports whether gather is the fastest way. It is for large products, if a block of B
// stays in the L2 cache.
func (e *engine) gathers(m, n, k int, a, b matrix) bool {
	return e.fetch != nil && a.right != 1 && b.right == 1 && m*n*k >= gathered &&
		depthOf(k)*n <= e.directArea
}

// gather computes product for a transposed A. While the kernel multiplies the strips of a block, it
// prefetches the next block of the larger matrix.
func (e *engine) gather(m, n, k int, alpha float32, a, b matrix, add bool, c []float32, ldc int) {
	kc, mr := depthOf(k), e.height(n, k)
	height, tall, low := cut(m, mr)
	rowsIn := func(strip int) int {
		if strip < tall {
			return height
		}
		return height - 1
	}
	work := take((tall + low) * mr * kc)
	for p := 0; p < k; p += kc {
		deep := min(kc, k-p)
		for q := 0; q < deep; q += packedRows {
			some, i := min(packedRows, deep-q), 0
			for s := range tall + low {
				e.packA(work.floats[(s*deep+q)*mr:], a.at(i, p+q), rowsIn(s), some)
				i += rowsIn(s)
			}
		}
		e.fetchRows(b.at(p, 0), deep, n)
		next := a.data[min(p+kc, k-1)*a.right:]
		if n > m {
			next = b.data[min(p+kc, k-1)*b.down:]
		}
		fetched := (n + e.nr - 1) / e.nr * deep / 4 * (cacheLine / 4) // floats, during a strip
		i := 0
		for s := range tall + low {
			e.kernel(1, deep, &work.floats[s*deep*mr], 1, mr, &b.data[p*b.down], b.down, 0, alpha,
				add || p > 0, &c[i*ldc], ldc, n, rowsIn(s), &next[min(s*fetched, len(next)-1)])
			i += rowsIn(s)
		}
	}
	give(work)
}

// fetchRows prefetches the k×n matrix b row by row. The kernel reads it in tiles, and the processor
// does not predict that order.
func (e *engine) fetchRows(b matrix, k, n int) {
	const worthwhile = 1 << 12 // floats
	if e.fetch != nil && k*n >= worthwhile {
		e.fetch(&b.data[0], b.down, k, (n*4+cacheLine-1)/cacheLine)
	}
}
