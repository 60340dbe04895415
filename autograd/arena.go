package autograd

import "lmzoo/autograd/gemm"

// arena allocates slices of large blocks and frees all of them at once.
type arena[T float32 | int32] struct {
	blocks [][]T
	used   int // of the last block
	total  int // elements allocated since the last reset
}

const (
	arenaBlock = 1 << 12 // smallest block, in elements
	arenaAlign = 16      // 16 float32 are a cache line
)

// take returns n elements with unspecified values.
func (a *arena[T]) take(n int) []T {
	size := (n + arenaAlign - 1) &^ (arenaAlign - 1)
	a.total += size
	if last := len(a.blocks) - 1; last < 0 || a.used+size > len(a.blocks[last]) {
		a.blocks = append(a.blocks, gemm.Make[T](max(size, arenaBlock)))
		a.used = 0
	}
	block := a.blocks[len(a.blocks)-1]
	out := block[a.used : a.used+n : a.used+n]
	a.used += size
	return out
}

// reset frees everything. If several blocks were needed, one block that is large enough replaces
// them. It grows by at least a quarter, because a text that gets longer would outgrow it again and
// again.
func (a *arena[T]) reset() {
	if len(a.blocks) > 1 {
		size := max(a.total, len(a.blocks[0])*5/4)
		clear(a.blocks) // free the old blocks before allocating the new one
		a.blocks = append(a.blocks[:0], gemm.Make[T](size))
	}
	a.used, a.total = 0, 0
}
