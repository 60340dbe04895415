package models

import (
	"sync"

	"lmzoo/lm"
)

// memory keeps the states of a model after recent texts, so that only the new tokens of a growing
// prompt are read. It is safe for concurrent use; one text is read at a time.
type memory struct {
	model lm.Model

	mu      sync.Mutex
	moments []*moment // the most recently used moment last
}

// moment is the state of a model after some tokens.
type moment struct {
	tokens []lm.Token
	state  lm.State
	next   []float64 // ln P of the next token; never changed
	err    error     // why next holds no probabilities
}

// maxMoments bounds the memory, because a moment may hold a key-value cache.
const maxMoments = 12

// next returns ln P of every token after tokens. The caller must not change the result.
func (m *memory) next(tokens []lm.Token) ([]float64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.recall(tokens)
	return at.next, at.err
}

// start returns a copy of the state after tokens, and ln P of the next token, which the caller must
// not change.
func (m *memory) start(tokens []lm.Token) (lm.State, []float64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := m.recall(tokens)
	if at.err != nil {
		return nil, nil, at.err
	}
	return at.state.Clone(), at.next, nil
}

// recall returns the moment after tokens; it continues from the longest prefix that it remembers.
func (m *memory) recall(tokens []lm.Token) *moment {
	best := -1
	for i, k := range m.moments {
		if begins(tokens, k.tokens) && (best < 0 || len(k.tokens) > len(m.moments[best].tokens)) {
			best = i
		}
	}
	var now *moment
	switch {
	case best >= 0 && len(m.moments[best].tokens) == len(tokens):
		now = m.moments[best]
		m.moments = append(m.moments[:best], m.moments[best+1:]...)
	case best >= 0:
		k := m.moments[best]
		now = readOn(k.state.Clone(), k.tokens, tokens[len(k.tokens):])
	default:
		now = readOn(lm.Start(m.model), nil, tokens)
	}
	m.moments = append(m.moments, now)
	if len(m.moments) > maxMoments {
		m.moments = append(m.moments[:0], m.moments[1:]...)
	}
	return now
}

// begins reports whether tokens begin with prefix.
func begins(tokens, prefix []lm.Token) bool {
	if len(prefix) > len(tokens) {
		return false
	}
	for i, t := range prefix {
		if tokens[i] != t {
			return false
		}
	}
	return true
}

// readOn pushes more tokens onto a state that has read the tokens before.
func readOn(state lm.State, before, more []lm.Token) *moment {
	for _, t := range more {
		state.Push(t)
	}
	tokens := append(append(make([]lm.Token, 0, len(before)+len(more)), before...), more...)
	next := state.NextLogProbs(nil)
	return &moment{tokens: tokens, state: state, next: next, err: lm.CheckLogProbs(next)}
}
