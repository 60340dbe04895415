package rnn

import "lmzoo/lm"

// NextMasked implements lm.Masker: the network reads the last given tokens of the context from a
// zero state, without BOS.
func (m *Model) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	if given >= len(context) {
		return m.NextLogProbs(dst, context)
	}
	s := m.Start().(*state)
	if given > 0 {
		s.waiting = s.waiting[:0] // drop BOS, which has not been read yet
	}
	for _, tok := range context[len(context)-given:] {
		s.Push(tok)
	}
	return s.NextLogProbs(dst)
}
