package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Attention returns the attention weights for the prediction of the token after context: the tokens
// of the window, BOS first unless the window has moved, and att [L][H][T][T], where att[l][h][t][s]
// is the weight of position s ≤ t for head h of layer l at position t. Every row sums to 1. It uses
// the plain attention of attention.go.
func (m *Model) Attention(context []lm.Token) (window []lm.Token, att [][][][]float32) {
	window, r, _ := m.inspect(context)
	return window, r.att
}

// inspect runs the model over the window with plain attention. It also returns the last hidden
// vector.
func (m *Model) inspect(context []lm.Token) ([]lm.Token, *recorder, []float32) {
	s := m.newCache()
	s.Push(lm.BOS)
	for _, tok := range context {
		s.Push(tok)
	}
	r := &recorder{m: m, pos: s.pos[:len(s.tokens)], att: make([][][][]float32, len(m.H))}
	var last []float32
	m.With(func(t *autograd.Tape) {
		h := m.forward(t, s.tokens, r.pos, r) // [T, C]
		last = append(last, h.Row(h.Rows-1)...)
	})
	return s.tokens, r, last
}

// recorder is a memory that records the attention weights.
type recorder struct {
	m   *Model
	pos []int32
	att [][][][]float32
}

// attend is plain attention over all positions up to its own.
func (r *recorder) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	smear(t, qkv, r.m.H[layer].Attn.Smear, r.pos, nil)
	y, att := causalHeads(t, qkv, r.m.Config.NHead, r.m.Config.NHead)
	r.att[layer] = att
	return y
}

// causalHeads is plain attention of n heads over all positions up to its own, in the tape's memory
// [T, C], and its weights att [H][T][T].
func causalHeads(
	t *autograd.Tape, qkv *autograd.Tensor, n, shared int,
) (y *autograd.Tensor, att [][][]float32) {
	first, next := func(int) int { return 0 }, func(t int) int { return t + 1 }
	rows, att := heads(qkv, n, shared, first, next)
	y = t.New(qkv.Rows, len(rows[0]))
	for i, row := range rows {
		copy(y.Row(i), row)
	}
	return y, att
}
