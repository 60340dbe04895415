package rnn

import (
	"math"

	"lmzoo/lm"
)

// FillLogProbs stores ln P(v at i | the tokens around i) in dst[v], in nats, for every token v.
//
// The paper of ELMo defines no such distribution. We multiply the predictions of both halves and
// divide by the token's frequency, which both predictions include,
//
//	P(v) ∝ →p(v | before)·←p(v | after) / p(v)
//
// which is exact if the two sides are independent given v. FillLogProbs reads only the document
// around i. A document without a closing BOS ends with the text; for its last token, only the
// forward half predicts.
func (m *ELMo) FillLogProbs(dst []float64, tokens []lm.Token, i int) []float64 {
	before := lm.SinceBOS(tokens[:i])
	after := tokens[i+1:]
	for j, w := range after {
		if w == lm.BOS {
			after = after[:j]
			break
		}
	}
	s := m.Backward.Start()
	for j := len(after) - 1; j >= 0; j-- {
		s.Push(after[j])
	}
	dst = m.Forward.NextLogProbs(lm.Grow(dst, m.Vocab()), before)
	if i+1 == len(tokens) {
		return dst
	}
	backward := s.NextLogProbs(nil)
	top := math.Inf(-1)
	for v := range m.Vocab() {
		dst[v] += backward[v] - float64(m.Unigram.Data[v])
		top = max(top, dst[v])
	}
	sum := 0.0
	for _, x := range dst[:m.Vocab()] {
		sum += math.Exp(x - top)
	}
	for v := range m.Vocab() {
		dst[v] -= top + math.Log(sum)
	}
	return dst
}

// ScoreBackward stores ln ←P(tokens[i] | tokens[i+1:]) in dst[i], in nats, for a text in which BOS
// closes each document; BOS stands for the beginning, which is predicted last. Text after the last
// BOS is a document of its own.
func (m *ELMo) ScoreBackward(dst []float64, tokens []lm.Token) []float64 {
	if len(dst) < len(tokens) {
		dst = make([]float64, len(tokens))
	}
	turned := make([]lm.Token, len(tokens))
	place := make([]int, len(tokens)) // position of turned[j] in tokens
	for lo := 0; lo < len(tokens); {
		hi := lo
		for hi < len(tokens) && tokens[hi] != lm.BOS {
			hi++
		}
		for j := lo; j < hi; j++ {
			place[j] = hi - 1 - (j - lo)
		}
		if hi < len(tokens) {
			place[hi] = hi
			hi++
		}
		lo = hi
	}
	for j, i := range place {
		turned[j] = tokens[i]
	}
	scores := m.Backward.Score(nil, turned)
	for j, i := range place {
		dst[i] = scores[j]
	}
	return dst[:len(tokens)]
}
