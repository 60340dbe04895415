package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Inspect returns the intermediate results of predicting tokens[at] (Inspector).
func (m *Model) Inspect(tokens []lm.Token, at int) *Inspection {
	s := m.newCache()
	s.read(tokens[:at])
	n := len(s.tokens)
	in := &Inspection{Tokens: s.tokens, At: n - 1, Parts: []Part{
		{"token", m.WTE.Weight.Row(int(s.tokens[n-1]))}, {"position", m.WPE.Weight.Row(n - 1)},
	}}
	r := &recorder{in: in, heads: m.Config.NHead, groups: m.Config.NHead}
	r.prepare = func(t *autograd.Tape, layer int, qkv *autograd.Tensor) {
		smear(t, qkv, m.H[layer].Attn.Smear, s.pos[:n], nil)
	}
	m.With(func(t *autograd.Tape) {
		h := m.embed(t, s.tokens, s.pos[:n]) // [T, C]
		in.addStream(h)
		for l := range m.H {
			h = m.block(t, l, h, r) // [T, C]
			in.addStream(h)
		}
	})
	return in
}

// Lens stores ln P of every token that the output layer gives for a vector of the residual stream
// (Inspector).
func (m *Model) Lens(dst []float64, h []float32) []float64 {
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		return t.LinearT(m.final(t, t.Const(1, len(h), h)), m.output(), nil) // [1, V]
	})
}

// Without returns the model with heads replaced by their mean outputs (Inspector).
func (m *Model) Without(heads []Head, tokens []lm.Token, at int) (Inspector, error) {
	return m.Ablate(heads, m.Inspect(tokens, at).means())
}

// Attention returns the attention weights for the prediction of the token after context: the tokens
// of the window, BOS first unless the window has moved, and att [L][H][T][T], where att[l][h][t][s]
// is the weight of position s ≤ t for head h of layer l at position t. Every row sums to 1. It uses
// the plain attention of attention.go.
func (m *Model) Attention(context []lm.Token) (window []lm.Token, att [][][][]float32) {
	in := m.Inspect(context, len(context))
	return in.Tokens, in.weights()
}
