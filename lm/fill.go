package lm

import (
	"math"
	"slices"
)

// Filler is a model that sees both sides of a token. It has no next-token distribution, so it is
// not a Model: its scores are listed separately and are never ranked with those of causal models. A
// Filler is safe for concurrent use.
type Filler interface {
	// Vocab returns the number of tokens, V; the tokens are 0 … V−1.
	Vocab() int
	// FillLogProbs stores ln P(v at i | all tokens but the i-th), in nats, in dst[v] for every
	// token v and returns dst. If dst is shorter than V, it allocates a new slice. BOS precedes
	// tokens[0], and a later BOS begins another document. tokens[i] itself is not read.
	FillLogProbs(dst []float64, tokens []Token, i int) []float64
}

// FillScorer is a Filler that scores many positions of a document faster than one at a time.
type FillScorer interface {
	Filler
	// FillScore stores ln P(tokens[i] | all tokens but the i-th) in dst[i−from] for every i in
	// [from, to) and returns dst[:to−from].
	FillScore(dst []float64, tokens []Token, from, to int) []float64
}

// FillScore returns ln P(tokens[i] | all tokens but the i-th) for every i in [from, to). The sum
// over a document is its pseudo-log-likelihood, and e^(−mean) its pseudo-perplexity (Salazar et al.
// 2020, eqs. 1 and 4). Unlike the sum of Score it is not a log-probability of the text.
func FillScore(f Filler, tokens []Token, from, to int) []float64 {
	dst := make([]float64, to-from)
	if s, ok := f.(FillScorer); ok {
		return s.FillScore(dst, tokens, from, to)
	}
	var probs []float64
	for i := range dst {
		probs = f.FillLogProbs(probs, tokens, from+i)
		dst[i] = probs[tokens[from+i]]
	}
	return dst
}

// Fill turns any causal model into a Filler by scoring the text with every candidate at position i:
//
//	P(v at i | the rest) ∝ P(v | tokens[:i]) · Π_{j>i} P(tokens[j] | tokens[:i], v, tokens[i+1:j])
//
// This is Bayes' rule, so it is exact, and needs one pass over the text for each of V candidates.
// If the model excludes the rest of the text for every candidate, all values are −Inf.
func Fill(m Model) Filler { return causalFiller{m} }

// causalFiller is a Filler by Bayes' rule.
type causalFiller struct{ m Model }

func (f causalFiller) Vocab() int { return f.m.Vocab() }

// fillTokens is the approximate number of tokens that causalFiller scores at once.
const fillTokens = 1 << 12

func (f causalFiller) FillLogProbs(dst []float64, tokens []Token, i int) []float64 {
	from, to := documentAround(tokens, i)
	tokens, i = tokens[from:to], i-from
	dst = f.m.NextLogProbs(Grow(dst, f.m.Vocab()), tokens[:i])
	if i+1 == len(tokens) {
		return dst // nothing follows
	}
	each := len(tokens) + 1 // a candidate's text and the closing BOS
	batch := max(1, fillTokens/each)
	for v := 0; v < len(dst); v += batch {
		f.addRest(dst[v:min(v+batch, len(dst))], Token(v), tokens, i)
	}
	normalize(dst)
	return dst
}

// addRest adds ln P(tokens[i+1:] | tokens[:i], v) to dst[k] for the candidates v = first + k. The
// texts of all candidates are scored as one stream of documents.
func (f causalFiller) addRest(dst []float64, first Token, tokens []Token, i int) {
	var stream []Token
	for k := range dst {
		at := len(stream) + i
		stream = append(append(stream, tokens...), BOS)
		stream[at] = first + Token(k)
	}
	scores := Score(f.m, stream)
	for k := range dst {
		rest := scores[k*(len(tokens)+1):][i+1 : len(tokens)]
		for _, score := range rest {
			dst[k] += score
		}
	}
}

// documentAround returns the part tokens[from:to] that can depend on the token at i: from the last
// BOS before it to the first BOS after it, inclusive. If the token at i is BOS, both adjacent
// documents are included, because they form one document with any other token.
func documentAround(tokens []Token, i int) (from, to int) {
	from, to = 0, len(tokens)
	for j := i - 1; j >= 0; j-- {
		if tokens[j] == BOS {
			from = j + 1
			break
		}
	}
	if j := slices.Index(tokens[i+1:], BOS); j >= 0 {
		to = i + 1 + j + 1
	}
	return from, to
}

// normalize subtracts ln Σ exp(logProbs), unless every value is −Inf.
func normalize(logProbs []float64) {
	top := slices.Max(logProbs)
	if math.IsInf(top, -1) {
		return
	}
	sum := 0.0
	for _, p := range logProbs {
		sum += math.Exp(p - top)
	}
	shift := top + math.Log(sum)
	for v := range logProbs {
		logProbs[v] -= shift
	}
}
