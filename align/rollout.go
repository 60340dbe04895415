package align

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"lmzoo/lm"
)

// Rollout is an answer sampled from a policy, with the log-probabilities of its tokens.
type Rollout struct {
	Prompt, Sample int // the number of the prompt, and of the answer in its group
	Tokens         []lm.Token
	Start          int // index in Tokens of the first token of the answer

	// Own reports for each token of the answer whether the policy drew it. The other tokens are the
	// results of tools: they have no loss and no ratio of probabilities.
	Own []bool
	// LogProbs holds ln P of each token of the answer under the sampler, in nats; 0 for a token
	// that the policy did not draw.
	LogProbs []float32
	// Truncated reports whether the answer reached its maximum length without an end.
	Truncated bool
}

// Answer returns the tokens of the answer, including its final [END] if it has one.
func (r *Rollout) Answer() []lm.Token { return r.Tokens[r.Start:] }

// LogProb returns ln P of the tokens that the policy drew, in nats.
func (r *Rollout) LogProb() (sum float64) {
	for _, p := range r.LogProbs {
		sum += float64(p)
	}
	return sum
}

// Sampling holds the settings for drawing answers. They are always drawn from the model's own
// distribution, at temperature 1, so that the sampler's probabilities equal the policy's. A warped
// distribution would need its own probabilities in the ratio of PPO.
type Sampling struct {
	Samples int        // number of answers to each prompt
	Max     int        // maximum number of tokens of an answer
	Window  int        // positions of the model, including BOS; 0: no limit
	Ends    []lm.Token // tokens that end an answer, besides BOS

	// Result is the token after which the program writes. Insert returns the tokens that it writes,
	// such as the output of a tool; nil means no tools. Insert may be called concurrently.
	Result lm.Token
	Insert func(ctx context.Context, r *Rollout) ([]lm.Token, error)

	// The draws are a function of Seed, Step, and the numbers of the prompt and of the sample.
	Seed    uint64
	Step    int
	Threads int // number of threads; any number gives the same bits
}

// shareStreams is the number of texts that are continued together. It is fixed, so that the bits do
// not depend on the number of threads.
const shareStreams = 16

// Sample draws answers to every prompt. A prompt holds the tokens after BOS up to the role of the
// assistant. The answers to prompt i have the indices i·Samples … (i+1)·Samples−1.
func Sample(
	ctx context.Context, m lm.Model, prompts [][]lm.Token, o Sampling,
) ([]Rollout, error) {
	return SampleNumbered(ctx, m, prompts, nil, o)
}

// SampleNumbered is like Sample, for prompts with the given numbers; nil means 0, 1, 2, ….
func SampleNumbered(
	ctx context.Context, m lm.Model, prompts [][]lm.Token, numbers []int, o Sampling,
) ([]Rollout, error) {
	out := make([]Rollout, 0, len(prompts)*o.Samples)
	for i, tokens := range prompts {
		number := i
		if numbers != nil {
			number = numbers[i]
		}
		if o.Max < 1 {
			return nil, fmt.Errorf("answers have at most %d tokens; want at least 1", o.Max)
		}
		if o.Window > 0 && len(tokens) >= o.Window {
			return nil, fmt.Errorf("prompt %d has %d tokens; want fewer than the model's window "+
				"of %d", number+1, len(tokens), o.Window)
		}
		for s := range o.Samples {
			out = append(out, Rollout{Prompt: number, Sample: s, Start: len(tokens),
				Tokens: slices.Concat(tokens, make([]lm.Token, o.Max))[:len(tokens)]})
		}
	}
	shares := slices.Collect(slices.Chunk(out, shareStreams))
	errs := make([]error, len(shares))
	inParallel(o.Threads, len(shares), func(i int) {
		errs[i] = (&sampler{Sampling: o, m: m, rollouts: shares[i]}).run(ctx)
	})
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// inParallel runs f(0) … f(n−1) on several threads.
func inParallel(threads, n int, f func(i int)) {
	if threads <= 1 || n <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var wg sync.WaitGroup
	seats := make(chan struct{}, threads)
	for i := range n {
		seats <- struct{}{}
		wg.Go(func() {
			f(i)
			<-seats
		})
	}
	wg.Wait()
}

// sampler draws the answers of one share.
type sampler struct {
	Sampling
	m        lm.Model
	rollouts []Rollout
}

func (s *sampler) run(ctx context.Context) error {
	contexts := make([][]lm.Token, len(s.rollouts))
	dice := make([]rand.PCG, len(s.rollouts))
	for i, r := range s.rollouts {
		contexts[i] = r.Tokens
		dice[i] = *rand.NewPCG(mix(s.Seed, uint64(s.Step)),
			mix(uint64(r.Prompt), uint64(r.Sample)))
	}
	streams := lm.StartStreams(s.m, contexts)
	open := make([]int, len(s.rollouts))
	for i := range open {
		open[i] = i
	}
	var logProbs [][]float64
	for len(open) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		logProbs = streams.NextLogProbs(logProbs)
		left := open[:0]
		for _, i := range open {
			more, err := s.extend(ctx, &s.rollouts[i], logProbs[i], &dice[i], streams, i)
			if err != nil {
				return err
			}
			if more {
				left = append(left, i)
			} else {
				streams.Close(i)
			}
		}
		open = left
	}
	return nil
}

