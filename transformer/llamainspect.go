package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Inspect returns the intermediate results of predicting tokens[at] (Inspector). Positions are not
// part of the stream, because they only rotate queries and keys.
func (m *Llama) Inspect(tokens []lm.Token, at int) *Inspection {
	s := m.newCache()
	s.read(tokens[:at])
	n := len(s.tokens)
	in := &Inspection{Tokens: s.tokens, At: n - 1, Parts: []Part{
		{"token", m.Model.EmbedTokens.Weight.Row(int(s.tokens[n-1]))},
	}}
	r := &recorder{in: in, heads: m.Config.NumAttentionHeads, groups: m.Config.NumKeyValueHeads}
	m.With(func(t *autograd.Tape) {
		h := m.embed(t, s.tokens) // [T, C]
		in.addStream(h)
		for l := range m.Model.Layers {
			h = m.layer(t, l, h, s.pos[:n], r) // [T, C]
			in.addStream(h)
		}
	})
	return in
}

// Lens stores ln P of every token that the output layer gives for a vector of the residual stream
// (Inspector).
func (m *Llama) Lens(dst []float64, h []float32) []float64 {
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		return t.LinearT(m.Model.Norm.Forward(t, t.Const(1, len(h), h)), m.output(), nil) // [1, V]
	})
}

// Without returns the model with heads replaced by their mean outputs (Inspector).
func (m *Llama) Without(heads []Head, tokens []lm.Token, at int) (Inspector, error) {
	return m.Ablate(heads, m.Inspect(tokens, at).means())
}

// Attention returns the attention weights for the prediction of the token after context, like
// Model.Attention.
func (m *Llama) Attention(context []lm.Token) (window []lm.Token, att [][][][]float32) {
	in := m.Inspect(context, len(context))
	return in.Tokens, in.weights()
}
