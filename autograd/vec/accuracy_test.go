package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// ulps returns the distance between got and the exact value in units of the last place of a
// float32.
func ulps(got float32, want float64) float64 {
	if got == float32(want) {
		return 0
	}
	mag := math.Max(math.Abs(want), 0x1p-126)
	unit := math.Ldexp(1, int(math.Floor(math.Log2(mag)))-23)
	return math.Abs(float64(got)-want) / unit
}

// inputs returns n numbers of all magnitudes and signs, dense where the functions curve, and
// special values.
func inputs(n int) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.SmallestNonzeroFloat32,
		-math.SmallestNonzeroFloat32, 1e-40, -1e-40, 0x1p-126,
		math.MaxFloat32, -math.MaxFloat32, 88.72, 88.722, 88.723, 88.73,
		-87.3, -87.4, -103.9, -103.97, -103.98, -104, 1e19, -1e19, 10, -10, 20, -20,
		float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN())}
	for len(x) < n {
		switch rng.IntN(4) {
		case 0:
			x = append(x, float32(rng.NormFloat64()))
		case 1:
			x = append(x, float32(rng.NormFloat64()*30))
		case 2:
			x = append(x, float32(rng.NormFloat64()*0.01))
		default:
			x = append(x, math.Float32frombits(rng.Uint32()))
		}
	}
	return x
}

func sigmoid64(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func gelu64(x float64) float64 {
	if x < -50 {
		return math.Copysign(0, -1)
	}
	return x * sigmoid64(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))
}

func geluSlope64(x float64) float64 {
	x = math.Max(-50, math.Min(50, x))
	k := 2 * math.Sqrt(2/math.Pi)
	u := k * (x + 0.044715*x*x*x)
	return sigmoid64(u) + x*sigmoid64(u)*sigmoid64(-u)*k*(1+3*0.044715*x*x)
}

func normal64(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func geluErf64(x float64) float64 {
	if x < -50 {
		return math.Copysign(0, -1)
	}
	return x * normal64(x)
}

func geluErfSlope64(x float64) float64 {
	x = math.Max(-50, math.Min(50, x))
	return normal64(x) + x*math.Exp(-0.5*x*x)/math.Sqrt(2*math.Pi)
}

func TestAccuracy(t *testing.T) {
	slope := func(dst, x []float32) { GELUWithSlope(make([]float32, len(x)), dst, x) }
	same := func(dst, x []float32) { GELUWithSlope(dst, make([]float32, len(x)), x) }
	slopeErf := func(dst, x []float32) { GELUErfWithSlope(make([]float32, len(x)), dst, x) }
	for _, c := range []struct {
		name string
		f    func(dst, x []float32)
		want func(float64) float64
		ulps float64
		// errors below this absolute bound are ignored, because the tail of GELU is a small
		// difference
		floor float64
	}{
		{"exp", Exp, math.Exp, 2, 0},
		{"tanh", Tanh, math.Tanh, 4, 0},
		{"sigmoid", Sigmoid, sigmoid64, 4, 0},
		{"gelu", GELU, gelu64, 4, 2e-7},
		{"gelu with slope", same, gelu64, 4, 2e-7},
		{"gelu slope", slope, geluSlope64, 4, 2e-7},
		{"gelu erf", GELUErf, geluErf64, 4, 1e-7},
		{"gelu erf slope", slopeErf, geluErfSlope64, 4, 2e-7},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := inputs(200_000)
			y := make([]float32, len(x))
			c.f(y, x)
			worst, at, worstAbs := 0.0, float32(0), 0.0
			for i, x := range x {
				want := c.want(float64(x))
				if math.IsNaN(want) {
					require.True(t, math.IsNaN(float64(y[i])), "%s(%v) = %v", c.name, x, y[i])
					continue
				}
				if math.Abs(want) > math.MaxFloat32 {
					want = math.Inf(int(math.Copysign(1, want)))
				}
				if math.IsInf(want, 0) {
					require.Equal(t, float32(want), y[i], "%s(%v)", c.name, x)
					continue
				}
				require.False(t, math.IsNaN(float64(y[i])), "%s(%v)", c.name, x)
				u, abs := ulps(y[i], want), math.Abs(float64(y[i])-want)
				if abs < c.floor {
					continue
				}
				worstAbs = max(worstAbs, abs)
				if u > worst {
					worst, at = u, x
				}
			}
			t.Logf("%s: worst %.2f ulps at %v", c.name, worst, at)
			require.LessOrEqual(t, worst, c.ulps, "%s at %v", c.name, at)
		})
	}
}

// Training and inference compute the same bits, in both forms of GELU.
func TestGELUWithSlopeIsGELU(t *testing.T) {
	for name, f := range map[string]struct {
		plain     func(dst, x []float32)
		withSlope func(dst, slope, x []float32)
	}{"tanh": {GELU, GELUWithSlope}, "erf": {GELUErf, GELUErfWithSlope}} {
		x := inputs(10_000)
		want, got := make([]float32, len(x)), make([]float32, len(x))
		f.plain(want, x)
		f.withSlope(got, make([]float32, len(x)), x)
		for i := range x {
			if x[i] != x[i] {
				require.True(t, math.IsNaN(float64(got[i])))
				continue
			}
			require.Equal(t, math.Float32bits(want[i]), math.Float32bits(got[i]), "%s of %v", name,
				x[i])
		}
	}
}

// A step of AdamW from weight 0 agrees with float64 for gradients of any magnitude, including zero.
func TestAdamWAccuracy(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 10_000
	w, g, m, v := make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)
	want := make([]float64, n)
	h := AdamWHyper{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Step: 3}
	for i := range g {
		size := math.Pow(10, 34*rng.Float64()-20) // gradients up to 1e14
		if i%50 == 0 {
			size = 0
		}
		g[i], m[i] = float32(size*rng.NormFloat64()), float32(size*rng.NormFloat64())
		v[i] = float32(size * size * rng.Float64())
		b1, b2, d := float64(h.Beta1), float64(h.Beta2), float64(g[i])
		mean, square := b1*float64(m[i])+(1-b1)*d, b2*float64(v[i])+(1-b2)*d*d
		step := mean / (1 - math.Pow(b1, 3)) / (math.Sqrt(square/(1-math.Pow(b2,
			3))) + float64(h.Eps))
		want[i] = -float64(h.LR) * step
		if size == 0 {
			want[i] = 0
		}
	}
	AdamW(w, g, m, v, h)
	for i := range w {
		require.InDelta(t, want[i], w[i], 1e-6*float64(h.LR)+1e-6*math.Abs(want[i]), "gradient %g",
			g[i])
		if want[i] == 0 {
			require.Zero(t, w[i])
		}
	}
}
