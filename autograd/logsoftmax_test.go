package autograd

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd/gemm"
)

// Blocks do not change the sum of the probabilities, and a crew changes no bit.
func TestLogSoftmaxOfManyLogits(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	alone, together := NewForward(), NewForward()
	together.Crew = gemm.NewCrew(3)
	for _, n := range []int{1, softmaxBlock, softmaxBlock + 1, 50_257} {
		logits := make([]float32, n)
		for i := range logits {
			logits[i] = 10 * float32(rng.NormFloat64())
		}
		got, same := make([]float64, n), make([]float64, n)
		alone.LogSoftmax(got, logits)
		together.LogSoftmax(same, logits)
		require.Equal(t, got, same)
		sum := 0.0
		for i, l := range got {
			sum += math.Exp(l)
			require.InDelta(t, float64(logits[i])-float64(logits[0]), l-got[0], 1e-12)
		}
		require.InDelta(t, 1, sum, 1e-12)
	}
}
