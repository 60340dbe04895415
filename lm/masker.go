package lm

// Masker is a Model that can mask the beginning of a document without treating the rest as a new
// document: positions do not change, and BOS does not move next to the remaining tokens.
type Masker interface {
	Model
	// NextMasked stores ln P(v | the last given tokens of context) in dst[v] for every token v and
	// returns dst. If there is nothing to mask, it is NextLogProbs.
	NextMasked(dst []float64, context []Token, given int) []float64
}

// NextMasked predicts from the last given tokens of context. A model that is not a Masker reads
// them as the beginning of a document.
func NextMasked(m Model, dst []float64, context []Token, given int) []float64 {
	if masker, ok := m.(Masker); ok {
		return masker.NextMasked(dst, context, given)
	}
	context = SinceBOS(context)
	return m.NextLogProbs(dst, context[max(0, len(context)-given):])
}
