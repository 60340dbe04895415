package autograd

import (
	"math"

	"lmzoo/autograd/vec"
)

// LogSoftmax stores logits − ln Σ exp(logits), in nats, in dst. It computes in float64, so that the
// probabilities of a large vocabulary sum to 1 within 1e-12. The crew divides the blocks of logits,
// whose sums are added in order.
func (t *Tape) LogSoftmax(dst []float64, logits []float32) {
	blocks := (len(logits) + softmaxBlock - 1) / softmaxBlock
	s := &t.softmax
	*s = logSoftmax{dst: dst, logits: logits, top: float64(vec.Max(logits)), sums: s.sums}
	if len(s.sums) < blocks {
		s.sums = make([]float64, blocks)
	}
	t.Crew.Do(blocks, s)
	var sum float64
	for _, part := range s.sums[:blocks] {
		sum += part
	}
	s.shift = s.top + math.Log(sum)
	s.second = true
	t.Crew.Do(blocks, s)
	s.dst, s.logits = nil, nil
}

const softmaxBlock = 1 << 11

// logSoftmax adds the exponentials in its first round and subtracts the logarithm of their sum in
// its second.
type logSoftmax struct {
	dst        []float64
	logits     []float32
	sums       []float64 // of each block
	top, shift float64
	second     bool
}

func (s *logSoftmax) Part(block int) {
	from, to := block*softmaxBlock, min((block+1)*softmaxBlock, len(s.logits))
	logits := s.logits[from:to]
	if s.second {
		for i, v := range logits {
			s.dst[from+i] = float64(v) - s.shift
		}
		return
	}
	s.sums[block] = vec.ExpSum64(logits, s.top)
}
