package gemm

type stripKernel func(strips, k int, a *float32, down, right int, b *float32, bStride, panel int,
	alpha float32, add bool, c *float32, ldc, n, rows int, ahead *float32)

// engine is one implementation of the product: the size of its register tile and its kernels.
type engine struct {
	name string
	mr   int // maximum number of rows in a strip of A
	nr   int // columns of a packed panel of B

	// B is packed if A has more than directRows rows and B has more than directArea floats, so that
	// it does not stay in the L2 cache. Otherwise it is read in place.
	directRows, directArea int
	// lowRows is the height of a strip for a B of at most lowArea floats, evenRows if the panels of
	// B have no remainder. A matrix is small if it has at most lowArea floats.
	lowRows, evenRows, lowArea int
	// packs is true if strips of A must be packed even if its rows are contiguous.
	packs bool

	// wide is true if the kernel is avx512Strips, which is then called directly, because a direct
	// call is faster.
	wide bool
	// kernel adds α·A·B to the strips·rows×n block c, or overwrites it, one strip after the other.
	// A is strips·rows×k; element (i, p) is a[i·down + p·right]. B is k×n, in panels of nr columns
	// at a distance of panel, whose rows are bStride apart; panel is 0 if B is not packed. It
	// prefetches the memory from ahead on or, if ahead is nil, the rows of A below the strip; with
	// ahead, strips must be 1.
	kernel stripKernel
	// packA stores the rows×k strip of A as k columns of mr (only the first rows of each are set).
	packA func(dst []float32, a matrix, rows, k int)
	// packB stores the k×n block of B as panels of nr columns, the last one padded with zeros.
	packB func(dst []float32, b matrix, k, n int)
	// turn transposes n rows of k floats, for small matrices.
	turn func(dst []float32, dstStride int, src []float32, srcStride, n, k int)
	// streams is true if stream has a kernel.
	streams bool
	// fetch, if not nil, prefetches the first cache lines of each row into the L2 cache.
	fetch func(p *float32, stride, rows, lines int)
	// small, if not nil, computes products that need no blocks, and returns false for all others.
	small func(m, n, k int, alpha float32, a, b matrix, add bool, c []float32, ldc int) bool
}

// depth·nr floats of B stay in the L1 cache during a strip, and a block of at most area floats of B
// stays in the L2 cache during all strips of A.
const (
	depth = 384
	area  = 1 << 17

	streamArea = 1 << 16 // floats of B from which reading it in order is faster than in tiles
)

// product computes C = α·A·B, or adds it to C: for each block of B, which is packed once, all
// strips of A.
func (e *engine) product(m, n, k int, alpha float32, a, b matrix, add bool, c []float32, ldc int) {
	if e.small != nil && e.small(m, n, k, alpha, a, b, add, c, ldc) {
		return
	}
	if e.gathers(m, n, k, a, b) {
		e.gather(m, n, k, alpha, a, b, add, c, ldc)
		return
	}
	packs := e.packs || b.right != 1 || m > e.directRows && k*n > e.directArea
	if !packs && m > e.directRows {
		e.fetchRows(b, k, n)
	}
	strip, mr := e.stripOf(m, n, k, a), e.height(n, k)
	// nothing to prepare
	if !packs && strip == asIs && k <= depth && (m > 1 || k*n <= streamArea || !e.streams) {
		e.direct(m, n, k, alpha, a.data, a.down, a.right, b.data, b.down, add, c, ldc)
		return
	}
	kc := depthOf(k)
	nc := n
	if packs {
		nc = min(n, roundUp(area/kc, e.nr))
	}
	var work *buffer
	if e.streams && m == 1 && b.right == 1 && a.right == 1 && k*n > streamArea {
		e.stream(n, k, kc, alpha, a.data, b, add, c)
		return
	}
	if !packs && strip == asIs && a.right == 1 && k*n <= e.directArea {
		e.deep(m, n, k, alpha, a, b, add, c, ldc)
		return
	}
	if packs || strip != asIs {
		work = take(roundUp(nc, e.nr)*kc + e.mr*(kc+skew))
	}
	for j := 0; j < n; j += nc {
		cols := min(nc, n-j)
		for p := 0; p < k; p += kc {
			deep := min(kc, k-p)
			panels, bStride, panel := b.data[p*b.down+j*b.right:], b.down, 0
			if packs {
				panels, bStride, panel = work.floats[e.mr*(kc+skew):], e.nr, deep*e.nr
				e.packB(panels, b.at(p, j), deep, cols)
			}
			for i := 0; i < m; {
				end := i + rowsOf(m-i, mr)
				rows := a.at(i, p)
				switch strip {
				case packed:
					e.packA(work.floats, rows, end-i, deep)
					rows = matrix{work.floats, 1, e.mr}
				case skewed:
					for r := range end - i {
						copy(work.floats[r*(kc+skew):][:deep], rows.data[r*a.down:])
					}
					rows = matrix{work.floats, kc + skew, 1}
				}
				e.kernel(1, deep, &rows.data[0], rows.down, rows.right, &panels[0], bStride, panel,
					alpha, add || p > 0, &c[i*ldc+j], ldc, cols, end-i, nil)
				i = end
			}
		}
	}
	if work != nil {
		give(work)
	}
}

