package ngram

import (
	"cmp"
	"math"
	"slices"

	"lmzoo/lm"
)

// Choice is a token and its ln P.
type Choice struct {
	Token   lm.Token
	LogProb float64
}

// Top returns the k most probable next tokens, best first, without a pass over the vocabulary. It
// inspects the successors of each history, and the sorted unigrams for as long as they can still be
// among the best.
func (m *Model) Top(context []lm.Token, k int) []Choice {
	r := m.recallOf(context)
	paid := m.paid(&r)
	best := choices{k: min(k, m.Vocab())}
	if best.k < 1 {
		return nil
	}
	for n := r.known; n >= 1; n-- {
		if r.node[n-1] == none {
			continue
		}
		t := &m.tables[n-1]
		lo, hi := m.successors(n, r.node[n-1])
		for i := lo; i < hi; i++ {
			p := paid[n] + float64(t.probAt(i))
			if best.wants(p) && !m.seenLonger(&r, n, t.wordAt(i)) {
				best.add(Choice{lm.Token(t.wordAt(i)), p})
			}
		}
	}
	for _, w := range m.frequent() {
		p := paid[0] + float64(m.unigramProb(w))
		if !best.wants(p) {
			break
		}
		if !m.seenLonger(&r, 0, w) {
			best.add(Choice{lm.Token(w), p})
		}
	}
	return best.sorted()
}

// seenLonger reports whether a history longer than n has w as a successor and therefore decides its
// probability.
func (m *Model) seenLonger(r *recall, n int, w uint32) bool {
	for k := n + 1; k <= r.known; k++ {
		if r.node[k-1] == none {
			continue
		}
		lo, hi := m.successors(k, r.node[k-1])
		if _, ok := m.tables[k-1].find(lo, hi, w); ok {
			return true
		}
	}
	return false
}

// frequent returns all tokens, sorted by descending unigram probability.
func (m *Model) frequent() []uint32 {
	m.sortOnce.Do(func() {
		m.byProb = make([]uint32, m.Vocab())
		for w := range m.byProb {
			m.byProb[w] = uint32(w)
		}
		slices.SortFunc(m.byProb, func(a, b uint32) int {
			return cmp.Or(cmp.Compare(m.unigramProb(b), m.unigramProb(a)), cmp.Compare(a, b))
		})
	})
	return m.byProb
}

// choices holds the k best choices in a heap with the worst at the root.
type choices struct {
	k    int
	heap []Choice
}

// wants reports whether a choice of log10 p could be among the best; add resolves ties.
func (c *choices) wants(p float64) bool { return len(c.heap) < c.k || p >= c.heap[0].LogProb }

func (c *choices) add(x Choice) {
	if len(c.heap) == c.k {
		if worse(x, c.heap[0]) {
			return
		}
		c.heap[0] = x
		c.down(0)
		return
	}
	c.heap = append(c.heap, x)
	for i := len(c.heap) - 1; i > 0; {
		up := (i - 1) / 2
		if !worse(c.heap[i], c.heap[up]) {
			break
		}
		c.heap[i], c.heap[up] = c.heap[up], c.heap[i]
		i = up
	}
}

func (c *choices) down(i int) {
	for {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(c.heap) && worse(c.heap[child], c.heap[least]) {
				least = child
			}
		}
		if least == i {
			return
		}
		c.heap[i], c.heap[least] = c.heap[least], c.heap[i]
		i = least
	}
}

// worse reports whether a is worse than b: less probable, or equally probable with a higher token.
func worse(a, b Choice) bool {
	return a.LogProb < b.LogProb || a.LogProb == b.LogProb && a.Token > b.Token
}

// sorted returns the choices in nats, best first.
func (c *choices) sorted() []Choice {
	slices.SortFunc(c.heap, func(a, b Choice) int {
		return cmp.Or(cmp.Compare(b.LogProb, a.LogProb), cmp.Compare(a.Token, b.Token))
	})
	for i := range c.heap {
		c.heap[i].LogProb *= math.Ln10
	}
	return c.heap
}
