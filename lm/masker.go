package lm

// Masker is a Model that can hide the beginning of a document from itself without pretending that
// the document begins later: positions stay as they are, and BOS does not move next to the tokens
// that remain.
type Masker interface {
	Model
	// NextMasked stores ln P(v | the last given tokens of context) in dst[v] for every token v and
	// returns dst. With nothing to hide it is NextLogProbs.
	NextMasked(dst []float64, context []Token, given int) []float64
}

// NextMasked predicts from the last given tokens of context. A model that is no Masker reads them
// as the beginning of a document.
func NextMasked(m Model, dst []float64, context []Token, given int) []float64 {
	if masker, ok := m.(Masker); ok {
		return masker.NextMasked(dst, context, given)
	}
	context = SinceBOS(context)
	return m.NextLogProbs(dst, context[max(0, len(context)-given):])
}
