package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSwiGLUIsAccurate: σ is within 4 ulps, even where it is tiny, and large inputs do not
// overflow.
func TestSwiGLUIsAccurate(t *testing.T) {
	x := inputs(4000)
	one, y, sig := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range one {
		one[i] = 1
	}
	SwiGLU(y, sig, x, one)
	for i, v := range x {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			continue
		}
		want := sigmoid64(float64(v))
		require.LessOrEqual(t, ulps(sig[i], want), 4.0, "σ(%v) = %v", v, sig[i])
		if math.Abs(want*float64(v)) > 1e-36 { // no denormals
			require.InEpsilon(t, want*float64(v), y[i], 1e-6, "SiLU(%v)", v)
		}
	}
}

// TestRMSNormSums compares the sum with float64, at all lengths near the lane width.
func TestRMSNormSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 100 {
		dg, dy, x, g := make([]float32, n), normals(rng, n), normals(rng, n), normals(rng, n)
		want := 0.0
		for i := range x {
			want += float64(dy[i]) * float64(g[i]) * float64(x[i]) * 1.2
		}
		require.InDelta(t, want, rmsNormSums(dg, dy, x, g, 1.2), 2e-6*float64(n+1))
	}
}

// TestRotateBack checks that RotateBack inverts Rotate.
func TestRotateBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 3, 8, 16, 21} {
		cos, sin, x := make([]float32, n), make([]float32, n), normals(rng, 3*2*n)
		for i := range cos {
			s, c := math.Sincos(float64(i) + 0.3)
			cos[i], sin[i] = float32(c), float32(s)
		}
		y := append([]float32(nil), x...)
		Rotate(y, cos, sin)
		require.NotEqual(t, x, y)
		RotateBack(y, cos, sin)
		require.InDeltaSlice(t, x, y, 1e-5)
	}
}
