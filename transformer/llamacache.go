package transformer

import "lmzoo/lm"

// Start returns the state after BOS.
func (m *Llama) Start() lm.State {
	s := m.newCache()
	s.Push(lm.BOS)
	return s
}

// newCache returns the state of a Llama. It stores only the K heads of keys and values, which is
// the purpose of grouped-query attention. A full window moves like the window of a GPT. Rotated
// keys would remain valid, but the vectors that they were computed from have seen the dropped
// tokens.
func (m *Llama) newCache() *cache {
	c := &m.Config
	return newCache(m, c.MaxPositionEmbeddings, c.Stride, c.NumHiddenLayers, c.HiddenSize,
		c.NumAttentionHeads, c.NumKeyValueHeads)
}
