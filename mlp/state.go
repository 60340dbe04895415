package mlp

import (
	"slices"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// state is the State of an NPLM: the last n−1 tokens.
type state struct {
	m       *Model
	context []lm.Token
}

// Start returns the state after BOS.
func (m *Model) Start() lm.State {
	s := &state{m: m, context: make([]lm.Token, m.Config.Context)}
	s.Push(lm.BOS)
	return s
}

// Push appends a token; BOS clears the context.
func (s *state) Push(tok lm.Token) {
	if tok == lm.BOS {
		for i := range s.context {
			s.context[i] = lm.BOS
		}
		return
	}
	copy(s.context, s.context[1:])
	s.context[len(s.context)-1] = tok
}

// NextLogProbs stores ln P(v | the last n−1 tokens) in dst[v] for every token v.
func (s *state) NextLogProbs(dst []float64) []float64 {
	return s.m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		return s.m.logits(t, s.context, s.m.hidden(t, s.context)) // [1, V]
	})
}

// Clone returns an independent copy.
func (s *state) Clone() lm.State { return &state{m: s.m, context: slices.Clone(s.context)} }

// NextLogProbs stores ln P(v | context) in dst[v] for every token v.
func (m *Model) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	s := m.Start()
	context = lm.SinceBOS(context)
	for _, tok := range context[max(0, len(context)-m.Config.Context):] {
		s.Push(tok)
	}
	return s.NextLogProbs(dst)
}

// scoreTokens is the number of tokens that Score scores at once.
const scoreTokens = 1024

// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i].
func (m *Model) Score(dst []float64, tokens []lm.Token) []float64 {
	if len(dst) < len(tokens) {
		dst = make([]float64, len(tokens))
	}
	n := m.Config.Context
	inputs := append(make([]lm.Token, 0, len(tokens)+1), lm.BOS)
	inputs = append(inputs, tokens...)
	var ids []lm.Token
	for from := 0; from < len(tokens); from += scoreTokens {
		to := min(from+scoreTokens, len(tokens))
		lead := min(n-1, from) // context tokens, which are not scored
		ids = appendContexts(ids[:0], inputs[from-lead:to], n)
		m.With(func(t *autograd.Tape) {
			m.scoreBlock(t, dst[from:], ids[lead*n:], tokens[from:to])
		})
	}
	return dst[:len(tokens)]
}

// scoreBlock scores tokens, each after its context.
func (m *Model) scoreBlock(t *autograd.Tape, dst []float64, contexts, tokens []lm.Token) {
	a := m.hidden(t, contexts) // [len(tokens), h]
	if m.W == nil {
		nn.Score(t, dst, a, m.U, m.B, tokens)
	} else {
		nn.ScoreLogits(dst, m.logits(t, contexts, a), tokens)
	}
}
