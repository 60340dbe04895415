package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Attention returns what the model looks at when it predicts the token after context: the window it sees,
// BOS first unless the window has moved, and att [L][H][T][T], where att[l][h][t][s] is how much head h of
// layer l at position t takes from position s ≤ t. Every row sums to 1. It is computed by the plain
// attention of attention.go.
func (m *Model) Attention(context []lm.Token) (window []lm.Token, att [][][][]float32) {
	window, witness, _ := m.look(context)
	return window, witness.att
}

// look runs the model over the window with the plain attention, and returns the last hidden vectors too.
func (m *Model) look(context []lm.Token) ([]lm.Token, *witness, []float32) {
	s := m.newCache()
	s.Push(lm.BOS)
	for _, tok := range context {
		s.Push(tok)
	}
	w := &witness{m: m, pos: s.pos[:len(s.window)], att: make([][][][]float32, len(m.H))}
	var last []float32
	m.With(func(t *autograd.Tape) {
		h := m.forward(t, s.window, w.pos, w) // [T, C]
		last = append(last, h.Row(h.Rows-1)...)
	})
	return s.window, w, last
}

// witness is a memory that remembers what was attended to.
type witness struct {
	m   *Model
	pos []int32
	att [][][][]float32
}

// attend is the plain attention of each head, over all positions up to its own.
func (w *witness) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	smear(t, qkv, w.m.H[layer].Attn.Smear, w.pos, nil)
	first, next := func(int) int { return 0 }, func(t int) int { return t + 1 }
	rows, att := heads(qkv, w.m.Config.NHead, first, next)
	w.att[layer] = att
	y := t.New(qkv.Rows, qkv.Cols/3) // [T, C]
	for i, row := range rows {
		copy(y.Row(i), row)
	}
	return y
}
