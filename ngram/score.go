package ngram

import (
	"math"

	"lmzoo/lm"
)

// recall is the memory of an n-gram model: for each length k, the n-gram of the last k tokens in
// level k, if the model has it. Copying a recall clones it.
type recall struct {
	known int // the longest length
	node  [MaxOrder]uint32
}

// begin returns the memory at the beginning of a document, the history <s>.
func (m *Model) begin() recall {
	var r recall
	if m.Order > 1 {
		r.known = 1 // node[0] = lm.BOS
	}
	return r
}

// step returns log10 P of w after the tokens in r, and appends w to r.
//
// It goes from the longest history to the shortest. While w is not a successor, it adds the weight
// of the history. The first history that has w decides the probability; the shorter ones only
// update the memory.
func (m *Model) step(r *recall, w uint32) float64 {
	if w >= uint32(m.Vocab()) {
		r.known = 0
		return math.Inf(-1)
	}
	sum, longest := 0.0, 0
	for k := r.known; k >= 1; k-- {
		history := r.node[k-1]
		if history == none {
			r.node[k] = none
			continue
		}
		lo, hi := m.successors(k, history)
		i, ok := m.tables[k-1].find(lo, hi, w)
		r.node[k] = i
		switch {
		case longest > 0:
		case ok:
			longest = k + 1
			sum += float64(m.tables[k-1].probAt(i))
		default:
			sum += float64(m.backoffWeight(k, history))
		}
	}
	if longest == 0 {
		longest = 1
		sum += float64(m.unigramProb(w))
	}
	if w == uint32(lm.BOS) {
		*r = m.begin()
		return sum
	}
	r.node[0] = w
	r.known = min(longest, m.Order-1)
	return sum
}

// Score implements [lm.Scorer]. It takes two to three searches per token and does not allocate.
func (m *Model) Score(dst []float64, tokens []lm.Token) []float64 {
	dst = lm.Grow(dst, len(tokens))
	r := m.begin()
	for i, tok := range tokens {
		dst[i] = m.step(&r, uint32(tok)) * math.Ln10
	}
	return dst
}

// recallOf returns the memory of a context.
func (m *Model) recallOf(context []lm.Token) recall {
	r := m.begin()
	context = lm.SinceBOS(context)
	if len(context) >= m.Order {
		r.known = 0
		context = context[len(context)-m.Order+1:]
	}
	for _, tok := range context {
		m.step(&r, uint32(tok))
	}
	return r
}

// Start implements lm.Stepper.
func (m *Model) Start() lm.State { return &state{model: m, recall: m.begin()} }

// state is the memory of one text in progress.
type state struct {
	model  *Model
	recall recall
}

// NextLogProbs implements lm.State.
func (s *state) NextLogProbs(dst []float64) []float64 { return s.model.next(dst, &s.recall) }

// Push implements lm.State.
func (s *state) Push(t lm.Token) { s.model.step(&s.recall, uint32(t)) }

// Clone implements lm.State.
func (s *state) Clone() lm.State {
	c := *s
	return &c
}

var (
	_ lm.Scorer  = (*Model)(nil)
	_ lm.Stepper = (*Model)(nil)
)
