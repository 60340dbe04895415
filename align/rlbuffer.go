package align

import (
	"lmzoo/format/safetensors"
	"lmzoo/lm"
)

// buffer holds a roll-out in arrays of fixed size, which a checkpoint stores. The arrays of drawn
// tokens are filled answer after answer, without gaps.
type buffer struct {
	answers, row, most int // number of answers; tokens per row; tokens per answer

	tokens  []float32 // [answers·row]
	lengths []float32 // [answers·2] length of the prompt, and of prompt and answer
	own     []float32 // [answers·most] 1 for a drawn token, otherwise 0

	old, reference, values, advantage, target []float32 // [answers·most] data of drawn tokens
	first                                     []int     // [answers+1] start of each answer

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

// batch lays the answers out in rows. A BOS begins each answer and separates it from the other
// answers in its row, as it separates documents. A row is at most twice as long as the longest
// answer needs, so that short answers can share a row.
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

// rowTokens is the length up to which a row grows to hold several answers.
const rowTokens = 64

// endRow fills the rest of the row with empty documents.
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

// span returns the range of the drawn tokens of answer i.
func (b *buffer) span(i int) (from, to int) { return b.first[i], b.first[i+1] }

// runningAdvantages returns the rewards minus the moving mean of earlier steps, whose answers were
// to other prompts. In the first step, it subtracts the mean of that step.
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
