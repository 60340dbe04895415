package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// NextMasked implements lm.Masker: the last given tokens of the context keep their positions in the
// window and attend to BOS and one another; the tokens before them are masked.
func (m *Model) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	start := windowStart(len(context)+1, m.Config.NPositions, m.Config.Stride)
	hidden := len(context) - given // tokens that are masked
	if hidden <= max(start-1, 0) {
		return m.NextLogProbs(dst, context)
	}
	x := append([]lm.Token{lm.BOS}, context[hidden:]...)
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		docs := m.pack(t, 1, len(x), x)
		for i := range docs.pos[1:len(x)] {
			docs.pos[1+i] = int32(1 + hidden - start + i)
		}
		h := m.forward(t, x, docs.pos, docs) // [T, C]
		m.packs.Put(docs)
		last := t.Const(1, m.Config.NEmbd, h.Row(len(x)-1)) // [1, C]
		return t.LinearT(last, m.output(), nil)             // [1, V]
	})
}
