// Package sample is how a language model speaks: it draws the next token again and again, from its
// distribution or from a warped one that cuts off the unlikely tail (Holtzman et al. 2020).
package sample

import (
	"fmt"
	"math"
	"slices"
)

// Warp changes a distribution in place: a slice of ln P, in which −Inf is a token that cannot come.
// Before and after, the probabilities may sum to anything positive; Sampler sums them anyway. A Warp
// may keep scratch memory, so it is for one goroutine.
type Warp func(logProbs []float64)

// Temperature divides ln P by t (Ackley, Hinton & Sejnowski 1985):
//
//	P'(v) ∝ P(v)^(1/t)
//
// Below 1 the likely becomes likelier, above 1 all becomes more equal; 0 is Greedy.
func Temperature(t float64) (Warp, error) {
	switch {
	case !(t >= 0) || math.IsInf(t, 1):
		return nil, fmt.Errorf("temperature is %v: expected a number of at least 0; 1 is the model's own", t)
	case t == 0:
		return Greedy, nil
	}
	return func(logProbs []float64) {
		top := slices.Max(logProbs) // taken out first, so that a tiny t overflows downwards only
		for v, p := range logProbs {
			if p == top {
				logProbs[v] = 0
			} else {
				logProbs[v] = (p - top) / t
			}
		}
	}, nil
}

// Greedy keeps the most likely token alone, the first of several equal ones.
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

// TopK keeps the k most likely tokens (Fan, Lewis & Dauphin 2018); of equal ones, the first.
func TopK(k int) (Warp, error) {
	if k < 1 {
		return nil, fmt.Errorf("top-k is %d: expected at least 1", k)
	}
	var rank ranking
	return func(logProbs []float64) {
		if k < len(logProbs) {
			rank.sort(logProbs, rank.kth(logProbs, k))
			rank.keep(logProbs, k)
		}
	}, nil
}

// TopP keeps the nucleus (Holtzman et al. 2020): the smallest set of tokens, the most likely first,
// whose probabilities reach p.
func TopP(p float64) (Warp, error) {
	if !(p > 0 && p <= 1) {
		return nil, fmt.Errorf("top-p is %v: expected more than 0 and at most 1", p)
	}
	var rank ranking
	return func(logProbs []float64) {
		if p == 1 {
			return // nothing to cut, however the sums round
		}
		top := slices.Max(logProbs)
		whole := 0.0
		for _, lp := range logProbs {
			whole += math.Exp(lp - top)
		}
		// All tokens of less than (1−p)/V together are less than 1−p, so the nucleus is complete without them.
		rank.sort(logProbs, top+math.Log((1-p)*whole/float64(len(logProbs)))-1e-9)
		reached, n := 0.0, 0
		for n < len(rank.tokens) && reached < p*whole {
			reached += math.Exp(logProbs[rank.tokens[n]] - top)
			n++
		}
		rank.keep(logProbs, n)
	}, nil
}

// MinP keeps the tokens that are at least p times as likely as the likeliest (Nguyen et al. 2024): a sure
// model gets a narrow choice, an unsure one a wide one.
func MinP(p float64) (Warp, error) {
	if !(p >= 0 && p <= 1) {
		return nil, fmt.Errorf("min-p is %v: expected 0 to 1", p)
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
