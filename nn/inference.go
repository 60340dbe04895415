package nn

import (
	"sync"

	"lmzoo/autograd"
	"lmzoo/autograd/gemm"
)

// Inference holds the data that a model needs for inference besides its weights: forward tapes,
// which it reuses, and the threads that generate a token together. A replica shares both.
type Inference struct {
	params int // scalar parameters of the model
	tapes  *sync.Pool
	crew   *gemm.Crew // nil: one thread
}

// NewInference returns the Inference of a model; all parameters of the model must exist already.
func NewInference(model any) Inference {
	return Inference{
		params: Count(model),
		tapes:  &sync.Pool{New: func() any { return autograd.NewForward() }},
	}
}

// sharedFrom is the minimum size of a model's weights, in bytes, for which several threads are
// faster. Smaller weights fit in the cache of one core.
const sharedFrom = 4 << 20

// SetThreads lets several threads generate each token together if the model is large. Any number of
// threads gives the same bits. Do not call it while the model is in use.
func (n *Inference) SetThreads(threads int) {
	n.crew = nil
	if 4*n.params >= sharedFrom {
		n.crew = gemm.NewCrew(threads)
	}
}

// Threaded reports whether several threads generate a token together.
func (n *Inference) Threaded() bool { return n.crew != nil }

// With calls f with a forward tape, and reclaims its memory afterwards.
func (n *Inference) With(f func(t *autograd.Tape)) {
	t := n.tapes.Get().(*autograd.Tape)
	f(t)
	t.Reset()
	n.tapes.Put(t)
}

// WithCrew is like With, but the tape uses the threads of SetThreads.
func (n *Inference) WithCrew(f func(t *autograd.Tape)) {
	t := n.tapes.Get().(*autograd.Tape)
	t.Crew = n.crew
	f(t)
	t.Crew = nil
	t.Reset()
	n.tapes.Put(t)
}

// LogProbs computes ln softmax of the logits [1, V] that f returns, in nats. It stores the result
// in dst, or in a new slice if dst is too short, and returns it. f uses the threads of SetThreads.
func (n *Inference) LogProbs(dst []float64, f func(t *autograd.Tape) *autograd.Tensor) []float64 {
	t := n.tapes.Get().(*autograd.Tape)
	t.Crew = n.crew
	dst = LogSoftmax(t, dst, f(t).Row(0))
	t.Crew = nil
	t.Reset()
	n.tapes.Put(t)
	return dst
}
