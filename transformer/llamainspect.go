package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Attention returns the attention weights for the prediction of the token after context, like
// Model.Attention: att[l][h][t][s] is the weight of position s ≤ t for head h of layer l at
// position t. It uses the plain attention of attention.go.
func (m *Llama) Attention(context []lm.Token) (window []lm.Token, att [][][][]float32) {
	window, r, _ := m.inspect(context)
	return window, r.att
}

// inspect runs the model over the window with plain attention. It also returns the last hidden
// vector.
func (m *Llama) inspect(context []lm.Token) ([]lm.Token, *llamaRecorder, []float32) {
	s := m.newCache()
	s.Push(lm.BOS)
	for _, tok := range context {
		s.Push(tok)
	}
	r := &llamaRecorder{m: m, att: make([][][][]float32, len(m.Model.Layers))}
	var last []float32
	m.With(func(t *autograd.Tape) {
		h := m.forward(t, s.tokens, s.pos[:len(s.tokens)], r) // [T, C]
		last = append(last, h.Row(h.Rows-1)...)
	})
	return s.tokens, r, last
}

// llamaRecorder computes plain attention and records the weights.
type llamaRecorder struct {
	m   *Llama
	att [][][][]float32
}

func (r *llamaRecorder) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	y, att := causalHeads(t, qkv, r.m.Config.NumAttentionHeads, r.m.Config.NumKeyValueHeads)
	r.att[layer] = att
	return y
}
