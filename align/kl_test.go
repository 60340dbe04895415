package align

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// TestKLIsExactForOneStep checks that answers of one token have the KL of two distributions,
// without noise.
func TestKLIsExactForOneStep(t *testing.T) {
	p := someTabularProblem()
	other := p
	other.reference = p.optimum(1)
	want := 0.0
	for i, probs := range other.reference {
		for j, prob := range probs {
			want += prob * math.Log(prob/p.reference[i][j]) / float64(len(p.prompts))
		}
	}
	o := KLOptions{Samples: 3, Tokens: 4, End: p.end}
	rng := rand.New(rand.NewPCG(1, 1))
	prompts := [][]lm.Token{{5}, {6}}
	got, _, err := KL(t.Context(), other.policy(), p.policy(), prompts, o, rng)
	require.NoError(t, err)
	require.InDelta(t, want, got, 1e-6)
	require.Greater(t, got, 0.05)
	got, stderr, err := KL(t.Context(), p.policy(), p.policy(), prompts, o, rng)
	require.NoError(t, err)
	require.Zero(t, got)
	require.Zero(t, stderr)
}

// TestKLIsTheMeanLogRatio checks that KL estimates the mean of ln π(y) − ln π_ref(y) over several
// steps.
func TestKLIsTheMeanLogRatio(t *testing.T) {
	m, ref := smallGPT(t), smallLlama(t)
	rng := rand.New(rand.NewPCG(1, 1))
	x := []lm.Token{1, assistant}
	got, stderr, err := KL(t.Context(), m, ref, [][]lm.Token{x},
		KLOptions{Samples: 200, Tokens: 3, End: end}, rng)
	require.NoError(t, err)
	var sum, squares float64
	const n = 400
	for range n {
		y := append([]lm.Token(nil), x...)
		for range 3 {
			next, err := draw(m.NextLogProbs(nil, y), rng.Float64())
			require.NoError(t, err)
			if y = append(y, next); next == end {
				break
			}
		}
		a, b := lm.Score(m, y), lm.Score(ref, y)
		ratio := 0.0
		for i := len(x); i < len(y); i++ {
			ratio += a[i] - b[i]
		}
		sum, squares = sum+ratio, squares+ratio*ratio
	}
	mean := sum / n
	deviation := math.Sqrt(squares/n - mean*mean)
	require.InDelta(t, mean, got, 3*(stderr+deviation/math.Sqrt(n)))
	require.Greater(t, got, 0.1)
	require.Less(t, stderr, deviation/math.Sqrt(200), "less variance than the plain estimate")
}

func TestKLErrors(t *testing.T) {
	m, rng := smallGPT(t), rand.New(rand.NewPCG(1, 1))
	_, _, err := KL(t.Context(), m, m, nil, KLOptions{Samples: 1, Tokens: 1}, rng)
	require.ErrorContains(t, err, "0 prompts")
	_, _, err = KL(t.Context(), m, someTabularProblem().policy(), [][]lm.Token{{1}},
		KLOptions{Samples: 1, Tokens: 1}, rng)
	require.ErrorContains(t, err, "16 tokens and the reference 8")
}
