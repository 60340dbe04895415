package task

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A probe finds information that is linear in the vectors, and finds nothing in random vectors.
func TestProbe(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draw := func(n int) (vectors [][]float32, linear, none []int) {
		for range n {
			v := make([]float32, 6)
			for c := range v {
				v[c] = float32(100 + 1e-3*rng.NormFloat64()) // far from zero, and small
			}
			v[5] = 7 // constant
			label := 0
			if v[0]+v[1] > 200 {
				label = 1
			}
			vectors, linear = append(vectors, v), append(linear, label)
			none = append(none, rng.IntN(2))
		}
		return vectors, linear, none
	}
	v, linear, none := draw(400)
	w, test, nothing := draw(400)
	p, err := TrainProbe(v, linear, 2, 1)
	require.NoError(t, err)
	require.Greater(t, p.Accuracy(w, test), 0.97)
	p, err = TrainProbe(v, none, 2, 1)
	require.NoError(t, err)
	require.InDelta(t, 0.5, p.Accuracy(w, nothing), 0.08)
	_, err = TrainProbe(v, linear[1:], 2, 1)
	require.Error(t, err)
}
