package transformer

import (
	"gonum.org/v1/gonum/blas"

	"lmzoo/lm"
	"lmzoo/nn"
)

// NextLogProbs stores ln P(v | context) in dst[v] for every token v.
func (m *Llama) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	return nextLogProbs(m, dst, context)
}

// Score stores ln P(tokens[i] | BOS, tokens[:i]) in dst[i], like Score of GPT.
func (m *Llama) Score(dst []float64, tokens []lm.Token) []float64 {
	return scoreThreads(m, dst, tokens, 1)
}

// ScoreThreads is Score on several threads, with the same bits.
func (m *Llama) ScoreThreads(dst []float64, tokens []lm.Token, threads int) []float64 {
	return scoreThreads(m, dst, tokens, threads)
}

// Stride returns the number of tokens by which a full window moves.
func (m *Llama) Stride() int { return m.Config.Stride }

// SetStride sets the number of tokens by which a full window moves. Do not call it while the model
// is in use.
func (m *Llama) SetStride(stride int) error {
	return setStride(&m.Config.Stride, "llama", stride, "max_position_embeddings",
		m.Config.MaxPositionEmbeddings)
}

// Quantize rounds the weights of all layers to one byte each, for faster generation. It cannot be
// undone; do not train the model afterwards.
func (m *Llama) Quantize() {
	for _, b := range m.Model.Layers {
		a, mlp := &b.Attention, &b.MLP
		for _, l := range []*nn.LinearT{a.Q, a.K, a.V, a.O, mlp.Gate, mlp.Up, mlp.Down} {
			nn.Quantize(l.Weight, blas.Trans)
		}
	}
	nn.Quantize(m.output(), blas.Trans)
}
