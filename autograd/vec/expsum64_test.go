package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExp64(t *testing.T) {
	for x := -745.5; x <= 0; x += 0.00731 {
		want := math.Exp(x)
		require.InDelta(t, want, exp64(x), 1e-15*want, "%v", x)
	}
	require.Equal(t, 1.0, exp64(0))
	require.Zero(t, exp64(math.Inf(-1)))
	require.True(t, math.IsNaN(exp64(math.NaN())))
}

// ExpSum64 agrees with math.Exp at every length, and for single elements over the whole range.
func TestExpSum64(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 70 {
		x, want := make([]float32, n), 0.0
		for i := range x {
			x[i] = 30 * float32(rng.NormFloat64())
		}
		top := float64(Max(x))
		for _, v := range x {
			want += math.Exp(float64(v) - top)
		}
		require.InDelta(t, want, ExpSum64(x, top), 1e-14*want)
	}
	nothing := float32(math.Inf(-1))
	for x := float32(-700); x <= 0; x += 0.0731 {
		for lane := range 8 {
			eight := [8]float32{nothing, nothing, nothing, nothing, nothing, nothing, nothing,
				nothing}
			eight[lane] = x
			want := math.Exp(float64(x))
			require.InDelta(t, want, ExpSum64(eight[:], 0), 1e-14*want+1e-306, "%v in lane %d", x,
				lane)
		}
	}
	for lane := range 8 {
		var eight [8]float32
		eight[lane] = float32(math.NaN())
		require.True(t, math.IsNaN(ExpSum64(eight[:], 0)), lane)
	}
}

func BenchmarkExpSum64(b *testing.B) {
	x := make([]float32, 32_000)
	for i := range x {
		x[i] = -float32(i%97) / 5
	}
	for b.Loop() {
		ExpSum64(x, 0)
	}
	b.ReportMetric(float64(len(x))*float64(b.N)/b.Elapsed().Seconds()/1e9, "Gelements/s")
}
