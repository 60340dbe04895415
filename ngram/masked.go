package ngram

import "lmzoo/lm"

// NextMasked implements lm.Masker: the history consists of the last given tokens, without BOS
// before them.
func (m *Model) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	if given >= len(context) {
		return m.NextLogProbs(dst, context)
	}
	var r recall
	for _, tok := range context[len(context)-given:] {
		m.step(&r, uint32(tok))
	}
	return m.next(dst, &r)
}

// NextMasked implements lm.Masker: the cache holds only the last given tokens.
func (c *Cache) NextMasked(dst []float64, context []lm.Token, given int) []float64 {
	context = lm.SinceBOS(context)
	r := newRecent(c)
	for _, tok := range context[max(0, len(context)-given):] {
		r.push(tok)
	}
	return r.blend(lm.NextMasked(c.Base, dst, context, given), c.Lambda)
}
