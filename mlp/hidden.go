package mlp

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
)

// Hidden returns the embeddings of the tokens [B·T, m] and the hidden units [B·T, h] (nn.Encoder).
func (m *Model) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	x := t.Embedding(m.C, b.X)                                // [B·T, m]
	return []*autograd.Tensor{x, m.hidden(t, m.gather(t, b))} // [B·T, h]
}

// Embeddings returns C [V, m] (nn.Embedder).
func (m *Model) Embeddings() *autograd.Tensor { return m.C }
