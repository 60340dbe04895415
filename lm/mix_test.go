package lm_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// echo predicts the last token again; the token with the next number is the only other possibility.
type echo int

func (e echo) Vocab() int { return int(e) }

func (e echo) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	dst = lm.Grow(dst, int(e))
	for v := range dst {
		dst[v] = math.Inf(-1)
	}
	last := lm.BOS
	if seen := lm.SinceBOS(context); len(seen) > 0 {
		last = seen[len(seen)-1]
	}
	dst[last] = math.Log(0.75)
	dst[(int(last)+1)%int(e)] = math.Log(0.25)
	return dst
}

func TestContract(t *testing.T) {
	lmtest.Check(t, lm.Uniform(7), 1e-12, 0, 1, 2, 30)
	lmtest.Check(t, lmtest.Die{0.5, 0.25, 0.25}, 1e-12, 0, 1, 2, 30)
	lmtest.Check(t, echo(4), 1e-12, 0, 1, 2, 30)
	mix, err := lm.Mix([]lm.Model{lm.Uniform(4), echo(4), lmtest.Die{0, 0, 0.5, 0.5}},
		[]float64{1, 2, 0})
	require.NoError(t, err)
	lmtest.Check(t, mix, 1e-12, 0, 1, 2, 30)
	mix, err = lm.Mix([]lm.Model{echo(4), lmtest.Die{0, 0, 0.5, 0.5}}, nil)
	require.NoError(t, err)
	lmtest.Check(t, mix, 1e-12, 0, 1, 2, 30)
}

func TestMixtureByHand(t *testing.T) {
	mix, err := lm.Mix([]lm.Model{lmtest.Die{0.5, 0.5}, lmtest.Die{0.9, 0.1}}, []float64{3, 1})
	require.NoError(t, err)
	got := lm.Score(mix, []lm.Token{0, 1})
	require.InDelta(t, math.Log(0.75*0.5+0.25*0.9), got[0], 1e-15)
	require.InDelta(t, math.Log(0.75*0.5+0.25*0.1), got[1], 1e-15)
}

// TestFitByHand: with two coins that always show one face each, after one round λ is the share of
// that face.
func TestFitByHand(t *testing.T) {
	mix, err := lm.Mix([]lm.Model{lmtest.Die{1, 0}, lmtest.Die{0, 1}}, nil)
	require.NoError(t, err)
	nats := mix.Fit([][]lm.Token{{0, 0, 1}, {}, {0, 0, 0, 1, 0}}, 1)
	require.InDeltaSlice(t, []float64{0.75, 0.25}, mix.Weights, 1e-15)
	require.InDelta(t, -(0.75*math.Log(0.75) + 0.25*math.Log(0.25)), nats, 1e-15)

	// one step of EM with overlap: λ' = ½·mean(0.9/0.7, 0.1/0.3 …) worked out on paper
	mix, err = lm.Mix([]lm.Model{lmtest.Die{0.9, 0.1}, lmtest.Die{0.5, 0.5}}, nil)
	require.NoError(t, err)
	mix.Fit([][]lm.Token{{0, 1}}, 1)
	require.InDelta(t, (0.9/1.4+0.1/0.6)/2, mix.Weights[0], 1e-15)
}

func TestFitNeverGetsWorse(t *testing.T) {
	docs := [][]lm.Token{{1, 1, 1, 2, 2, 3, 3, 3, 0}, {3, 1, 2, 2, 0}}
	mix, err := lm.Mix([]lm.Model{lm.Uniform(4), echo(4), lmtest.Die{0.1, 0.2, 0.3, 0.4}},
		[]float64{1, 1, 8})
	require.NoError(t, err)
	last := mix.Fit(docs, 0)
	for range 30 {
		nats := mix.Fit(docs, 1)
		require.LessOrEqual(t, nats, last+1e-12)
		last = nats
	}
	sum := 0.0
	for _, w := range mix.Weights {
		sum += w
	}
	require.InDelta(t, 1, sum, 1e-12)
}

// TestFitWithImpossibleText: a token that is impossible for every component does not change the
// weights.
func TestFitWithImpossibleText(t *testing.T) {
	mix, err := lm.Mix([]lm.Model{lmtest.Die{0.5, 0.5, 0}, lmtest.Die{0.9, 0.1, 0}}, nil)
	require.NoError(t, err)
	require.Equal(t, math.Inf(1), mix.Fit([][]lm.Token{{2, 2}}, 5))
	require.Equal(t, []float64{0.5, 0.5}, mix.Weights)
	require.Zero(t, mix.Fit(nil, 5))
}

func TestMixRefuses(t *testing.T) {
	two := []lm.Model{lmtest.Die{0.5, 0.5}, lmtest.Die{0.9, 0.1}}
	for _, c := range []struct {
		models  []lm.Model
		weights []float64
		says    string
	}{
		{nil, nil, "no models"},
		{two, []float64{1}, "2 models has 1 weights"},
		{two, []float64{1, -1}, "weight 2 of the mixture is -1"},
		{two, []float64{1, math.NaN()}, "weight 2 of the mixture is NaN"},
		{two, []float64{0, 0}, "sum to 0"},
		{[]lm.Model{two[0], lm.Uniform(3)}, nil,
			"model 2 of the mixture has 3 tokens, the first has 2"},
	} {
		_, err := lm.Mix(c.models, c.weights)
		require.ErrorContains(t, err, c.says)
	}
}

// One model repeats its input and the other is uniform; their mixture is better than either.
func ExampleMixture() {
	text := []lm.Token{1, 1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 3, 3, 3, 3}
	mix, _ := lm.Mix([]lm.Model{echo(4), lm.Uniform(4)}, nil)
	for _, m := range append(mix.Models, mix) {
		if m == lm.Model(mix) {
			mix.Fit([][]lm.Token{text}, 50)
		}
		nats := 0.0
		for _, p := range lm.Score(m, text) {
			nats -= p
		}
		fmt.Printf("perplexity %.2f\n", math.Exp(nats/float64(len(text))))
	}
	fmt.Printf("weights %.2f\n", mix.Weights)
	// Output:
	// perplexity +Inf
	// perplexity 4.00
	// perplexity 2.39
	// weights [0.79 0.21]
}
