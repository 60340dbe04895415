package autograd

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// Op is one recorded operation. Backward reads the gradient of its output and adds to the gradients
// of its inputs; AddGrad returns both.
type Op interface{ Backward() }

// Tape records operations in the order they ran. A Tape is for one goroutine.
type Tape struct {
	// Rand draws the dropout masks; nil means no dropout, as in evaluation.
	Rand *rand.Rand

	// Crew shares the work of single rows, as in generation; nil means one thread. It changes no
	// bit.
	Crew *gemm.Crew

	// Round is applied to the output of every recorded operation, and to its gradient before the
	// operation runs backward, to see what storing them in fewer bits would do. nil means none.
	Round func(x []float32)

	forward bool
	ops     []Op
	made    []int // the number of tensors when each op was recorded
	tensors []*Tensor
	n       int // tensors in use
	floats  arena[float32]
	ints    arena[int32]
	spare   [][]float32 // gradients that are no longer needed
	softmax logSoftmax
	step    attentionStep
}

// NewTape returns a tape that records.
func NewTape() *Tape { return &Tape{} }

// NewForward returns a tape for inference: it records nothing and keeps no gradients.
func NewForward() *Tape { return &Tape{forward: true} }

// Recording reports whether the tape records, so that gradients can be computed.
func (t *Tape) Recording() bool { return !t.forward }

// Reset deletes the record and reuses the memory of every Tensor that the tape made. The next step
// of the same shape allocates nothing.
func (t *Tape) Reset() {
	t.ops, t.made, t.n, t.spare = t.ops[:0], t.made[:0], 0, t.spare[:0]
	t.floats.reset()
	t.ints.reset()
}

// New returns a tensor in the tape's memory with unspecified values, valid until Reset. It wants a
// gradient if the tape records.
func (t *Tape) New(rows, cols int) *Tensor {
	return t.view(rows, cols, t.floats.take(rows*cols), !t.forward)
}

// Const returns a tensor over data without a gradient, valid until Reset.
func (t *Tape) Const(rows, cols int, data []float32) *Tensor {
	return t.view(rows, cols, data,
		false)
}

// view returns a tensor over data.
func (t *Tape) view(rows, cols int, data []float32, grad bool) *Tensor {
	if t.n == len(t.tensors) {
		t.tensors = append(t.tensors, new(Tensor))
	}
	x := t.tensors[t.n]
	t.n++
	*x = Tensor{General: blas32.General{Rows: rows, Cols: cols, Stride: cols,
		Data: data[:rows*cols]}, tape: t}
	if grad {
		x.Grad = x.Data[:0]
	}
	return x
}

// Scratch returns n floats of the tape's memory with unspecified values, valid until Reset.
func (t *Tape) Scratch(n int) []float32 { return t.floats.take(n) }

// ScratchInts returns n integers of the tape's memory with unspecified values, valid until Reset.
func (t *Tape) ScratchInts(n int) []int32 { return t.ints.take(n) }

// Backward propagates the gradient of loss, a 1×1 tensor, through everything recorded. It adds
// ∂loss/∂leaf to the Grad of every leaf. Gradients of other tensors do not survive: after the op
// that made a tensor has run backward, no op reads the tensor's gradient again, and its memory is
// reused. Call Backward once between two Resets.
func (t *Tape) Backward(loss *Tensor) {
	loss.want("loss", 1, 1)
	loss.AddGrad()[0] = 1
	for i := len(t.ops) - 1; i >= 0; i-- {
		from := 0
		if i > 0 {
			from = t.made[i-1]
		}
		if t.Round != nil {
			for _, x := range t.tensors[from:t.made[i]] {
				t.Round(x.Grad)
			}
		}
		t.ops[i].Backward()
		for _, x := range t.tensors[from:t.made[i]] { // made since the previous op
			t.give(x.takeGrad())
		}
	}
}

// round rounds the tensors that were made since the last operation.
func (t *Tape) round() {
	from := 0
	if n := len(t.made); n > 0 {
		from = t.made[n-1]
	}
	for _, x := range t.tensors[from:t.n] {
		if x.Grad != nil { // not a constant
			t.Round(x.Data)
		}
	}
}

// Record puts op on the tape. A training step usually records the same ops as the previous step, so
// the next slot already holds an op of the same type. Record overwrites it instead of allocating.
func Record[O any, P interface {
	*O
	Op
}](t *Tape, op O) {
	if t.forward {
		return
	}
	if t.Round != nil {
		t.round()
	}
	t.made = append(t.made, t.n)
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
