package models

import (
	"math"

	"lmzoo/lm"
)

// Token is a generated token with its probability under the model, before temperature and
// truncation.
type Token struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`
	Top  []Choice `json:"top,omitempty"` // the likeliest tokens at its position

	LogProb float64 `json:"-"`
}

// Choice is an alternative to a token.
type Choice struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`
}

// Token returns the token t of a distribution, with the likeliest alternatives.
func (m *Model) Token(t lm.Token, logProbs []float64, alternatives int) Token {
	s := Token{ID: t, Text: m.Show(t), P: math.Exp(logProbs[t]), LogProb: logProbs[t]}
	for _, a := range m.Likeliest(logProbs, alternatives) {
		s.Top = append(s.Top, Choice{a, m.Show(a), math.Exp(logProbs[a])})
	}
	return s
}

// Likeliest returns the n most probable tokens, most probable first. Among equally probable tokens,
// those that are text on their own come first, then those with lower ids. Impossible tokens are
// left out.
func (m *Model) Likeliest(logProbs []float64, n int) []lm.Token {
	if n < 1 {
		return nil
	}
	before := func(a, b lm.Token) bool {
		p, q := logProbs[a], logProbs[b]
		return p > q || p == q && m.readable[a] && !m.readable[b]
	}
	best := make([]lm.Token, 0, n+1)
	for v, p := range logProbs {
		t := lm.Token(v)
		if math.IsInf(p, -1) || math.IsNaN(p) || len(best) == n && !before(t, best[n-1]) {
			continue
		}
		i := len(best)
		best = append(best, t)
		for ; i > 0 && before(t, best[i-1]); i-- {
			best[i] = best[i-1]
		}
		best[i] = t
		best = best[:min(len(best), n)]
	}
	return best
}

// Entropy returns −Σ P log2 P in bits.
func Entropy(logProbs []float64) float64 {
	h := 0.0
	for _, p := range logProbs {
		if !math.IsInf(p, -1) {
			h -= math.Exp(p) * p
		}
	}
	return h / math.Ln2
}
