package ngram

import (
	"fmt"
	"math"

	"lmzoo/lm"
)

// Explanation derives one probability order by order, from the shortest history. Each step uses the
// result of the previous step.
type Explanation struct {
	Token lm.Token `json:"token"`
	// History holds the tokens that the model uses; lm.BOS begins the document
	History   []lm.Token `json:"history"`
	Smoothing string     `json:"smoothing"`
	Order     int        `json:"order"`
	Uniform   float64    `json:"uniform"` // 1/V, the end of the recursion
	Steps     []Step     `json:"steps"`
	Prob      float64    `json:"prob"`
	LogProb   float64    `json:"-"` // nats; JSON has no −Inf
}

// Step is the contribution of one history. A model without counts sets only Known, Seen, Gamma,
// Lower and Prob.
type Step struct {
	History []lm.Token `json:"history"`
	// Known is true if the history has successors; otherwise the shorter history decides
	Known  bool   `json:"known"`
	Seen   bool   `json:"seen"`   // the token is one of the successors
	Occurs uint32 `json:"occurs"` // occurrences of the token after the history
	// Count is the count to smooth: the occurrences, or the number of different tokens before
	// history and token
	Count        uint32  `json:"count"`
	Continuation bool    `json:"continuation"`
	Total        float64 `json:"total"` // sum of the counts of all successors
	Types        float64 `json:"types"` // number of successors
	Discount     float64 `json:"discount"`
	Alpha        float64 `json:"alpha"` // α: the share of the token from its own count
	Gamma        float64 `json:"gamma"` // γ: the share of the shorter history
	Lower        float64 `json:"lower"` // P(w | h′)
	Prob         float64 `json:"prob"`
	// Pruned is true if successors were pruned; Total includes their counts if known
	Pruned bool `json:"pruned"`

	Counted   bool   `json:"counted"`    // whether the counts above are known
	AlphaText string `json:"alpha_text"` // the formulas of α and γ with their numbers, if any
	GammaText string `json:"gamma_text"`
}

// Explain derives P(token | context).
func (m *Model) Explain(context []lm.Token, token lm.Token) (*Explanation, error) {
	if token < 0 || int(token) >= m.Vocab() {
		return nil, fmt.Errorf("ngram: token %d is outside the vocabulary of %d", token, m.Vocab())
	}
	for _, t := range context {
		if t < 0 || int(t) >= m.Vocab() {
			return nil, fmt.Errorf("ngram: token %d of the context is outside the vocabulary of %d",
				t, m.Vocab())
		}
	}
	history := append([]lm.Token{lm.BOS}, lm.SinceBOS(context)...)
	history = history[max(0, len(history)-m.Order+1):]
	e := &Explanation{Token: token, History: history, Smoothing: m.Smoothing, Order: m.Order,
		Uniform: 1 / float64(m.Vocab())}
	below := e.Uniform
	for k := 0; k <= len(history); k++ {
		s := m.derive(history[len(history)-k:], uint32(token), below)
		e.Steps = append(e.Steps, s)
		below = s.Prob
	}
	e.Prob, e.LogProb = below, math.Log(below)
	return e, nil
}

// derive computes the probability after one history from the probability after the shorter history.
func (m *Model) derive(history []lm.Token, token uint32, lower float64) Step {
	s := Step{History: history, Lower: lower, Prob: lower, Gamma: 1}
	lo, hi := uint32(0), uint32(m.Vocab())
	at, found := token, true
	if k := len(history); k > 0 {
		node, ok := m.locate(history)
		if !ok {
			return s
		}
		if lo, hi = m.successors(k, node); lo >= hi {
			return s
		}
		s.Gamma = math.Pow(10, float64(m.backoffWeight(k, node)))
		at, found = m.tables[k-1].find(lo, hi, token)
		s.Prob = s.Gamma * lower
		if found {
			s.Prob = math.Pow(10, float64(m.tables[k-1].probAt(at)))
		}
	} else {
		s.Prob = math.Pow(10, float64(m.unigramProb(token)))
	}
	s.Known, s.Seen = true, found
	if len(m.counts) > 0 {
		m.account(&s, lo, hi, at)
	}
	return s
}

// locate finds the n-gram of tokens.
func (m *Model) locate(tokens []lm.Token) (uint32, bool) {
	i := uint32(tokens[0])
	for k, t := range tokens[1:] {
		lo, hi := m.successors(k+1, i)
		var ok bool
		if i, ok = m.tables[k].find(lo, hi, uint32(t)); !ok {
			return none, false
		}
	}
	return i, true
}

// account adds the counts of a step, those of the successors lo … hi−1; at is the index of the
// token.
func (m *Model) account(s *Step, lo, hi, at uint32) {
	k := len(s.History)
	r, err := newRule(m.Config)
	if err != nil {
		return // a model from an ARPA file has no rule
	}
	r.restore(m.Discounts)
	edited := m.Entropy > 0 || m.Quantized > 0 // then P and γ no longer follow from the counts
	h := history{vocab: float64(m.Vocab()), whole: k == m.Order-1 || k > 0 &&
		s.History[0] == lm.BOS}
	m.counts[k].scan(lo, hi, func(i, raw, count uint32) {
		if count > 0 {
			h.add(count)
		}
		if i == at {
			s.Occurs, s.Count = raw, count
		}
	})
	if s.Seen {
		s.Seen = s.Count > 0 // every token is a unigram, even an unseen one
	}
	if h.total == 0 {
		return
	}
	if edited {
		return
	}
	s.Continuation = r.continuation() && k < m.Order-1 && (k == 0 || s.History[0] != lm.BOS)
	if k == 0 {
		s.Gamma = r.gamma(1, h)
	}
	if s.Seen {
		s.Alpha = r.alpha(k+1, float64(s.Count), h)
		own := s.Prob - s.Gamma*s.Lower
		if _, backsOff := r.(stupidBackoff); !backsOff &&
			math.Abs(own-s.Alpha) > 1e-4*s.Alpha+1e-6*s.Prob {
			s.Pruned = true
			h.total *= s.Alpha / own
			s.Alpha = own
		}
	}
	s.Counted, s.Total, s.Types = true, h.total, h.types
	if d := m.Discounts; len(d) > k && len(d[k]) > 0 && s.Seen {
		s.Discount = d[k][min(int(s.Count), len(d[k]))-1]
	}
	s.AlphaText, s.GammaText = r.arithmetic(k+1, float64(s.Count), h)
}
