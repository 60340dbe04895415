package ngram

import "math"

// unpack returns the columns of a model.
func (m *Model) unpack() grams {
	g := grams{order: m.Order}
	for k, n := range m.Grams {
		var word, child []uint32
		var backoff []float32
		prob := make([]float32, n)
		highest := k+1 == m.Order
		if !highest {
			child, backoff = make([]uint32, n+1), make([]float32, n)
			child[n] = uint32(m.Grams[k+1])
		}
		if k > 0 {
			word = make([]uint32, n)
		}
		for i := range uint32(n) {
			if k == 0 {
				prob[i] = m.unigramProb(i)
			} else {
				word[i], prob[i] = m.tables[k-1].wordAt(i), m.tables[k-1].probAt(i)
			}
			if !highest {
				child[i], _ = m.successors(k+1, i)
				backoff[i] = m.backoffWeight(k+1, i)
			}
		}
		g.word, g.child, g.prob, g.backoff = append(g.word, word), append(g.child, child),
			append(g.prob, prob), append(g.backoff, backoff)
	}
	for k := range m.counts {
		raw, count := make([]uint32, m.Grams[k]), make([]uint32, m.Grams[k])
		m.counts[k].scan(0, uint32(len(raw)), func(i, r, c uint32) { raw[i], count[i] = r, c })
		g.raw, g.count = append(g.raw, raw), append(g.count, count)
	}
	return g
}

// gram is an n-gram as visit passes it.
type gram struct {
	order          int
	index, history uint32 // index in its level, and of its history in the level below
	// suffix is the n-gram without its first token, in the level below; none if the model lacks it
	suffix uint32
	prob   float64 // log10 P(w | h)
	lower  float64 // log10 P(w | h′), the probability after the shorter history
	before float64 // log10 P(h) under the model
}

// visit calls show for every n-gram above order 1, each after its history.
func (m *Model) visit(show func(gram)) {
	if m.Order == 1 {
		return
	}
	var descend func(k int, history uint32, shorter *recall, before float64)
	descend = func(k int, history uint32, shorter *recall, before float64) {
		lo, hi := m.successors(k, history)
		t := &m.tables[k-1]
		for i := lo; i < hi; i++ {
			after := *shorter
			g := gram{order: k + 1, index: i, history: history, suffix: none, before: before,
				prob: float64(t.probAt(i))}
			w := t.wordAt(i)
			g.lower = m.step(&after, w)
			if k == 1 {
				g.suffix = w
			} else if after.known >= k {
				g.suffix = after.node[k-1]
			}
			if w == 0 && k > 1 {
				g.suffix = none
				if j, ok := m.closing(shorter, k); ok {
					g.suffix = j
				}
			}
			show(g)
			if k+1 < m.Order && w != 0 {
				descend(k+1, i, &after, before+g.prob)
			}
		}
	}
	for w := range uint32(m.Vocab()) {
		descend(1, w, &recall{}, float64(m.unigramProb(w)))
	}
}

// closing finds the n-gram that ends the document after the k−1 tokens in r.
func (m *Model) closing(r *recall, k int) (uint32, bool) {
	if r.known < k-1 || r.node[k-2] == none {
		return none, false
	}
	lo, hi := m.successors(k-1, r.node[k-2])
	return m.tables[k-2].find(lo, hi, 0)
}

// sums returns Σ_seen P(w|h) and Σ_seen P(w|h′) of every history h, by the length of h, and whether
// the model holds the suffix of every n-gram.
func (m *Model) sums() (own, lower [MaxOrder][]float64, closed bool) {
	for k := 1; k < m.Order; k++ {
		own[k], lower[k] = make([]float64, m.Grams[k-1]), make([]float64, m.Grams[k-1])
	}
	closed = true
	m.visit(func(g gram) {
		own[g.order-1][g.history] += math.Pow(10, g.prob)
		lower[g.order-1][g.history] += math.Pow(10, g.lower)
		closed = closed && g.suffix != none
	})
	return own, lower, closed
}

// rebalance recomputes the weight of every history, so that its probabilities sum to 1:
//
//	γ(h) = (1 − Σ_seen P(w|h)) / (1 − Σ_seen P(w|h′))
//
// If the model has the suffix of every n-gram, one round is exact. A model of another toolkit may
// lack some suffixes; P(w|h′) then depends on weights too, and each round makes one more order
// exact.
func (m *Model) rebalance() *Model {
	for round := 1; round < m.Order; round++ {
		own, lower, closed := m.sums()
		columns := m.unpack()
		for k := 1; k < m.Order; k++ {
			for i := range own[k] {
				columns.backoff[k-1][i] = weight(own[k][i], lower[k][i])
			}
		}
		m = columns.pack(m.kept())
		if closed {
			break
		}
	}
	return m
}

// weight returns log10 γ of a history. own and lower are the sums of the probabilities of its
// successors, after the history itself and after the shorter history.
func weight(own, lower float64) float32 {
	const nothing = 1e-9 // the rounding error of 1 − 1
	switch {
	case own == 0 && lower == 0:
		return 0
	case 1-own < nothing:
		return log10(nothing) // all tokens are successors; keep the weight finite
	case 1-lower < nothing:
		return 0 // the shorter history has no other tokens
	}
	return log10((1 - own) / (1 - lower))
}

// kept returns the part of the header that does not depend on the arrays.
func (m *Model) kept() header {
	return header{
		Config: m.Config, Discounts: m.Discounts, Notes: m.Notes, Quantized: m.Quantized,
		Entropy: m.Entropy, Run: m.Run,
	}
}
