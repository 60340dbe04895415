package optim

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestShapes(t *testing.T) {
	for _, c := range []struct {
		shape      string
		at50, at90 float64
	}{
		{CosineSchedule, 1 + 9*Cosine(0.4/0.9), 1 + 9*Cosine(0.8/0.9)},
		{"", 1 + 9*Cosine(0.4/0.9), 1 + 9*Cosine(0.8/0.9)},
		{LinearSchedule, 1 + 9*0.5/0.9, 1 + 9*0.1/0.9},
		{WSDSchedule, 10, 1 + 9*0.5},
		{ConstantSchedule, 10, 10},
	} {
		s := Schedule{Shape: c.shape, Max: 10, Min: 1, Warmup: 0.1, Decay: 0.2}
		require.InDelta(t, 10, s.Rate(0.1, 1e-3), 1e-9, c.shape)
		require.InDelta(t, c.at50, s.Rate(0.5, 1e-3), 1e-9, c.shape)
		require.InDelta(t, c.at90, s.Rate(0.9, 1e-3), 1e-9, c.shape)
		require.Less(t, s.Rate(0.01, 1e-3), 2.0, "warm-up")
	}
}

// TestEveryShapeStaysInside: a rate is between Min and Max after the warm-up, and never rises.
func TestEveryShapeStaysInside(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Schedule{Shape: rapid.SampledFrom(Schedules()).Draw(t, "shape"), Max: 1,
			Min:    rapid.Float64Range(0.01, 1).Draw(t, "min"),
			Warmup: rapid.Float64Range(0, 1).Draw(t, "warmup"),
			Decay:  rapid.Float64Range(0, 1).Draw(t, "decay")}
		a := rapid.Float64Range(s.Warmup, 1).Draw(t, "a")
		b := rapid.Float64Range(a, 1).Draw(t, "b")
		first, second := s.Rate(a, 1e-3), s.Rate(b, 1e-3)
		require.LessOrEqual(t, second, first+1e-12)
		require.LessOrEqual(t, first, 1+1e-12)
		require.GreaterOrEqual(t, second, s.Min-1e-12)
	})
}

// The mean of all weights is the mean; a moving average of constant weights is the constant.
func TestAverages(t *testing.T) {
	mean, ema := make([]float32, 2), make([]float32, 2)
	for k := 1; k <= 4; k++ {
		Mean(mean, []float32{float32(k), -1}, k)
		EMA(ema, []float32{3, float32(k)}, k, 0.5)
	}
	require.InDeltaSlice(t, []float32{2.5, -1}, mean, 1e-6)
	// d of the steps: 0, 1/10, 2/11, 3/12
	moving := 1.0
	for _, x := range [][2]float64{{0.1, 2}, {2.0 / 11, 3}, {0.25, 4}} {
		moving = x[0]*moving + (1-x[0])*x[1]
	}
	require.InDeltaSlice(t, []float64{3, moving}, []float64{float64(ema[0]), float64(ema[1])}, 1e-6)
}
