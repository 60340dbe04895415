package sample_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm/sample"
)

var inf = math.Inf(1)

func logs(probs ...float64) []float64 {
	for i, p := range probs {
		probs[i] = math.Log(p)
	}
	return probs
}

func must(w sample.Warp, err error) sample.Warp {
	if err != nil {
		panic(err)
	}
	return w
}

// kept returns the tokens that are still possible.
func kept(logProbs []float64) (tokens []int) {
	for v, p := range logProbs {
		if !math.IsInf(p, -1) {
			tokens = append(tokens, v)
		}
	}
	return tokens
}

func TestWarpsByHand(t *testing.T) {
	for _, c := range []struct {
		name string
		warp sample.Warp
		want []int
	}{
		{"top-k 1", must(sample.TopK(1)), []int{2}},
		{"top-k 2, the first of equals", must(sample.TopK(2)), []int{1, 2}},
		{"top-k 3", must(sample.TopK(3)), []int{1, 2, 3}},
		{"top-k 9", must(sample.TopK(9)), []int{0, 1, 2, 3}},
		{"top-p 0.5 is reached exactly", must(sample.TopP(0.5)), []int{2}},
		{"top-p 0.51", must(sample.TopP(0.51)), []int{1, 2}},
		{"top-p 0.76", must(sample.TopP(0.76)), []int{1, 2, 3}},
		{"top-p 1", must(sample.TopP(1)), []int{0, 1, 2, 3}},
		{"top-p tiny", must(sample.TopP(1e-300)), []int{2}},
		{"min-p 0.37", must(sample.MinP(0.37)), []int{1, 2, 3}},
		{"min-p 0.38", must(sample.MinP(0.38)), []int{1, 2}},
		{"min-p 0.6", must(sample.MinP(0.6)), []int{2}},
		{"min-p 0", must(sample.MinP(0)), []int{0, 1, 2, 3}},
		{"min-p 1", must(sample.MinP(1)), []int{2}},
		{"greedy", sample.Greedy, []int{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := logs(1.0/16, 0.25, 0.5, 3.0/16)
			if c.name == "top-k 2, the first of equals" {
				p = logs(0, 0.25, 0.5, 0.25)
			}
			c.warp(p)
			require.Equal(t, c.want, kept(p))
		})
	}
}

// TestTemperatureByHand: up to scale, probabilities are squared at temperature ½, and their square
// roots are taken at 2.
func TestTemperatureByHand(t *testing.T) {
	p := logs(0.64, 0.36)
	must(sample.Temperature(0.5))(p)
	require.InDelta(t, math.Log(0.36*0.36/(0.64*0.64)), p[1]-p[0], 1e-12)
	p = logs(0.64, 0.36)
	must(sample.Temperature(2))(p)
	require.InDelta(t, math.Log(0.6/0.8), p[1]-p[0], 1e-12)
}

func TestWarpsRefuse(t *testing.T) {
	for says, make := range map[string]func() (sample.Warp, error){
		"temperature is -1": func() (sample.Warp, error) { return sample.Temperature(-1) },
		"temperature is NaN": func() (sample.Warp, error) {
			return sample.Temperature(math.NaN())
		},
		"temperature is +Inf": func() (sample.Warp, error) { return sample.Temperature(inf) },
		"top-k is 0":          func() (sample.Warp, error) { return sample.TopK(0) },
		"top-p is 0":          func() (sample.Warp, error) { return sample.TopP(0) },
		"top-p is 1.5":        func() (sample.Warp, error) { return sample.TopP(1.5) },
		"top-p is NaN":        func() (sample.Warp, error) { return sample.TopP(math.NaN()) },
		"min-p is -0.1":       func() (sample.Warp, error) { return sample.MinP(-0.1) },
		"min-p is NaN":        func() (sample.Warp, error) { return sample.MinP(math.NaN()) },
	} {
		_, err := make()
		require.ErrorContains(t, err, says)
	}
	for _, o := range []sample.Options{{Temperature: -1}, {TopK: -1}, {TopP: 2}, {MinP: 2},
		{Max: -1}} {
		_, err := o.Warps()
		require.Error(t, err, o)
	}
	warps, err := sample.Default.Warps()
	require.NoError(t, err)
	require.Empty(t, warps)
}

