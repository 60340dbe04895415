package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn"
)

// FillLogProbs stores ln P(v at i | all tokens but the i-th) in dst[v] for every token v: the
// prediction of the masked language model with [MASK] at i (lm.Filler). The document around i is
// read between [CLS] and [SEP]; if it is longer than the window, only the part around i is read.
func (m *BERT) FillLogProbs(dst []float64, tokens []lm.Token, i int) []float64 {
	x, at := m.masked(tokens, i)
	return m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		h := m.transform(t, m.encode(t, len(x), x, rangeOf(t, at, at+1))) // [1, C]
		return t.LinearT(h, m.Embeddings(), m.Heads.Predictions.Bias)     // [1, V]
	})
}

// masked returns the input for predicting tokens[i], and the position of [MASK] in it. It does not
// read beyond the window.
func (m *BERT) masked(tokens []lm.Token, i int) (x []lm.Token, at int) {
	w := m.Config.NPositions
	from, to := i, i+1 // the document around i, without the surrounding BOS
	for from > 0 && i-from < w && tokens[from-1] != lm.BOS {
		from--
	}
	for to < len(tokens) && to-i < w && tokens[to] != lm.BOS {
		to++
	}
	x = append(make([]lm.Token, 0, to-from+2), lm.BOS)
	x = append(x, tokens[from:to]...)
	at = i - from + 1
	x[at] = m.Config.MaskToken
	if x[len(x)-1] != m.Config.SepToken {
		x = append(x, m.Config.SepToken)
	}
	if len(x) > w {
		first := min(max(at-w/2, 0), len(x)-w)
		x, at = x[first:first+w], at-first
	}
	return x, at
}

// FillScore stores ln P(tokens[i] | all tokens but the i-th) in dst[i−from]: one input for each
// position, with many inputs in a batch (lm.FillScorer).
func (m *BERT) FillScore(dst []float64, tokens []lm.Token, from, to int) []float64 {
	dst = lm.Grow(dst, to-from)
	for done := from; done < to; {
		rowLen := 0 // inputs of the same length share a batch
		var x []lm.Token
		var at []int32
		next := done
		for ; next < to; next++ {
			row, place := m.masked(tokens, next)
			if rowLen == 0 {
				rowLen = len(row)
			}
			if len(row) != rowLen || len(x) >= scoreTokens {
				break
			}
			at = append(at, int32(len(x)+place))
			x = append(x, row...)
		}
		m.With(func(t *autograd.Tape) {
			h := m.transform(t, m.encode(t, rowLen, x, at)) // [n, C]
			nn.Score(t, dst[done-from:], h, m.Embeddings(), m.Heads.Predictions.Bias,
				tokens[done:next])
		})
		done = next
	}
	return dst
}
