package compress

import (
	"fmt"
	"math"

	"lmzoo/lm"
)

// shares divides the 2³² points of the coder among the tokens in proportion to their probabilities.
// Every token gets at least one point, so that an impossible token can also be written, in 32 bits.
// Rounding costs at most 2V/2³² of the points: for 50,000 tokens 0.00003 bits per token.
type shares struct {
	weights []float64 // points of each token before rounding
}

// next reads the next-token distribution of state over v tokens.
func (s *shares) next(state lm.State, v int) error {
	s.weights = state.NextLogProbs(s.weights)[:v]
	best := math.Inf(-1)
	for v, p := range s.weights {
		if math.IsNaN(p) || math.IsInf(p, 1) {
			return fmt.Errorf("%w: token %d has ln P = %v; train again with a lower learning rate",
				lm.ErrNoProbability, v, p)
		}
		best = max(best, p)
	}
	if math.IsInf(best, -1) {
		best = 0 // all tokens are impossible: one point each, and the rest for the last
	}
	sum := 0.0
	for v, p := range s.weights {
		s.weights[v] = math.Exp(p - best)
		sum += s.weights[v]
	}
	if sum == 0 {
		return nil
	}
	scale := s.whole() / sum
	for v := range s.weights {
		s.weights[v] *= scale
	}
	return nil
}

// whole returns the number of points that are divided by probability: all points except two per
// token, one of which is for the rounding of the sum.
func (s *shares) whole() float64 { return float64(1<<frequencyBits - 2*len(s.weights)) }

// bits returns −log2 P of token t, before rounding to points.
func (s *shares) bits(t lm.Token) float64 { return math.Log2(s.whole()) - math.Log2(s.weights[t]) }

// points returns the size of token v's share.
func (s *shares) points(v int) uint64 { return 1 + uint64(s.weights[v]) }

// of returns the share [from, to) of token t.
func (s *shares) of(t lm.Token) (from, to uint64) {
	for v := range int(t) {
		from += s.points(v)
	}
	return from, s.end(int(t), from)
}

// at returns the token whose share contains the target, and that share.
func (s *shares) at(target uint64) (t lm.Token, from, to uint64) {
	for v := range s.weights {
		to = s.end(v, from)
		if target < to {
			return lm.Token(v), from, to
		}
		from = to
	}
	panic("unreachable: the last share ends at the top")
}

// end returns the end of the share of v that begins at from. The last token gets the remainder.
func (s *shares) end(v int, from uint64) uint64 {
	if v == len(s.weights)-1 {
		return 1 << frequencyBits
	}
	return from + s.points(v)
}
