package align

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"lmzoo/lm"
)

// KLOptions are the settings of KL.
type KLOptions struct {
	Samples int      // number of answers to each prompt
	Tokens  int      // length at which an answer is cut off
	End     lm.Token // ends an answer
}

// KL estimates the divergence KL(π‖π_ref) over answers, in nats: how far a policy has moved from a
// reference. It samples the answers y from π. Instead of ln π(y)/π_ref(y), it adds the exact
// divergence of the two distributions over tokens at each step, which has the same mean (the chain
// rule) and less variance. It returns the mean over the answers and its standard error.
func KL(
	ctx context.Context, policy, reference lm.Model, prompts [][]lm.Token, o KLOptions,
	rng *rand.Rand,
) (mean, stderr float64, err error) {
	if len(prompts) == 0 || o.Samples < 1 || o.Tokens < 1 {
		return 0, 0, fmt.Errorf("%d prompts, %d samples and %d tokens; want at least 1 of each",
			len(prompts), o.Samples, o.Tokens)
	}
	if p, r := policy.Vocab(), reference.Vocab(); p != r {
		return 0, 0, fmt.Errorf("the policy has %d tokens and the reference %d; want the same",
			p, r)
	}
	var sum, squares float64
	for _, x := range prompts {
		contexts := make([][]lm.Token, o.Samples)
		for i := range contexts {
			contexts[i] = x
		}
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		all, err := klOf(policy, reference, contexts, o, rng)
		if err != nil {
			return 0, 0, err
		}
		for _, nats := range all {
			sum, squares = sum+nats, squares+nats*nats
		}
	}
	n := float64(len(prompts) * o.Samples)
	mean = sum / n
	return mean, math.Sqrt(max(squares/n-mean*mean, 0) / max(n-1, 1)), nil
}

// klOf samples an answer in each context and returns the sum of the divergences of its steps.
func klOf(
	policy, reference lm.Model, contexts [][]lm.Token, o KLOptions, rng *rand.Rand,
) (nats []float64, err error) {
	p, r := lm.StartStreams(policy, contexts), lm.StartStreams(reference, contexts)
	nats = make([]float64, len(contexts))
	done := make([]bool, len(contexts))
	var pi, ref [][]float64
	for range o.Tokens {
		pi, ref = p.NextLogProbs(pi), r.NextLogProbs(ref)
		for i := range contexts {
			if done[i] {
				continue
			}
			next, err := draw(pi[i], rng.Float64())
			if err != nil {
				return nil, err
			}
			nats[i] += stepKL(pi[i], ref[i])
			if done[i] = next == o.End; done[i] {
				p.Close(i)
				r.Close(i)
				continue
			}
			p.Push(i, next)
			r.Push(i, next)
		}
	}
	return nats, nil
}

// stepKL returns KL(π‖π_ref) = Σ_v π(v)·ln(π(v)/π_ref(v)) of two distributions over tokens, in
// nats.
func stepKL(pi, ref []float64) (nats float64) {
	for v, logProb := range pi {
		if p := math.Exp(logProb); p > 0 {
			nats += p * (logProb - ref[v])
		}
	}
	return nats
}
