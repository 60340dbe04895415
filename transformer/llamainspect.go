package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Attention returns the attention weights for the prediction of the token after context, as
// Model.Attention does for a GPT.
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
	r := &llamaRecorder{m, make([][][][]float32, len(m.Model.Layers))}
	var last []float32
	m.With(func(t *autograd.Tape) {
		h := m.forward(t, s.tokens, s.pos[:len(s.tokens)], r) // [T, C]
		last = append(last, h.Row(h.Rows-1)...)
	})
	return s.tokens, r, last
}

// llamaRecorder is a memory that records the attention weights.
type llamaRecorder struct {
	m   *Llama
	att [][][][]float32
}

func (r *llamaRecorder) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	c := &r.m.Config
	full := ungroup(t, qkv, c.NumAttentionHeads, c.NumKeyValueHeads)
	y, att := causalHeads(t, full, c.NumAttentionHeads)
	r.att[layer] = att
	return y
}

// ungroup gives every head of queries a copy of its group's keys and values: it turns
// [T, (H+2K)·D] into [T, 3·H·D].
func ungroup(t *autograd.Tape, qkv *autograd.Tensor, h, k int) *autograd.Tensor {
	d := qkv.Cols / (h + 2*k)
	full := t.New(qkv.Rows, 3*h*d)
	for i := range qkv.Rows {
		row, out := qkv.Row(i), full.Row(i)
		copy(out, row[:h*d])
		for j := range h {
			group := j / (h / k)
			copy(out[(h+j)*d:][:d], row[(h+group)*d:])
			copy(out[(2*h+j)*d:][:d], row[(h+k+group)*d:])
		}
	}
	return full
}
