package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// NextMasked implements lm.Masker: the last given tokens of the context keep their positions in
// the window and see BOS and one another; the tokens between are masked.
func (m *Model) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	start := windowStart(len(context)+1, m.Config.NPositions, m.Config.Stride)
	hidden := len(context) - given // tokens that are masked
	if hidden <= max(start-1, 0) {
		return m.NextLogProbs(dst, context)
	}
	x := append([]lm.Token{lm.BOS}, context[hidden:]...)
	t := m.tapes.Get().(*autograd.Tape)
	docs := m.pack(t, 1, len(x), x)
	for i := range docs.pos[1:len(x)] {
		docs.pos[1+i] = int32(1 + hidden - start + i)
	}
	h := m.forward(t, x, docs.pos, docs)                // [T, C]
	last := t.Const(1, m.Config.NEmbd, h.Row(len(x)-1)) // [1, C]
	dst = nn.NextLogProbs(t, dst, last, m.WTE.Weight, nil)
	m.packs.Put(docs)
	t.Reset()
	m.tapes.Put(t)
	return dst
}
