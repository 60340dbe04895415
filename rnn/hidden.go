package rnn

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
)

// Hidden returns the embeddings [B·T, E] and the hidden vectors of every layer [B·T, H]
// (nn.Encoder). It neither uses nor changes the memory that training carries from batch to batch.
func (m *Model) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	state := m.newState(b.B)
	x := t.Dropout(m.Encoder.Forward(t, b.X), m.Config.Dropout) // [B·T, E]
	hidden := []*autograd.Tensor{x}
	for l := range m.Config.Layers {
		h := m.layer(t, l, hidden[l], b.X, b.B, b.T, state) // [B·T, H]
		hidden = append(hidden, h)
	}
	return hidden
}

// Embeddings returns the weight of the encoder [V, E] (nn.Embedder).
func (m *Model) Embeddings() *autograd.Tensor { return m.Encoder.Weight }
