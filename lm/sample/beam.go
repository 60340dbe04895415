package sample

import (
	"context"
	"fmt"
	"slices"

	"lmzoo/lm"
)

// Hypothesis is a continuation with its log-probability.
type Hypothesis struct {
	Tokens  []lm.Token
	LogProb float64
	Ended   bool // ended by the end of the document, which LogProb includes and Tokens does not
}

// Beam searches for the most likely continuation of state by at most length tokens. It keeps the
// width best hypotheses at every step (Lowerre 1976) and returns the final ones, most likely first.
// A width of 1 is Greedy. The most likely text is dull (Holtzman et al. 2020), so Beam is for
// translation and tests, not for stories. A hypothesis never becomes more likely as it grows, so a
// hypothesis that has ended keeps its rank.
func Beam(ctx context.Context, state lm.State, width, length int) ([]Hypothesis, error) {
	if width < 1 || length < 0 {
		return nil, fmt.Errorf("beam of width %d and length %d; want a width of at least 1 and "+
			"a length of at least 0", width, length)
	}
	beams := []beam{{state: state.Clone()}}
	var probs []float64
	for range length {
		var next []beam
		live := false
		for _, b := range beams {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if b.Ended {
				next = append(next, b)
				continue
			}
			live = true
			probs = b.state.NextLogProbs(probs)
			if err := check(probs); err != nil {
				return nil, err
			}
			for v, p := range probs {
				next = insert(next, b, lm.Token(v), b.LogProb+p, width)
			}
		}
		if !live {
			break
		}
		slices.SortStableFunc(next, better)
		beams = grow(next[:min(width, len(next))])
	}
	found := make([]Hypothesis, len(beams))
	for i, b := range beams {
		found[i] = b.Hypothesis
	}
	return found, nil
}

// beam is a hypothesis and the state of the model after it.
type beam struct {
	Hypothesis
	state lm.State
	last  lm.Token // not yet pushed if fresh
	fresh bool
}

// insert adds b, extended by a token, if it may be among the best hypotheses. Only the survivors of
// a step are copied.
func insert(next []beam, b beam, t lm.Token, logProb float64, width int) []beam {
	if logProb < -1e300 {
		return next // impossible token
	}
	if len(next) >= 4*width {
		slices.SortStableFunc(next, better)
		next = next[:width]
		if logProb <= next[width-1].LogProb {
			return next
		}
	}
	b.LogProb, b.last, b.fresh = logProb, t, true
	return append(next, b)
}

func better(a, b beam) int {
	switch {
	case a.LogProb > b.LogProb:
		return -1
	case a.LogProb < b.LogProb:
		return 1
	}
	return 0
}

// grow gives every survivor its own state and tokens, and pushes its last token.
func grow(survivors []beam) []beam {
	for i := range survivors {
		b := &survivors[i]
		if !b.fresh {
			continue
		}
		b.fresh = false
		if b.last == lm.BOS {
			b.Ended, b.state = true, nil
			continue
		}
		b.state = b.state.Clone()
		b.state.Push(b.last)
		b.Tokens = append(slices.Clone(b.Tokens), b.last)
	}
	return survivors
}
