package align

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"lmzoo/lm"
)

// Best of n is the simplest way to follow a reward (Stiennon et al. 2020, §4.3; Nakano et al.
// 2021): draw n answers and keep the one with the highest reward. It trains nothing, so it can test
// a proxy reward before any reinforcement learning, by the gold reward of the answer that the proxy
// picks.

// BestOf draws o.Samples answers to each prompt and returns, for each prompt, the answer with the
// highest reward. Ties go to the first answer.
func BestOf(
	ctx context.Context, m lm.Model, prompts [][]lm.Token, scorer Scorer, o Sampling,
) (best []Rollout, rewards []float64, err error) {
	all, err := Sample(ctx, m, prompts, o)
	if err != nil {
		return nil, nil, err
	}
	scores, err := scorer.Rewards(ctx, all)
	if err == nil {
		err = checkRewards(scores, all)
	}
	if err != nil {
		return nil, nil, err
	}
	for i := range prompts {
		group := scores[i*o.Samples:][:o.Samples]
		at := slices.Index(group, slices.Max(group))
		best, rewards = append(best, all[i*o.Samples+at]), append(rewards, group[at])
	}
	return best, rewards, nil
}

// BestOfKL returns the KL divergence of the best of n answers from the policy that drew them, in
// nats: ln n − (n−1)/n (Stiennon et al. 2020, appendix G.3). It assumes that no two answers have
// the same reward.
func BestOfKL(n int) float64 { return math.Log(float64(n)) - float64(n-1)/float64(n) }

// MeasuredBestOfKL returns the same divergence when answers may have equal rewards and any of the
// tied answers is kept. It takes the rewards of many answers to one prompt as the distribution of
// the rewards. A reward with probability p and cumulative probability F is kept with probability
// F^n − (F−p)^n. The result is smaller than BestOfKL, because a choice among n equal rewards does
// not change the distribution.
func MeasuredBestOfKL(rewards []float64, n int) (nats float64) {
	sorted, total := slices.Sorted(slices.Values(rewards)), float64(len(rewards))
	for from := 0; from < len(sorted); {
		to := endOfTies(sorted, from)
		p := float64(to-from) / total
		q := math.Pow(float64(to)/total, float64(n)) - math.Pow(float64(from)/total, float64(n))
		if q > 0 {
			nats += q * math.Log(q/p)
		}
		from = to
	}
	return nats
}

// endOfTies returns the end of the run of equal elements that begins at from.
func endOfTies(sorted []float64, from int) int {
	to := from + 1
	for to < len(sorted) && sorted[to] == sorted[from] {
		to++
	}
	return to
}

// ExpectedBest returns the expected gold reward of the answer with the highest proxy reward among n
// answers to one prompt. It averages over all subsets of n of the given answers, so its variance is
// smaller than for a single subset. With proxy = gold, it is the maximum for any reward model.
func ExpectedBest(proxy, gold []float64, n int) (float64, error) {
	if len(proxy) != len(gold) || n < 1 || n > len(proxy) {
		return 0, fmt.Errorf("best of %d among %d answers with %d gold rewards; want 1 to %d", n,
			len(proxy), len(gold), len(proxy))
	}
	order := make([]int, len(proxy))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(proxy[a], proxy[b]) })
	sorted := make([]float64, len(proxy))
	for i, at := range order {
		sorted[i] = proxy[at]
	}
	mean := 0.0
	for from := 0; from < len(sorted); {
		to := endOfTies(sorted, from)
		// the share of the subsets whose highest proxy reward is sorted[from]
		share := allBelow(to, len(sorted), n) - allBelow(from, len(sorted), n)
		for _, at := range order[from:to] {
			mean += share * gold[at] / float64(to-from)
		}
		from = to
	}
	return mean, nil
}

// allBelow returns the share of the subsets of n of total elements that lie within the first k:
// C(k, n)/C(total, n).
func allBelow(k, total, n int) float64 {
	share := 1.0
	for i := range n {
		share *= float64(max(k-i, 0)) / float64(total-i)
	}
	return share
}
