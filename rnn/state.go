package rnn

import (
	"slices"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// state is the State of a recurrent network: its hidden vectors, whose size does not depend on the
// length of the text. Push queues tokens; the network reads them together before a prediction, or
// when maxWaiting are queued.
type state struct {
	m       *Model
	hidden  [][]float32 // for each layer h, and c for an LSTM, [1, H] each
	out     []float32   // [H] the input of the output layer
	waiting []lm.Token
}

const maxWaiting = 64

// Start returns the state after BOS.
func (m *Model) Start() lm.State {
	s := &state{m: m, hidden: m.newState(1), out: make([]float32, m.Config.Hidden),
		waiting: make([]lm.Token, 0, maxWaiting)}
	s.Push(lm.BOS)
	return s
}

// Push appends a token; BOS resets the state.
func (s *state) Push(tok lm.Token) {
	switch {
	case tok == lm.BOS:
		s.waiting = s.waiting[:0] // reading BOS sets the state to zero
	case len(s.waiting) == maxWaiting:
		s.m.With(s.read)
	}
	s.waiting = append(s.waiting, tok)
}

// NextLogProbs stores ln P(v | the tokens so far) in dst[v] for every token v.
func (s *state) NextLogProbs(dst []float64) []float64 {
	return s.m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		s.read(t)
		h := t.Const(1, len(s.out), s.out)                // [1, H]
		return t.LinearT(h, s.m.head(), s.m.Decoder.Bias) // [1, V]
	})
}

// read updates the hidden state with the waiting tokens.
func (s *state) read(t *autograd.Tape) {
	n := len(s.waiting)
	if n == 0 {
		return
	}
	h := s.m.forward(t, s.waiting, 1, n, s.hidden) // [n, H]
	copy(s.out, h.Row(n-1))
	s.waiting = s.waiting[:0]
}

// Clone returns an independent copy.
func (s *state) Clone() lm.State {
	twin := &state{m: s.m, out: slices.Clone(s.out), waiting: make([]lm.Token, 0, maxWaiting)}
	twin.waiting = append(twin.waiting, s.waiting...)
	for _, h := range s.hidden {
		twin.hidden = append(twin.hidden, slices.Clone(h))
	}
	return twin
}
