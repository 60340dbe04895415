package transformer

import (
	"lmzoo/autograd"
	"lmzoo/corpus"
)

// Hidden returns the residual stream [B·T, C] after the embeddings and after every block; the final
// LayerNorm, if any, is applied to the last (nn.Encoder). A document longer than the window is cut
// into windows.
func (m *Model) Hidden(t *autograd.Tape, b corpus.Batch) []*autograd.Tensor {
	docs := m.pack(t, b.B, b.T, b.X)
	hidden := []*autograd.Tensor{m.embed(t, b.X, docs.pos)} // [B·T, C]
	for l := range m.H {
		hidden = append(hidden, m.block(t, l, hidden[l], docs)) // [B·T, C]
	}
	last := len(m.H)
	hidden[last] = m.final(t, hidden[last]) // [B·T, C]
	if !t.Recording() {
		m.packs.Put(docs)
	}
	return hidden
}

// Embeddings returns the token embeddings [V, C] (nn.Embedder).
func (m *Model) Embeddings() *autograd.Tensor { return m.WTE.Weight }

// Window returns the maximum number of positions of a document; BOS takes one.
func (m *Model) Window() int { return m.Config.NPositions }
