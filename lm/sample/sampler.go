package sample

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// Options holds the parameters of the usual warps. The zero value of each field leaves the
// distribution unchanged, except that a Temperature of 0 is greedy. Default is the model's own
// distribution.
type Options struct {
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k"`      // 0: all
	TopP        float64 `json:"top_p"`      // 0 or 1: all
	MinP        float64 `json:"min_p"`      // 0: all
	Max         int     `json:"max_tokens"` // maximum number of tokens; 0: until the document ends
}

// Default is the model's own distribution.
var Default = Options{Temperature: 1}

// Warps returns the options as warps in the usual order: temperature, top-k, top-p, min-p.
func (o Options) Warps() ([]Warp, error) {
	var warps []Warp
	add := func(w Warp, err error) error {
		if err == nil {
			warps = append(warps, w)
		}
		return err
	}
	if o.Temperature != 1 {
		if err := add(Temperature(o.Temperature)); err != nil {
			return nil, err
		}
	}
	if o.TopK != 0 {
		if err := add(TopK(o.TopK)); err != nil {
			return nil, err
		}
	}
	if o.TopP != 0 && o.TopP != 1 {
		if err := add(TopP(o.TopP)); err != nil {
			return nil, err
		}
	}
	if o.MinP != 0 {
		if err := add(MinP(o.MinP)); err != nil {
			return nil, err
		}
	}
	if o.Max < 0 {
		return nil, fmt.Errorf("maximum number of tokens is %d; want at least 1, or 0 to stop "+
			"only at the end of the document", o.Max)
	}
	return warps, nil
}

// Rand returns the random source for a seed. The first draw of a PCG whose state is zero is
// 0.99993, so with seed 0 every text would begin with a very unlikely token. Rand therefore skips
// this draw.
func Rand(seed uint64) *rand.Rand {
	r := rand.New(rand.NewPCG(seed, 0))
	if seed == 0 {
		r.Uint64()
	}
	return r
}

// Sampler draws tokens. It is not safe for concurrent use.
type Sampler struct {
	warps []Warp
	rng   *rand.Rand
}

// New returns a Sampler that applies the warps in order.
func New(rng *rand.Rand, warps ...Warp) *Sampler { return &Sampler{warps, rng} }

// Draw warps a distribution in place, scales it to sum 1, and draws a token. Afterwards logProbs[v]
// is ln of the probability with which token v was drawn.
func (s *Sampler) Draw(logProbs []float64) (lm.Token, error) {
	if err := Apply(logProbs, s.warps...); err != nil {
		return 0, err
	}
	u, last := s.rng.Float64(), 0
	for v, p := range logProbs {
		if math.IsInf(p, -1) {
			continue
		}
		last = v // after rounding, the sum may be less than u
		if u -= math.Exp(p); u < 0 {
			break
		}
	}
	return lm.Token(last), nil
}

// Apply applies the warps in order, in place, and scales the distribution to a sum of 1.
func Apply(logProbs []float64, warps ...Warp) error {
	if err := check(logProbs); err != nil {
		return err
	}
	for _, warp := range warps {
		warp(logProbs)
	}
	return normalize(logProbs)
}

// check returns an error for an invalid distribution.
func check(logProbs []float64) error {
	possible := false
	for v, p := range logProbs {
		if math.IsNaN(p) || math.IsInf(p, 1) {
			return fmt.Errorf("%w: token %d has ln P = %v; train again with a lower learning rate",
				lm.ErrNoProbability, v, p)
		}
		possible = possible || !math.IsInf(p, -1)
	}
	if !possible {
		return fmt.Errorf("the model gives all %d tokens probability 0; use a smoothed model or "+
			"another prompt", len(logProbs))
	}
	return nil
}

// normalize subtracts ln Σ exp, so that the probabilities sum to 1.
func normalize(logProbs []float64) error {
	if err := check(logProbs); err != nil {
		return fmt.Errorf("after warping: %w", err)
	}
	top := logProbs[argmax(logProbs)]
	sum := 0.0
	for _, p := range logProbs {
		sum += math.Exp(p - top)
	}
	scale := top + math.Log(sum)
	for v := range logProbs {
		logProbs[v] -= scale
	}
	return nil
}

// Generate draws tokens from state and yields each with its ln P before warping. It stops at BOS,
// which ends the document and is not yielded; after opt.Max tokens; when yield returns false; or,
// with an error, when ctx is done. It pushes the tokens onto state.
func Generate(
	ctx context.Context, state lm.State, opt Options, rng *rand.Rand,
	yield func(t lm.Token, logProb float64) bool,
) error {
	warps, err := opt.Warps()
	if err != nil {
		return err
	}
	s := New(rng, warps...)
	var own, warped []float64
	for n := 0; opt.Max == 0 || n < opt.Max; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		own = state.NextLogProbs(own)
		warped = append(warped[:0], own...)
		t, err := s.Draw(warped)
		if err != nil || t == lm.BOS || !yield(t, own[t]) {
			return err
		}
		state.Push(t)
	}
	return nil
}
