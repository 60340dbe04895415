package mlp

import (
	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// NextMasked implements lm.Masker: the vectors of masked tokens are zero.
func (m *Model) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	n, e := m.Config.Context, m.Config.NEmbd
	if given >= min(len(context), n) {
		return m.NextLogProbs(dst, context)
	}
	t := m.tapes.Get().(*autograd.Tape)
	row := make([]float32, n*e)
	for i, tok := range context[len(context)-given:] {
		copy(row[(n-given+i)*e:], m.C.Row(int(tok)))
	}
	x := t.Const(1, n*e, row)           // [1, (n−1)·m]
	a := t.Tanh(t.LinearT(x, m.H, m.D)) // [1, h]
	if m.W == nil {
		dst = nn.NextLogProbs(t, dst, a, m.U, m.B)
	} else {
		y := t.Add(t.LinearT(a, m.U, m.B), t.LinearT(x, m.W, nil)) // [1, V]
		dst = nn.LogSoftmax(t, dst, y.Row(0))
	}
	t.Reset()
	m.tapes.Put(t)
	return dst
}
