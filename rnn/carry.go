package rnn

import "slices"

// carry is the memory a model takes from one batch of its training to the next. It knows whose it is, so
// that a replica, which is copied with a pointer to it, begins with a memory of its own.
type carry struct {
	of    *Model
	state [][]float32
}

// Carry returns the hidden state after the last batch, for each layer h, and c for an LSTM, [B, H] each; nil
// before the first.
func (m *Model) Carry() [][]float32 {
	if m.carry == nil || m.carry.of != m {
		return nil
	}
	return m.carry.state
}

// SetCarry replaces what Carry returns by a copy of state; nil means none. What does not fit the next
// batch is not used.
func (m *Model) SetCarry(state [][]float32) {
	m.carry = nil
	if state == nil {
		return
	}
	m.carry = &carry{of: m}
	for _, s := range state {
		m.carry.state = append(m.carry.state, slices.Clone(s))
	}
}

// carried returns the state that a batch of b rows begins with.
func (m *Model) carried(b int) [][]float32 {
	fits := func(s []float32) bool { return len(s) == b*m.Config.Hidden }
	if c := m.Carry(); len(c) != m.Config.Layers*m.cell.states() || !every(c, fits) {
		m.carry = &carry{of: m, state: m.newState(b)}
	}
	return m.carry.state
}

func every[E any](s []E, ok func(E) bool) bool {
	return !slices.ContainsFunc(s, func(e E) bool { return !ok(e) })
}