// anyDistribution draws unnormalized values of ln P, with zero probabilities and ties.
func anyDistribution(t *rapid.T) []float64 {
	p := rapid.SliceOfN(rapid.OneOf(
		rapid.Float64Range(-30, 0), rapid.SampledFrom([]float64{-inf, -1, -2, 0}),
	), 1, 40).Draw(t, "logProbs")
	p[rapid.IntRange(0, len(p)-1).Draw(t, "possible")] = -1.5
	return p
}

func anyWarp(t *rapid.T) sample.Warp {
	switch rapid.IntRange(0, 4).Draw(t, "warp") {
	case 0:
		return must(
			sample.Temperature(rapid.OneOf(rapid.Float64Range(0, 5), rapid.Just(1e-300)).Draw(t,
				"temperature")))
	case 1:
		return must(sample.TopK(rapid.IntRange(1, 50).Draw(t, "k")))
	case 2:
		return must(sample.TopP(rapid.Float64Range(1e-9, 1).Draw(t, "p")))
	case 3:
		return must(sample.MinP(rapid.Float64Range(0, 1).Draw(t, "p")))
	}
	return sample.Greedy
}

// TestWarpsKeepOrder: a warp never restores a removed token, never swaps two tokens, never removes
// the likeliest token, and leaves a distribution.
func TestWarpsKeepOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyDistribution(t)
		after := slices.Clone(before)
		for range rapid.IntRange(1, 3).Draw(t, "warps") {
			anyWarp(t)(after)
		}
		best := slices.Max(after)
		require.False(t, math.IsInf(best, 0))
		require.Equal(t, slices.Max(before), before[slices.Index(after, best)])
		for i := range before {
			require.False(t, math.IsNaN(after[i]))
			if math.IsInf(before[i], -1) {
				require.True(t, math.IsInf(after[i], -1), "token %d came back", i)
			}
			for j := range before {
				if before[i] > before[j] {
					require.GreaterOrEqual(t, after[i], after[j])
				}
			}
		}
	})
}

// TestTopPIsSmallest: the kept tokens sum to at least p, and without the least likely of them they
// would not.
func TestTopPIsSmallest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyDistribution(t)
		p := rapid.Float64Range(0.01, 0.99).Draw(t, "p")
		after := slices.Clone(before)
		must(sample.TopP(p))(after)
		whole, reached, least := 0.0, 0.0, inf
		for v := range before {
			whole += math.Exp(before[v])
			if !math.IsInf(after[v], -1) {
				require.Equal(t, before[v], after[v])
				reached += math.Exp(after[v])
				least = min(least, math.Exp(after[v]))
			}
		}
		require.GreaterOrEqual(t, reached, p*whole*(1-1e-12))
		require.Less(t, reached-least, p*whole*(1+1e-12))
	})
}

// TestTopKIsTheHead: top-k keeps the head of a full sort.
func TestTopKIsTheHead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyDistribution(t)
		k := rapid.IntRange(1, len(before)).Draw(t, "k")
		after := slices.Clone(before)
		must(sample.TopK(k))(after)
		order := make([]int, len(before))
		for v := range order {
			order[v] = v
		}
		slices.SortStableFunc(order,
			func(a, b int) int { return cmp.Compare(before[b], before[a]) })
		for rank, v := range order {
			if rank < k {
				require.Equal(t, before[v], after[v])
			} else {
				require.True(t, math.IsInf(after[v], -1))
			}
		}
	})
}

// TestColdIsGreedy: as the temperature approaches 0, only the likeliest token is left.
func TestColdIsGreedy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cold := logs(rapid.SliceOfNDistinct(rapid.Float64Range(0.001, 1), 2, 20, rapid.ID).Draw(t,
			"p")...)
		cold2, greedy := slices.Clone(cold), slices.Clone(cold)
		sample.Greedy(greedy)
		must(sample.Temperature(1e-300))(cold)
		must(sample.Temperature(0))(cold2)
		require.Equal(t, greedy, cold2)
		for v := range cold {
			require.Equal(t, math.Exp(greedy[v]), math.Exp(cold[v]))
		}
	})
}

// Top-p reduces a certain prediction to one token and keeps several tokens of an uncertain one;
// top-k does not distinguish them.
func ExampleTopP() {
	sure, unsure := logs(0.94, 0.03, 0.02, 0.01), logs(0.25, 0.25, 0.25, 0.25)
	nucleus, _ := sample.TopP(0.9)
	nucleus(sure)
	nucleus(unsure)
	fmt.Println(len(kept(sure)), len(kept(unsure)))
	// Output: 1 4
}
