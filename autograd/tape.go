package autograd

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"
)

// Op is one recorded operation: Backward adds to the gradients of its inputs what the gradient of its
// output implies.
type Op interface{ Backward() }

// Tape records operations in the order they ran. A Tape is for one goroutine.
type Tape struct {
	// Rand draws the dropout masks; nil means no dropout, as when a model is judged and not trained.
	Rand *rand.Rand

	forward bool
	ops     []Op
	floats  arena[float32]
	tensors arena[Tensor]
}

// NewTape returns a tape that records.
func NewTape() *Tape { return &Tape{} }

// NewForward returns a tape for inference: it computes, records nothing and keeps no gradients.
func NewForward() *Tape { return &Tape{forward: true} }

// Recording reports whether gradients are wanted.
func (t *Tape) Recording() bool { return !t.forward }

// Reset forgets everything recorded and takes back the memory of every Tensor the tape made: the next
// step, of the same shape, allocates nothing.
func (t *Tape) Reset() {
	t.ops = t.ops[:0]
	t.floats.reset()
	t.tensors.reset()
}

// New returns a tensor of the tape's memory, valid until Reset. Its values are unspecified; its gradient, if the tape records, is zero.
func (t *Tape) New(rows, cols int) *Tensor {
	x := &t.tensors.take(1)[0]
	x.General = blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: t.floats.take(rows * cols)}
	x.Grad = nil
	if !t.forward {
		x.Grad = t.floats.take(rows * cols)
		clear(x.Grad)
	}
	return x
}

// Scratch returns n floats of the tape's memory, valid until Reset, with unspecified values.
func (t *Tape) Scratch(n int) []float32 { return t.floats.take(n) }

// Backward sends the gradient of loss, a 1×1 tensor, back through everything recorded: afterwards the
// Grad of every leaf has grown by ∂loss/∂leaf.
func (t *Tape) Backward(loss *Tensor) {
	loss.Grad[0] = 1
	for i := len(t.ops) - 1; i >= 0; i-- {
		t.ops[i].Backward()
	}
}

// Record puts op on the tape. One training step repeats the last, so the place on the tape most often
// holds the same kind of record already: it is written over instead of allocated.
func Record[O any, P interface {
	*O
	Op
}](t *Tape, op O) {
	if t.forward {
		return
	}
	n := len(t.ops)
	if n < cap(t.ops) {
		t.ops = t.ops[:n+1]
		if old, ok := t.ops[n].(P); ok {
			*old = op
			return
		}
	} else {
		t.ops = append(t.ops, nil)
	}
	p := P(new(O))
	*p = op
	t.ops[n] = p
}

// arena hands out slices of large blocks and takes all of them back at once.
type arena[T any] struct {
	blocks [][]T
	block  int // the block being handed out
	used   int // of that block
}

const arenaBlock = 1 << 12 // smallest block, in elements

func (a *arena[T]) take(n int) []T {
	for ; a.block < len(a.blocks); a.block, a.used = a.block+1, 0 {
		if b := a.blocks[a.block]; a.used+n <= len(b) {
			a.used += n
			return b[a.used-n : a.used : a.used]
		}
	}
	a.blocks = append(a.blocks, make([]T, max(n, arenaBlock)))
	a.used = n
	return a.blocks[a.block][:n:n]
}

func (a *arena[T]) reset() { a.block, a.used = 0, 0 }
