package align

import (
	"sync"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/format/safetensors"
	"lmzoo/lm"
	"lmzoo/nn"
)

// rlBatch holds the answers of a roll-out as rows of tokens, and the numbers that belong to the
// tokens that the policy drew.
type rlBatch struct {
	b, t  int
	x     []lm.Token // [B·T] for each answer BOS, the prompt, and the answer but its last token
	first []int32    // [B+1] where the drawn tokens of each row begin in the fields below
	at    []int32    // the position before each drawn token, which predicts it
	y     []lm.Token // the drawn tokens
	drawn []int      // the number of drawn tokens of each answer
	from  int        // the first row of a share
	terms

	raw corpus.Batch // text of the pre-training
}

// Rows returns the number of rows.
func (b rlBatch) Rows() int { return b.b }

// Targets returns the number of tokens that the policy drew.
func (b rlBatch) Targets() int { return len(b.y) }

// Of returns b: the denominators are in the weights.
func (b rlBatch) Of(int) rlBatch { return b }

// Size returns the number of positions, and those of a row.
func (b rlBatch) Size() (positions, context int) { return b.b*b.t + b.raw.B*b.raw.T, b.t }

// Share returns share i of n of the rows and of the text.
func (b rlBatch) Share(i, n int) (rlBatch, bool) {
	lo, hi := b.b*i/n, b.b*(i+1)/n
	from, to := b.first[lo], b.first[hi]
	s := rlBatch{b: hi - lo, t: b.t, x: b.x[lo*b.t : hi*b.t], first: b.first[lo : hi+1],
		at: b.at[from:to], y: b.y[from:to], from: b.from + lo,
		terms: b.terms.part(int(from), int(to))}
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

// Loss is the loss of the algorithm, of the value head, and of the text. The answers are read
// without dropout, as they were drawn: otherwise the ratio of PPO would measure the dropout.
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

// tapes are forward tapes, as many as threads read at a time. The tape that was used last is still in
// the caches.
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

// read stores ln P of every drawn token by m in dst or, with a value head, its value.
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

// buffer holds a roll-out in arrays of fixed size, which a checkpoint stores. The arrays of drawn
// tokens hold them answer after answer, without gaps.
type buffer struct {
	answers, row, most int // answers; tokens of a row; tokens of an answer

	tokens  []float32 // [answers·row]
	lengths []float32 // [answers·2] of the prompt, and of prompt and answer
	own     []float32 // [answers·most] 1: drawn

	old, reference, values, advantage, target []float32 // [answers·most] of the drawn tokens
	first                                     []int     // [answers+1] where those of an answer begin

	finished []float32 // [1]
	running  baseline
}

func newBuffer(o RLOptions, longest int) *buffer {
	n := o.Prompts * o.Samples
	b := &buffer{answers: n, row: longest + o.Max, most: o.Max, lengths: make([]float32, 2*n),
		finished: make([]float32, 1), running: baseline{make([]float32, 2)}}
	b.tokens = make([]float32, n*b.row)
	for _, s := range []*[]float32{&b.own, &b.old, &b.reference, &b.values, &b.advantage,
		&b.target} {
		*s = make([]float32, n*b.most)
	}
	return b
}

// State lists the tensors of the optimizer, the value head and the roll-out.
func (r *RL) State() []safetensors.Tensor {
	b, all := r.buffer, r.dense.State()
	add := func(name string, data []float32) {
		all = append(all, safetensors.Tensor{Name: name, Shape: []int{len(data)}, Data: data})
	}
	if v := r.learner.Value; v != nil {
		add("value_head.weight", v.Weight.Data)
		add("value_head.bias", v.Bias.Data)
	}
	add("rollout.tokens", b.tokens)
	add("rollout.lengths", b.lengths)
	add("rollout.own", b.own)
	add("rollout.log_probs", b.old)
	add("rollout.reference", b.reference)
	add("rollout.advantages", b.advantage)
	add("rollout.targets", b.target)
	add("rollout.finished", b.finished)
	add("rollout.baseline", b.running.state)
	return all
}

// store writes answers into the buffer.
func (b *buffer) store(answers []Rollout) {
	n := 0
	b.first = append(b.first[:0], 0)
	for i, r := range answers {
		for j, tok := range r.Tokens {
			b.tokens[i*b.row+j] = float32(tok)
		}
		b.lengths[2*i], b.lengths[2*i+1] = float32(r.Start), float32(len(r.Tokens))
		for j, own := range r.Own {
			b.own[i*b.most+j] = 0
			if own {
				b.own[i*b.most+j] = 1
				b.old[n] = r.LogProbs[j]
				n++
			}
		}
		b.first = append(b.first, n)
	}
}

// batch lays the answers out in rows. A BOS begins each answer and separates it from the others in
// its row, as it separates documents. A row is at most twice as long as the longest answer needs, so
// that short answers share one.
func (b *buffer) batch(to *rlBatch, o RLOptions) {
	longest := 1
	for i := range b.answers {
		longest = max(longest, int(b.lengths[2*i+1]))
	}
	to.b, to.t, to.from = 1, max(longest, min(2*longest, rowTokens)), 0
	to.x, to.first, to.at, to.y = to.x[:0], append(to.first[:0], 0), to.at[:0], to.y[:0]
	to.drawn = to.drawn[:0]
	for i := range b.answers {
		start, end := int(b.lengths[2*i]), int(b.lengths[2*i+1])
		if len(to.x)+end > to.b*to.t {
			to.endRow()
			to.b++
		}
		at, before := len(to.x), len(to.y)
		to.x = append(to.x, lm.BOS)
		for j, tok := range b.tokens[i*b.row:][:end] {
			if j+1 < end {
				to.x = append(to.x, lm.Token(tok))
			}
			if j >= start && b.own[i*b.most+j-start] > 0 {
				to.at = append(to.at, int32(at+j)) // x[at+j] is the token before token j
				to.y = append(to.y, lm.Token(tok))
			}
		}
		to.drawn = append(to.drawn, len(to.y)-before)
	}
	to.endRow()
	n := len(to.y)
	to.weight = to.weight[:0]
	for _, drawn := range to.drawn {
		for range drawn {
			to.weight = append(to.weight, o.weightOf(drawn, n, b.answers))
		}
	}
	to.terms = terms{b.old[:n], b.reference[:n], b.advantage[:n], b.target[:n], to.weight}
}

// rowTokens is the length up to which rows grow for several answers.
const rowTokens = 64

// endRow fills the row with empty documents.
func (b *rlBatch) endRow() {
	for len(b.x) < b.b*b.t {
		b.x = append(b.x, lm.BOS)
	}
	b.first = append(b.first, int32(len(b.y)))
}

// judge turns the rewards of the answers into advantages of their tokens, and counts the groups of
// equal rewards.
func (b *buffer) judge(rewards []float64, o RLOptions) (flat int) {
	if o.Samples > 1 {
		_, flat = groupAdvantages(rewards, o.Samples, NoScale, 0)
	}
	if o.Algorithm == PPO {
		b.judgeTokens(rewards, o)
		return flat
	}
	penalised := append([]float64(nil), rewards...)
	if o.Algorithm == Reinforce {
		for i := range penalised {
			from, to := b.span(i)
			for j := from; j < to; j++ {
				penalised[i] -= o.KL * (float64(b.old[j]) - float64(b.reference[j]))
			}
		}
	}
	var advantages []float64
	if o.Algorithm == Reinforce && o.Baseline == RunningBaseline {
		advantages = b.runningAdvantages(penalised, o)
	} else {
		advantages, _ = groupAdvantages(penalised, o.Samples, o.Normalise, o.Floor)
	}
	for i, a := range advantages {
		from, to := b.span(i)
		for j := from; j < to; j++ {
			b.advantage[j] = float32(a)
		}
	}
	return flat
}

// span returns where the drawn tokens of answer i stand.
func (b *buffer) span(i int) (from, to int) { return b.first[i], b.first[i+1] }

// runningAdvantages returns the rewards minus their moving mean, which answers of other prompts
// have set. Before the first step it is the mean of this one.
func (b *buffer) runningAdvantages(rewards []float64, o RLOptions) []float64 {
	mean, deviation := moments(rewards)
	if b.running.empty() {
		b.running.add(mean)
	}
	center := b.running.mean()
	b.running.add(mean)
	advantages := make([]float64, len(rewards))
	for i, r := range rewards {
		advantages[i] = scaled(r-center, deviation, deviation, o.Normalise, o.Floor)
	}
	return advantages
}

// judgeTokens computes the advantages of PPO.
func (b *buffer) judgeTokens(rewards []float64, o RLOptions) {
	earned := make([]float32, b.most)
	for i, reward := range rewards {
		from, to := b.span(i)
		earned := earned[:to-from]
		tokenRewards(earned, b.old[from:to], b.reference[from:to], reward, o.KL)
		estimate(b.advantage[from:to], b.target[from:to], earned, b.values[from:to], o.Lambda)
	}
	if _, n := b.span(b.answers - 1); o.Normalise == BatchScale {
		whiten(b.advantage[:n], o.Floor)
	}
}
