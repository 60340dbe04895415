package mlp

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// NextMasked implements lm.Masker: the vectors of masked tokens are zero.
func (m *Model) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	n, e := m.Config.Context, m.Config.NEmbd
	if given >= min(len(context), n) {
		return m.NextLogProbs(dst, context)
	}
	row := make([]float32, n*e)
	for i, tok := range context[len(context)-given:] {
		copy(row[(n-given+i)*e:], m.C.Row(int(tok)))
	}
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		x := t.Const(1, n*e, row)           // [1, (n−1)·m]
		a := t.Tanh(t.LinearT(x, m.H, m.D)) // [1, h]
		y := t.LinearT(a, m.U, m.B)         // [1, V]
		if m.W == nil {
			return y
		}
		return t.Add(y, t.LinearT(x, m.W, nil)) // [1, V]
	})
}