// direct is product for matrices that need no packing.
func (e *engine) direct(m, n, k int, alpha float32, a []float32, down, right int, b []float32,
	ldb int, add bool, c []float32, ldc int) {
	rows, tall, low := cut(m, e.height(n, k))
	for i := 0; i < m; i, rows, tall = i+tall*rows, rows-1, low {
		if e.wide {
			avx512Strips(tall, k, &a[i*down], down, right, &b[0], ldb, 0, alpha, add, &c[i*ldc],
				ldc, n, rows, nil)
		} else {
			e.kernel(tall, k, &a[i*down], down, right, &b[0], ldb, 0, alpha, add, &c[i*ldc], ldc, n,
				rows, nil)
		}
	}
}

// deep computes product for a large k, if A and B need no packing and B stays in the L2 cache. It
// finishes one strip of A before the next, so that the kernel can prefetch the strip below and a
// strip of C stays in the L1 cache.
func (e *engine) deep(m, n, k int, alpha float32, a, b matrix, add bool, c []float32, ldc int) {
	kc, mr := depthOf(k), e.height(n, k)
	for i := 0; i < m; {
		rows := rowsOf(m-i, mr)
		for p := 0; p < k; p += kc {
			e.kernel(1, min(kc, k-p), &a.data[i*a.down+p], a.down, 1, &b.data[p*b.down], b.down, 0,
				alpha, add || p > 0, &c[i*ldc], ldc, n, rows, nil)
		}
		i += rows
	}
}

// turned returns the transpose of the n rows of k floats in b, for a small b, and its stride.
func (e *engine) turned(b []float32, ldb, n, k int) (work *buffer, stride int) {
	stride = roundUp(n, cacheLine/4)
	work = take(k * stride)
	e.turn(work.floats, stride, b, ldb, n, k)
	return work, stride
}

// cut divides m rows into as few strips of at most that many rows as possible: tall strips and low
// strips, which have one row less.
func cut(m, most int) (rows, tall, low int) {
	if m <= most {
		return m, 1, 0
	}
	strips := (m + most - 1) / most
	rows = (m + strips - 1) / strips
	low = strips*rows - m
	return rows, strips - low, low
}

// dotRows is the number of rows up to which scalar products with a small transposed B cost less
// than transposing it.
const dotRows = 2

// depthOf returns the depth of the blocks that k is divided into.
func depthOf(k int) int {
	blocks := (k + depth - 1) / depth
	return roundUp((k+blocks-1)/blocks, 8)
}

// A strip of A is read in place, or packed column by column, or copied row by row with a stride
// that avoids conflicts in the L1 cache.
const (
	asIs = iota
	packed
	skewed
)

const (
	skew  = 16   // floats between copied rows: one cache line
	alias = 1024 // floats; rows at a multiple of this stride share cache sets
)

func (e *engine) stripOf(m, n, k int, a matrix) int {
	const often = 4 // panels that use the strip
	switch {
	case e.packs, a.right != 1 && m*k > e.directArea && n > often*e.nr:
		return packed
	case a.right == 1 && a.down%alias == 0 && n > e.nr && m > 1:
		return skewed
	}
	return asIs
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

// height returns the largest number of rows of a strip. If B stays in the L1 cache, reading it once
// more is cheap, and lower tiles are faster: the sums of one tile are stored while the next is
// computed.
func (e *engine) height(n, k int) int {
	switch {
	case n <= e.nr/2 || k*n > e.lowArea:
		return e.mr
	case n%e.nr == 0:
		return e.evenRows
	}
	return e.lowRows
}

// rowsOf returns the height of the next strip if left rows remain. The last two strips share their
// rows, because a strip of a few rows is slow.
func rowsOf(left, most int) int {
	if left > most && left < most+most/2 {
		return (left + 1) / 2
	}
	return min(left, most)
}
