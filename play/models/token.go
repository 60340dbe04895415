package models

import (
	"math"

	"lmzoo/lm"
)

// Token is a generated token with the probability that the model gave it, before temperature and
// cuts.
type Token struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`
	Top  []Choice `json:"top,omitempty"` // the likeliest tokens in its place

	LogProb float64 `json:"-"`
}

// Choice is a token that could have come.
type Choice struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
	P    float64  `json:"p"`
}

// Token returns the token t of a distribution, with the likeliest alternatives.
func (m *Model) Token(t lm.Token, logProbs []float64, alternatives int) Token {
	s := Token{ID: t, Text: m.Show(t), P: math.Exp(logProbs[t]), LogProb: logProbs[t]}
	for _, a := range Likeliest(logProbs, alternatives) {
		s.Top = append(s.Top, Choice{a, m.Show(a), math.Exp(logProbs[a])})
	}
	return s
}

// Likeliest returns the n most probable tokens, the most probable first and equal ones in the order
// of their numbers. It leaves out impossible tokens.
func Likeliest(logProbs []float64, n int) []lm.Token {
	if n < 1 {
		return nil
	}
	best := make([]lm.Token, 0, n+1)
	for t, p := range logProbs {
		if math.IsInf(p, -1) || math.IsNaN(p) || len(best) == n && p <= logProbs[best[n-1]] {
			continue
		}
		i := len(best)
		best = append(best, lm.Token(t))
		for ; i > 0 && logProbs[best[i-1]] < p; i-- {
			best[i] = best[i-1]
		}
		best[i] = lm.Token(t)
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
