package transformer

import (
	"lmzoo/autograd"
	"lmzoo/nn"
)

// bertHeads holds the parameters that pre-training adds to the encoder.
type bertHeads struct {
	Predictions struct {
		Bias      *autograd.Tensor `param:"bias,vector"` // [1, V]
		Transform bertOutput       `param:"transform"`   // [C, C]; decoder: the word embeddings
	} `param:"predictions"`
	SeqRelationship *nn.LinearT `param:"seq_relationship,output"` // [2, C]; nil: no NSP
}

func (m *BERT) newHeads(dense func(in, out int) *nn.LinearT) {
	c := m.Config.NEmbd
	m.Heads.Predictions.Bias = nn.Zeros(1, m.Config.VocabSize)
	m.Heads.Predictions.Transform = bertOutput{dense(c, c), bertNorm(c)}
	if m.Config.NSP {
		m.Encoder.Pooler.Dense = dense(c, c)
		m.Heads.SeqRelationship = dense(c, 2)
	}
}

// Loss is the mean −ln P of the masked tokens and, with next-sentence prediction, of the labels of
// the pairs (Devlin et al. 2019, appendix A.2). Only the positions that have a target are encoded.
func (m *BERT) Loss(t *autograd.Tape, b MaskedBatch) *autograd.Tensor {
	at, y := chosen(t, b.Y)
	if m.Heads.SeqRelationship == nil || b.Pairs == 0 {
		return m.maskedLoss(t, m.encode(t, b.T, b.X, at), y, b.N)
	}
	first, next := chosen(t, b.Next)
	h := m.encode(t, b.T, b.X, concat(t, at, first)) // [n+p, C]
	masked := m.maskedLoss(t, t.Embedding(h, rangeOf(t, 0, len(at))), y, b.N)
	pairs := m.pairLoss(t, t.Embedding(h, rangeOf(t, len(at), h.Rows)), next, b.Pairs)
	return t.Add(masked, pairs) // 1×1
}

// maskedLoss returns the loss of the masked language model at positions with targets y.
func (m *BERT) maskedLoss(
	t *autograd.Tape, h *autograd.Tensor, y []int32, n int,
) *autograd.Tensor {
	x := m.transform(t, h)                                                       // [n, C]
	return t.HeadLoss(x, m.Embeddings(), m.Heads.Predictions.Bias, y, max(n, 1)) // 1×1
}

// transform is LN(GELU(h·Wᵀ + b)), the layer before the decoder.
func (m *BERT) transform(t *autograd.Tape, h *autograd.Tensor) *autograd.Tensor {
	o := &m.Heads.Predictions.Transform
	return o.Norm.Forward(t, t.GELUErfOver(o.Dense.Forward(t, h))) // [n, C]
}

// pairLoss returns the loss of next-sentence prediction at the [CLS] of pairs with labels y.
func (m *BERT) pairLoss(
	t *autograd.Tape, h *autograd.Tensor, y []int32, n int,
) *autograd.Tensor {
	logits := m.Heads.SeqRelationship.Forward(t, m.Pool(t, h)) // [p, 2]
	return t.CrossEntropy(logits, y, n)                        // 1×1
}

// Pool is tanh(h·Wᵀ + b), the pooler over the hidden vectors of [CLS]. It exists only with
// next-sentence prediction.
func (m *BERT) Pool(t *autograd.Tape, h *autograd.Tensor) *autograd.Tensor {
	return t.Tanh(m.Encoder.Pooler.Dense.Forward(t, h)) // [n, C]
}

// chosen returns the positions that have a target, y ≥ 0, and the targets.
func chosen(t *autograd.Tape, all []int32) (at, y []int32) {
	n := 0
	for _, tok := range all {
		if tok >= 0 {
			n++
		}
	}
	at, y = t.ScratchInts(n)[:0], t.ScratchInts(n)[:0]
	for i, tok := range all {
		if tok >= 0 {
			at, y = append(at, int32(i)), append(y, tok)
		}
	}
	return at, y
}

// concat returns the elements of a, then those of b.
func concat(t *autograd.Tape, a, b []int32) []int32 {
	return append(append(t.ScratchInts(len(a) + len(b))[:0], a...), b...)
}

// rangeOf returns the integers in [lo, hi).
func rangeOf(t *autograd.Tape, lo, hi int) []int32 {
	all := t.ScratchInts(hi - lo)
	for i := range all {
		all[i] = int32(lo + i)
	}
	return all
}
