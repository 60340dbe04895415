package align

import (
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// rlBatch holds the answers of a roll-out as rows of tokens, with the terms of the tokens that the
// policy drew.
type rlBatch struct {
	b, t  int
	x     []lm.Token // [B·T] BOS, the prompt, and the answer without its last token
	first []int32    // [B+1] start of each row's drawn tokens in the fields below
	at    []int32    // the position before each drawn token, which predicts it
	y     []lm.Token // the drawn tokens
	drawn []int      // the number of drawn tokens of each answer
	from  int        // the first row of a share
	terms

	raw corpus.Batch // pre-training text
}

// Rows returns the number of rows.
func (b rlBatch) Rows() int { return b.b }

// Targets returns the number of tokens that the policy drew.
func (b rlBatch) Targets() int { return len(b.y) }

// Of returns b unchanged, because its weights include the denominators.
func (b rlBatch) Of(int) rlBatch { return b }

// Size returns the number of positions in the batch and in a row.
func (b rlBatch) Size() (positions, context int) { return b.b*b.t + b.raw.B*b.raw.T, b.t }

// Share returns share i of n of the rows and of the text.
func (b rlBatch) Share(i, n int) (rlBatch, bool) {
	lo, hi := b.b*i/n, b.b*(i+1)/n
	from, to := b.first[lo], b.first[hi]
	s := rlBatch{b: hi - lo, t: b.t, x: b.x[lo*b.t : hi*b.t], first: b.first[lo : hi+1],
		at: b.at[from:to], y: b.y[from:to], from: b.from + lo,
		terms: b.terms.slice(int(from), int(to))}
	if b.raw.B > 0 {
		s.raw, _ = b.raw.Share(i, n)
	}
	return s, hi > lo
}

// rlLearner is a policy with the loss of reinforcement learning.
type rlLearner struct {
	Policy `param:""`
	Value  *nn.LinearT `param:"value_head,output"` // [1, C]; nil: none
	o      *RLOptions
}

// Blocks implements train.Fused.
func (l *rlLearner) Blocks(param string) (down, across int) {
	return blocksOf(l.Policy, param)
}

// Loss returns the sum of the losses of the algorithm, the value head and the text. It reads the
// answers without dropout, as they were drawn; otherwise, the ratio of PPO would measure the
// dropout.
func (l *rlLearner) Loss(t *autograd.Tape, b rlBatch) *autograd.Tensor {
	dice := t.Rand
	t.Rand = nil
	h := drawn(t, l.Policy, &b)                               // [n, C]
	logProbs := l.HeadLogProbs(t, h, b.y)                     // [n, 1]
	loss := tokenLoss(t, logProbs, l.objective(&b), b.weight) // 1×1
	if l.Value != nil && l.o.Value > 0 {
		v := valueLoss(t, l.Value.Forward(t, h), b.terms) // 1×1
		loss = t.Add(loss, t.Scale(v, float32(l.o.Value)))
	}
	t.Rand = dice
	if b.raw.B > 0 {
		text := l.Policy.Loss(t, b.raw) // 1×1
		loss = t.Add(loss, t.Scale(text, float32(l.o.Rehearse)))
	}
	return loss
}

func (l *rlLearner) objective(b *rlBatch) objective {
	switch l.o.Algorithm {
	case Reinforce:
		return policyGradient{b.terms}
	case PPO:
		return clipped{terms: b.terms, clip: l.o.Clip}
	}
	return clipped{terms: b.terms, clip: l.o.Clip, kl: l.o.KL}
}

// drawn returns the last hidden vectors at the positions that predict the drawn tokens, [n, C].
func drawn(t *autograd.Tape, m nn.Encoder, b *rlBatch) *autograd.Tensor {
	hidden := m.Hidden(t, corpus.Batch{B: b.b, T: b.t, X: b.x})
	at := t.ScratchInts(len(b.at))
	for i, p := range b.at {
		at[i] = p - int32(b.from*b.t)
	}
	return t.Embedding(hidden[len(hidden)-1], at)
}

// channels returns the number of channels of a model's last hidden vectors.
func channels(m nn.Encoder) int {
	t := autograd.NewForward()
	hidden := m.Hidden(t, corpus.Batch{B: 1, T: 1, X: []lm.Token{lm.BOS}})
	return hidden[len(hidden)-1].Cols
}

// readPieces is the number of parts in which a roll-out is read. It is fixed, so that the bits do
// not depend on the number of threads.
const readPieces = 4

// tapes is a pool of forward tapes, one per reading thread. It hands out the most recently used
// tape, because that tape is still in the caches.
type tapes struct {
	mu   sync.Mutex
	free []*autograd.Tape
}

func (t *tapes) take() *autograd.Tape {
	t.mu.Lock()
	defer t.mu.Unlock()
	last := len(t.free) - 1
	if last < 0 {
		return autograd.NewForward()
	}
	tape := t.free[last]
	t.free = t.free[:last]
	return tape
}

func (t *tapes) give(tape *autograd.Tape) {
	tape.Reset()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.free = append(t.free, tape)
}

// read stores ln P of every drawn token under m in dst or, with a value head, the token's value.
func (r *RL) read(m Policy, value *nn.LinearT, dst []float32) {
	inParallel(r.threads, readPieces, func(i int) {
		b, ok := r.batch.Share(i, readPieces)
		if !ok || len(b.y) == 0 {
			return
		}
		t := r.tapes.take()
		defer r.tapes.give(t)
		h := drawn(t, m, &b)
		var y *autograd.Tensor
		if value != nil {
			y = value.Forward(t, h) // [n, 1]
		} else {
			y = m.HeadLogProbs(t, h, b.y) // [n, 1]
		}
		copy(dst[b.first[0]:], y.Data[:len(b.y)])
	})
}
