package ngram

import (
	"math"

	"lmzoo/lm"
)

// NextLogProbs implements lm.Model.
func (m *Model) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	r := m.recallOf(context)
	return m.next(dst, &r)
}

// next fills dst from the shortest history to the longest. Every token gets its unigram probability
// times all weights; then each longer history overwrites its few successors. This is one pass over
// the vocabulary, whatever the order.
func (m *Model) next(dst []float64, r *recall) []float64 {
	v := m.Vocab()
	dst = lm.Grow(dst, v)
	paid := m.paid(r)
	for w := range dst {
		dst[w] = (paid[0] + float64(m.unigramProb(uint32(w)))) * math.Ln10
	}
	for k := 1; k <= r.known; k++ {
		if r.node[k-1] == none {
			continue
		}
		t := &m.tables[k-1]
		lo, hi := m.successors(k, r.node[k-1])
		for i := lo; i < hi; i++ {
			if w := t.wordAt(i); int(w) < v {
				dst[w] = (paid[k] + float64(t.probAt(i))) * math.Ln10
			}
		}
	}
	return dst
}

// paid returns, for each history length k, the sum of the log weights of all longer histories. A
// token that is first found after the history of length k has this cost.
func (m *Model) paid(r *recall) (paid [MaxOrder + 1]float64) {
	for k := r.known; k >= 1; k-- {
		paid[k-1] = paid[k]
		if r.node[k-1] != none {
			paid[k-1] += float64(m.backoffWeight(k, r.node[k-1]))
		}
	}
	return paid
}
