package sample

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// Options are the usual warps by name; the zero value of each leaves the distribution as it is, except that a
// Temperature of 0 is greedy. Use Default for the model's own voice.
type Options struct {
	Temperature float64 `json:"temperature"`
	TopK        int     `json:"top_k"`      // 0: all
	TopP        float64 `json:"top_p"`      // 0 or 1: all
	MinP        float64 `json:"min_p"`      // 0: all
	Max         int     `json:"max_tokens"` // stop after so many tokens; 0: only at the end of the document
}

// Default is the model's own distribution.
var Default = Options{Temperature: 1}

// Warps returns the options as warps, in the order that is usual: temperature, top-k, top-p, min-p.
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
		return nil, fmt.Errorf("the number of tokens is %d: expected at least 1, or 0 to stop at the end of the document only", o.Max)
	}
	return warps, nil
}

// Rand is where the draws of a seed come from. The first draw of a PCG whose state is zero is 0.99993, so that every text
// of seed 0 would begin with a most unlikely token: seed 0 begins with its second.
func Rand(seed uint64) *rand.Rand {
	r := rand.New(rand.NewPCG(seed, 0))
	if seed == 0 {
		r.Uint64()
	}
	return r
}

// Sampler draws tokens. It is for one goroutine.
type Sampler struct {
	warps []Warp
	rng   *rand.Rand
}

// New returns a Sampler that applies the warps in order.
func New(rng *rand.Rand, warps ...Warp) *Sampler { return &Sampler{warps, rng} }

// Draw warps a distribution in place, scales it to sum 1, and draws a token from it: afterwards
// logProbs[v] is ln of the probability with which token v was drawn.
func (s *Sampler) Draw(logProbs []float64) (lm.Token, error) {
	if err := check(logProbs); err != nil {
		return 0, err
	}
	for _, warp := range s.warps {
		warp(logProbs)
	}
	if err := normalize(logProbs); err != nil {
		return 0, err
	}
	u, last := s.rng.Float64(), 0
	for v, p := range logProbs {
		if math.IsInf(p, -1) {
			continue
		}
		last = v // for a u so near 1 that the rounded sum does not reach it
		if u -= math.Exp(p); u < 0 {
			break
		}
	}
	return lm.Token(last), nil
}

// check refuses what is no distribution.
func check(logProbs []float64) error {
	possible := false
	for v, p := range logProbs {
		if math.IsNaN(p) || math.IsInf(p, 1) {
			return fmt.Errorf("%w: token %d has ln P = %v, so there is nothing to draw from; was it trained to the end?", lm.ErrNoProbability, v, p)
		}
		possible = possible || !math.IsInf(p, -1)
	}
	if !possible {
		return fmt.Errorf("the model gives all %d tokens the probability 0: use a smoothed model, or another prompt", len(logProbs))
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

// Generate draws tokens from a state and yields each with ln of the probability that the model itself gave it, before
// warping. It stops at BOS, which ends the document and is not yielded; after opt.Max tokens; when yield says
// so by returning false; or when ctx is done, which is an error. state moves along.
func Generate(ctx context.Context, state lm.State, opt Options, rng *rand.Rand, yield func(t lm.Token, logProb float64) bool) error {
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
