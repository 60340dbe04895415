// Package sample generates text. It draws one token after another from a model's distribution, or
// from a warped distribution without the unlikely tail (Holtzman et al. 2020).
package sample

import (
	"fmt"
	"math"
	"slices"
)

// Warp changes a distribution in place. The slice holds ln P, −Inf for an impossible token. The
// probabilities may sum to any positive number, before and after; Sampler normalizes them. A Warp
// may keep scratch memory, so it is for one goroutine.
type Warp func(logProbs []float64)

// Temperature divides ln P by t (Ackley, Hinton & Sejnowski 1985):
//
//	P'(v) ∝ P(v)^(1/t)
//
// Below 1, likely tokens become likelier; above 1, the distribution becomes flatter; 0 is Greedy.
func Temperature(t float64) (Warp, error) {
	switch {
	case !(t >= 0) || math.IsInf(t, 1):
		return nil, fmt.Errorf("temperature is %v; want at least 0, where 1 changes nothing", t)
	case t == 0:
		return Greedy, nil
	}
	return func(logProbs []float64) {
		top := slices.Max(logProbs) // factored out, so that a tiny t can only cause underflow
		for v, p := range logProbs {
			if p == top {
				logProbs[v] = 0
			} else {
				logProbs[v] = (p - top) / t
			}
		}
	}, nil
}

// Greedy keeps only the most likely token, or the first of several equally likely tokens.
func Greedy(logProbs []float64) {
	best := argmax(logProbs)
	for v := range logProbs {
		logProbs[v] = math.Inf(-1)
	}
	logProbs[best] = 0
}

func argmax(logProbs []float64) int {
	best := 0
	for v, p := range logProbs {
		if p > logProbs[best] {
			best = v
		}
	}
	return best
}

// TopK keeps the k most likely tokens (Fan, Lewis & Dauphin 2018); among equally likely tokens, it
// keeps the first.
func TopK(k int) (Warp, error) {
	if k < 1 {
		return nil, fmt.Errorf("top-k is %d; want at least 1", k)
	}
	var rank ranking
	return func(logProbs []float64) {
		if k < len(logProbs) {
			rank.sort(logProbs, rank.kth(logProbs, k))
			rank.keep(logProbs, k)
		}
	}, nil
}

// TopP keeps the nucleus (Holtzman et al. 2020): the smallest set of most likely tokens whose
// probabilities sum to at least p.
func TopP(p float64) (Warp, error) {
	if !(p > 0 && p <= 1) {
		return nil, fmt.Errorf("top-p is %v; want a number in (0, 1]", p)
	}
	var rank ranking
	return func(logProbs []float64) {
		if p == 1 {
			return // keep all tokens, whatever the rounding
		}
		top := slices.Max(logProbs)
		whole := 0.0
		for _, lp := range logProbs {
			whole += math.Exp(lp - top)
		}
		// The tokens below (1−p)/V sum to less than 1−p, so the nucleus is complete without them.
		rank.sort(logProbs, top+math.Log((1-p)*whole/float64(len(logProbs)))-1e-9)
		reached, n := 0.0, 0
		for n < len(rank.tokens) && reached < p*whole {
			reached += math.Exp(logProbs[rank.tokens[n]] - top)
			n++
		}
		rank.keep(logProbs, n)
	}, nil
}

// MinP keeps the tokens that are at least p times as likely as the most likely one (Nguyen et al.
// 2024), so that a confident model has a narrow choice and an uncertain one a wide choice.
func MinP(p float64) (Warp, error) {
	if !(p >= 0 && p <= 1) {
		return nil, fmt.Errorf("min-p is %v; want a number in [0, 1]", p)
	}
	least := math.Log(p)
	return func(logProbs []float64) {
		top := slices.Max(logProbs)
		for v, lp := range logProbs {
			if lp-top < least {
				logProbs[v] = math.Inf(-1)
			}
		}
	}, nil
}