// full reports whether the answer can no longer grow. The model reads BOS and all tokens except the
// last, and they must fit in its window.
func (s *sampler) full(r *Rollout) bool {
	return len(r.Own) >= s.Max || s.Window > 0 && len(r.Tokens) >= s.Window
}

// extend draws a token of an answer, and inserts the result of a tool after it. It returns false if
// the answer is complete.
func (s *sampler) extend(ctx context.Context, r *Rollout, logProbs []float64, dice *rand.PCG,
	streams lm.Streams, i int) (more bool, err error) {
	t, err := draw(logProbs, rand.New(dice).Float64())
	if err != nil {
		return false, r.fault(err)
	}
	r.add(t, true, float32(logProbs[t]))
	if t == lm.BOS || slices.Contains(s.Ends, t) {
		return false, nil
	}
	streams.Push(i, t)
	if s.Insert != nil && t == s.Result {
		inserted, err := s.Insert(ctx, r)
		if err != nil {
			return false, r.fault(err)
		}
		for _, t := range inserted {
			if s.full(r) {
				break
			}
			r.add(t, false, 0)
			streams.Push(i, t)
		}
	}
	r.Truncated = s.full(r)
	return !r.Truncated, nil
}

func (r *Rollout) add(t lm.Token, own bool, logProb float32) {
	r.Tokens = append(r.Tokens, t)
	r.Own, r.LogProbs = append(r.Own, own), append(r.LogProbs, logProb)
}

// draw returns the token at which the cumulative distribution exceeds u, in [0, 1).
func draw(logProbs []float64, u float64) (lm.Token, error) {
	last := -1
	for v, p := range logProbs {
		switch {
		case math.IsNaN(p) || math.IsInf(p, 1):
			return 0, fmt.Errorf("%w: ln P of token %d is %v; lower lr", lm.ErrNoProbability, v, p)
		case math.IsInf(p, -1):
			continue
		}
		last = v // after rounding, the sum may be less than u
		if u -= math.Exp(p); u < 0 {
			break
		}
	}
	if last < 0 {
		return 0, fmt.Errorf("%w: every token has probability 0; lower lr", lm.ErrNoProbability)
	}
	return lm.Token(last), nil
}

// mix combines two numbers into one seed with SplitMix64's function (Steele, Lea & Flood 2014,
// figure 16), which gives neighbouring numbers unrelated seeds.
func mix(a, b uint64) uint64 {
	z := a*0x9e3779b97f4a7c15 + b + 1
	for range 2 {
		z *= 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		z ^= z >> 31
	}
	return z
}
