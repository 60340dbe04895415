package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// Inspect returns the intermediate results of predicting tokens[at], with [MASK] in its place
// (Inspector).
func (m *BERT) Inspect(tokens []lm.Token, at int) *Inspection {
	x, at := m.masked(tokens, at)
	in := &Inspection{Tokens: x, At: at}
	r := &recorder{in: in, heads: m.Config.NHead, groups: m.Config.NHead, both: true}
	m.With(func(t *autograd.Tape) {
		docs := m.layout(t, len(x), x)
		e := &m.Encoder.Embeddings
		in.Parts = []Part{
			{"token", e.Word.Weight.Row(int(x[at]))},
			{"position", e.Position.Weight.Row(int(docs.pos[at]))},
			{"segment", e.Segment.Weight.Row(int(docs.segment[at]))},
		}
		h := m.embed(t, x, docs) // [T, C]
		in.addStream(h)
		for l, layer := range m.Encoder.Layers {
			h = m.feedForward(t, layer, h, r.attend(t, l, m.qkv(t, layer, h))) // [T, C]
			in.addStream(h)
		}
	})
	return in
}

// Lens stores ln P of every token that the head of the masked language model gives for a vector of
// the residual stream (Inspector).
func (m *BERT) Lens(dst []float64, h []float32) []float64 {
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		x := m.transform(t, t.Const(1, len(h), h))                    // [1, C]
		return t.LinearT(x, m.Embeddings(), m.Heads.Predictions.Bias) // [1, V]
	})
}

// Without returns the model with heads replaced by their mean outputs (Inspector).
func (m *BERT) Without(heads []Head, tokens []lm.Token, at int) (Inspector, error) {
	return m.Ablate(heads, m.Inspect(tokens, at).means())
}
