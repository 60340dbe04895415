package optim

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// golden holds the results of torch.optim, as written by testdata/optimizers.py.
type golden struct {
	Start       []float32
	Gradients   [][]float32
	Adam, AdamW [][]float32
}

func readGolden(t *testing.T) (g golden) {
	data, err := os.ReadFile("testdata/optimizers.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &g))
	require.Len(t, g.Gradients, 12)
	return g
}

// follows requires that update gives the same weights as torch in every step.
func follows(t *testing.T, g golden, want [][]float32, update func(w, grad []float32, k int)) {
	t.Helper()
	w := append([]float32(nil), g.Start...)
	for k, grad := range g.Gradients {
		update(w, append([]float32(nil), grad...), k)
		for i := range w {
			require.InDelta(t, want[k][i], w[i], 1e-6*max(1, math.Abs(float64(want[k][i]))),
				"weight %d after step %d", i, k+1)
		}
	}
}

func TestAgreesWithTorch(t *testing.T) {
	g := readGolden(t)
	n := len(g.Start)
	t.Run("adam", func(t *testing.T) {
		o, m, v := AdamW{Beta1: 0.9, Beta2: 0.99, Eps: 1e-8}, make([]float32, n), make([]float32, n)
		follows(t, g, g.Adam, func(w, grad []float32,
			k int) {
			o.Update(w, grad, m, v, k+1, 0.01, 0, 1)
		})
	})
	t.Run("adamw with a schedule", func(t *testing.T) {
		o, m, v := AdamW{Beta1: 0.8, Beta2: 0.95, Eps: 1e-6}, make([]float32, n), make([]float32, n)
		follows(t, g, g.AdamW, func(w, grad []float32, k int) {
			o.Update(w, grad, m, v, k+1, 0.02/float64(k+1), 0.1, 1)
		})
	})
}

// TestCutAnywhere: updating parts of a tensor gives the same bits as updating the whole tensor.
func TestCutAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float32Range(-10, 10), 1, 70).Draw(t, "w")
		n := len(values)
		at := rapid.IntRange(0, n).Draw(t, "cut")
		run := func(cuts ...[2]int) []float32 {
			w := append([]float32(nil), values...)
			m, v := make([]float32, n), make([]float32, n)
			for k := 1; k <= 3; k++ {
				grad := make([]float32, n)
				for i := range grad {
					grad[i] = float32(math.Sin(float64(i * k)))
				}
				for _, c := range cuts {
					lo, hi := c[0], c[1]
					AdamW{0.9, 0.99, 1e-8}.Update(w[lo:hi], grad[lo:hi], m[lo:hi], v[lo:hi], k,
						0.01, 0.1, 0.5)
				}
			}
			return w
		}
		require.Equal(t, run([2]int{0, n}), run([2]int{0, at}, [2]int{at, n}))
	})
}

// TestScaleIsAScaledGradient: clipping inside the update equals clipping before it.
func TestScaleIsAScaledGradient(t *testing.T) {
	w1, w2 := []float32{1, 2, 3}, []float32{1, 2, 3}
	m1, v1, m2, v2 := make([]float32, 3), make([]float32, 3), make([]float32, 3), make([]float32, 3)
	AdamW{0.9, 0.99, 1e-8}.Update(w1, []float32{4, -8, 2}, m1, v1, 1, 0.1, 0, 0.25)
	AdamW{0.9, 0.99, 1e-8}.Update(w2, []float32{1, -2, 0.5}, m2, v2, 1, 0.1, 0, 1)
	require.Equal(t, w2, w1)
	require.Equal(t, m2, m1)
	require.Equal(t, v2, v1)
}

// TestNanoGPTSchedule compares with the numbers of testdata/nanogpt_lr.py.
func TestNanoGPTSchedule(t *testing.T) {
	s := Schedule{Max: 1e-3, Min: 1e-4, Warmup: 100.0 / 2000}
	for step, want := range map[int]float64{
		0: 9.900990099009901e-06, 1: 1.9801980198019803e-05, 50: 0.000504950495049505,
		99:  0.0009900990099009901,
		100: 0.001, 101: 0.0009999993848585915, 500: 0.0009051132292283772, 1050: 0.00055,
		1999: 0.00010000061514140841, 2000: 0.0001,
	} {
		require.InEpsilon(t, want, s.Rate(float64(step)/2000, 1.0/2000), 1e-9, "step %d", step)
	}
}

// TestScheduleStaysInside: whatever the progress, the rate is above 0, at most Max, and never NaN.
func TestScheduleStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{Max: 1, Min: rapid.Float64Range(0.01, 1).Draw(t, "min"),
			Warmup: rapid.Float64Range(0, 2).Draw(t, "warmup")}
		r := s.Rate(rapid.Float64Range(0, 1.5).Draw(t, "progress"),
			rapid.Float64Range(1e-9, 1).Draw(t, "step"))
		require.Greater(t, r, 0.0)
		require.LessOrEqual(t, r, 1.0)
	})
}

// In a valley that is a hundred times steeper across (x) than along (y), gradient descent needs so
// small a rate that it barely moves along the valley. AdamW measures each direction in units of its
// own gradient.
func Example() {
	// slope is the gradient of (100·x² + y²)/2
	slope := func(w []float32) []float32 { return []float32{100 * w[0], w[1]} }
	descend := func(update func(w, grad []float32, k int)) []float32 {
		w := []float32{1, 1}
		for k := 1; k <= 60; k++ {
			update(w, slope(w), k)
		}
		return w
	}
	report := func(name string, w []float32) {
		fmt.Printf("%-9s x %+.3f  y %+.3f\n", name, w[0],
			w[1])
	}
	report("descent", descend(func(w, g []float32, _ int) {
		for i := range w {
			w[i] -= 0.019 * g[i]
		}
	}))
	m, v := make([]float32, 2), make([]float32, 2)
	adam := AdamW{Beta1: 0.8, Beta2: 0.99, Eps: 1e-8}
	report("AdamW", descend(func(w, g []float32, k int) {
		adam.Update(w, g, m, v, k, 0.1*Cosine(float64(k-1)/60), 0, 1)
	}))
	// Output:
	// descent   x +0.002  y +0.316
	// AdamW     x +0.005  y +0.005
}
