package rnn

import "slices"

// carry is the memory that a model carries from one training batch to the next. It records its
// owner, so that a replica, which is a shallow copy, does not use it.
type carry struct {
	of    *Model
	state [][]float32
}

// Carry returns the hidden state after the last batch, or nil before the first: for each layer h,
// and c for an LSTM, [B, H] each.
func (m *Model) Carry() [][]float32 {
	if m.carry == nil || m.carry.of != m {
		return nil
	}
	return m.carry.state
}

// SetCarry sets the state that Carry returns to a copy of state; nil means none. The next batch
// ignores a state of another shape.
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

// carried returns the state at the beginning of a batch of b rows.
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
