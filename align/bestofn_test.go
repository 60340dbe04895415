package align

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

func TestBestOf(t *testing.T) {
	o := toySampling()
	o.Insert = nil
	length := ScorerFunc(func(_ context.Context, r *Rollout) (float64, error) {
		return float64(len(r.Answer())), nil
	})
	best, rewards, err := BestOf(t.Context(), toyGPT(t, 1), toyPrompts, length, o)
	require.NoError(t, err)
	require.Len(t, best, len(toyPrompts))
	all, err := Sample(t.Context(), toyGPT(t, 1), toyPrompts, o)
	require.NoError(t, err)
	for i, r := range best {
		require.Equal(t, i, r.Prompt)
		require.InDelta(t, len(r.Answer()), rewards[i], 0)
		for _, other := range all {
			if other.Prompt == i {
				require.GreaterOrEqual(t, len(r.Answer()), len(other.Answer()))
			}
		}
	}
	nan := ScorerFunc(func(context.Context, *Rollout) (float64, error) { return math.NaN(), nil })
	_, _, err = BestOf(t.Context(), toyGPT(t, 1), toyPrompts, nan, o)
	require.EqualError(t, err, "prompt 1, answer 1: the reward is NaN; want a number in "+
		"[−1e+09, 1e+09]")
}

// TestBestOfKL checks that the measured KL equals the analytic one without ties and, with ties, the
// KL of the exact distribution of the best answer.
func TestBestOfKL(t *testing.T) {
	rewards := rand.New(rand.NewPCG(1, 2)).Perm(20000)
	var distinct []float64
	for _, r := range rewards {
		distinct = append(distinct, float64(r))
	}
	for _, n := range []int{1, 2, 4, 8, 16, 32} {
		require.InDelta(t, BestOfKL(n), MeasuredBestOfKL(distinct, n), 1e-2)
	}
	require.InDelta(t, 2.5, BestOfKL(32), 0.01)
	require.InDelta(t, 0, MeasuredBestOfKL([]float64{1, 1, 1}, 8), 1e-12)

	// a coin: the best of 3 is 1 with probability 7/8
	require.InDelta(t, 7.0/8*math.Log(2*7.0/8)+1.0/8*math.Log(2*1.0/8),
		MeasuredBestOfKL([]float64{0, 1}, 3), 1e-12)

	// the same from samples of answers: KL = E ln P_best(y)/P(y)
	die := lmtest.Die{0, 0.5, 0.25, 0.25}
	worth := []float64{0, 1, 2, 3}
	o := Sampling{Samples: 4, Max: 1}
	scorer := ScorerFunc(func(_ context.Context, r *Rollout) (float64, error) {
		return worth[r.Answer()[0]], nil
	})
	const prompts = 5000
	best, _, err := BestOf(t.Context(), die, make([][]lm.Token, prompts), scorer, o)
	require.NoError(t, err)
	count := make([]float64, 4)
	for _, r := range best {
		count[r.Answer()[0]]++
	}
	kl := 0.0
	for v, c := range count {
		if c > 0 {
			kl += c / prompts * math.Log(c/prompts/die[v])
		}
	}
	require.InDelta(t, kl, MeasuredBestOfKL([]float64{1, 1, 2, 3}, 4), 0.03)
}

// TestExpectedBest compares ExpectedBest with the mean over all subsets.
func TestExpectedBest(t *testing.T) {
	proxy := []float64{0.3, -1, 0.3, 2, 0.7}
	gold := []float64{1, 0, -1, 0.5, 0.25}
	sum, choices := 0.0, 0.0
	for a := range 5 {
		for b := range a {
			for c := range b {
				top, mean, ties := math.Inf(-1), 0.0, 0.0
				for _, i := range []int{a, b, c} {
					if proxy[i] > top {
						top, mean, ties = proxy[i], 0, 0
					}
					if proxy[i] == top {
						mean, ties = mean+gold[i], ties+1
					}
				}
				sum, choices = sum+mean/ties, choices+1
			}
		}
	}
	got, err := ExpectedBest(proxy, gold, 3)
	require.NoError(t, err)
	require.InDelta(t, sum/choices, got, 1e-12)

	got, err = ExpectedBest(proxy, gold, 1)
	require.NoError(t, err)
	require.InDelta(t, 0.15, got, 1e-12)
	got, err = ExpectedBest(proxy, gold, 5)
	require.NoError(t, err)
	require.InDelta(t, 0.5, got, 1e-12)
	_, err = ExpectedBest(proxy, gold, 6)
	require.ErrorContains(t, err, "want 1 to 5")
}
