package autograd

// arena hands out slices of large blocks and takes all of them back at once.
type arena[T any] struct {
	blocks [][]T
	used   int // of the last block
	total  int // handed out since the last reset
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
		a.blocks = append(a.blocks, make([]T, max(size, arenaBlock)))
		a.used = 0
	}
	block := a.blocks[len(a.blocks)-1]
	out := block[a.used : a.used+n : a.used+n]
	a.used += size
	return out
}

// reset takes everything back. What had to be taken in several blocks will fit in one; a block that is
// outgrown again and again, as by a text that gets longer, grows by a quarter at least.
func (a *arena[T]) reset() {
	if len(a.blocks) > 1 {
		size := max(a.total, len(a.blocks[0])*5/4)
		clear(a.blocks) // let go of the old blocks before the new one is made
		a.blocks = append(a.blocks[:0], make([]T, size))
	}
	a.used, a.total = 0, 0
}
