package gemm

// The gradient of a weight, dW = Xᵀ·dY, is a product with a transposed A. A strip of A is a few
// columns of X: a piece of a cache line from each of its rows, far apart in memory. So gather packs
// all strips of a block of rows while it reads the rows in order.

// gathered is the number of multiply-adds from which packing all of A pays off.
const gathered = 1 << 24

// packedRows is the number of rows of X that are packed at a time: few enough that the processor
// recognises and prefetches each of them.
const packedRows = 8

// gathers reports whether gather is the fastest way: for large products, a block of whose B stays
// in the L2 cache.
func (e *engine) gathers(m, n, k int, a, b matrix) bool {
	return e.fetch != nil && a.right != 1 && b.right == 1 && m*n*k >= gathered &&
		depthOf(k)*n <= e.directArea
}

// gather is product for a transposed A. While the strips of a block are multiplied, the kernel
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

// fetchRows prefetches the k×n matrix b, which the kernel would read in tiles: an order that no
// processor predicts.
func (e *engine) fetchRows(b matrix, k, n int) {
	const worthwhile = 1 << 12 // floats
	if e.fetch != nil && k*n >= worthwhile {
		e.fetch(&b.data[0], b.down, k, (n*4+cacheLine-1)/cacheLine)
	}
}
