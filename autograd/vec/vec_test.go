package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// elementwise lists the functions whose outputs depend on one position of each slice. The first
// `writes` slices are written.
var elementwise = []struct {
	name   string
	writes int
	reads  int
	f      func(s [][]float32)
	plain  func(s [][]float32) // the version without SIMD
}{
	{"Add", 1, 1, func(s [][]float32) { Add(s[0], s[1]) },
		func(s [][]float32) { addGo(s[0], s[1]) }},
	{"Mul", 1, 2, func(s [][]float32) { Mul(s[0], s[1], s[2]) },
		func(s [][]float32) { mulGo(s[0], s[1], s[2]) }},
	{"MulAdd", 1, 2, func(s [][]float32) { MulAdd(s[0], s[1], s[2]) },
		func(s [][]float32) { mulAddGo(s[0], s[1], s[2]) }},
	{"Axpy", 1, 1, func(s [][]float32) { Axpy(s[0], 0.3, s[1]) },
		func(s [][]float32) { axpyGo(s[0], 0.3, s[1]) }},
	{"Scale", 1, 0, func(s [][]float32) { Scale(s[0], 0.3) },
		func(s [][]float32) { scaleGo(s[0], 0.3) }},
	{"Exp", 1, 1, func(s [][]float32) { Exp(s[0], s[1]) },
		func(s [][]float32) { expGo(s[0], s[1]) }},
	{"ExpSum", 1, 1, func(s [][]float32) { ExpSum(s[0], s[1], 0.5) },
		func(s [][]float32) { expSumGo(s[0], s[1], 0.5) }},
	{"Tanh", 1, 1, func(s [][]float32) { Tanh(s[0], s[1]) },
		func(s [][]float32) { tanhGo(s[0], s[1]) }},
	{"Sigmoid", 1, 1, func(s [][]float32) { Sigmoid(s[0], s[1]) },
		func(s [][]float32) { sigmoidGo(s[0], s[1]) }},
	{"GELU", 1, 1, func(s [][]float32) { GELU(s[0], s[1]) },
		func(s [][]float32) { geluGo(s[0], s[1]) }},
	{"GELUErf", 1, 1, func(s [][]float32) { GELUErf(s[0], s[1]) },
		func(s [][]float32) { geluErfGo(s[0], s[1]) }},
	{"TanhBackward", 1, 2, func(s [][]float32) { TanhBackward(s[0], s[1], s[2]) },
		func(s [][]float32) { tanhBackwardGo(s[0], s[1], s[2]) }},
	{"SigmoidBackward", 1, 2, func(s [][]float32) { SigmoidBackward(s[0], s[1], s[2]) },
		func(s [][]float32) { sigmoidBackwardGo(s[0], s[1], s[2]) }},
	{"GELUWithSlope", 2, 1, func(s [][]float32) { GELUWithSlope(s[0], s[1], s[2]) },
		func(s [][]float32) { geluWithSlopeGo(s[0], s[1], s[2]) }},
	{"GELUErfWithSlope", 2, 1, func(s [][]float32) { GELUErfWithSlope(s[0], s[1], s[2]) },
		func(s [][]float32) { geluErfWithSlopeGo(s[0], s[1], s[2]) }},
	{"AdamW", 3, 1, func(s [][]float32) { square(s[2]); AdamW(s[0], s[3], s[1], s[2], hyper) },
		func(s [][]float32) {
			square(s[2])
			c1, c2 := 1-math.Pow(float64(hyper.Beta1), 7), 1-math.Pow(float64(hyper.Beta2), 7)
			adamWGo(s[0], s[3], s[1], s[2], &[8]float32{hyper.Beta1, 1 - hyper.Beta1, hyper.Beta2,
				1 - hyper.Beta2,
				1 - hyper.LR*hyper.Decay, float32(float64(hyper.LR) / c1),
				float32(1 / math.Sqrt(c2)),
				hyper.Eps})
		}},
	{"normalize", 1, 3, func(s [][]float32) { normalize(s[0], s[1], s[2], s[3], 0.1, 1.2) },
		func(s [][]float32) { normalizeGo(s[0], s[1], s[2], s[3], 0.1, 1.2) }},
	{"layerNormBackward", 1, 3, func(s [][]float32) {
		layerNormBackward(s[0], s[1], s[2], s[3], 0.1,
			1.2, 0.3, 0.4)
	},
		func(s [][]float32) { layerNormBackwardGo(s[0], s[1], s[2], s[3], 0.1, 1.2, 0.3, 0.4) }},
	{"layerNormSums", 2, 3, func(s [][]float32) {
		layerNormSums(s[0], s[1], s[2], s[3], s[4], 0.1,
			1.2)
	},
		func(s [][]float32) { layerNormSumsGo(s[0], s[1], s[2], s[3], s[4], 0.1, 1.2) }},
	{"softmaxBackward", 1, 2, func(s [][]float32) { softmaxBackward(s[0], s[1], s[2], 0.2) },
		func(s [][]float32) { softmaxBackwardGo(s[0], s[1], s[2], 0.2) }},
	{"rotate", 2, 2, func(s [][]float32) { rotate(s[0], s[1], s[2], s[3]) },
		func(s [][]float32) { rotateGo(s[0], s[1], s[2], s[3]) }},
	{"rmsNormalize", 1, 2, func(s [][]float32) { rmsNormalize(s[0], s[1], s[2], 1.2) },
		func(s [][]float32) { rmsNormalizeGo(s[0], s[1], s[2], 1.2) }},
	{"rmsNormSums", 1, 3, func(s [][]float32) { rmsNormSums(s[0], s[1], s[2], s[3], 1.2) },
		func(s [][]float32) { rmsNormSumsGo(s[0], s[1], s[2], s[3], 1.2) }},
	{"rmsNormBackward", 1, 3, func(s [][]float32) {
		rmsNormBackward(s[0], s[1], s[2], s[3], 1.2, 0.4)
	},
		func(s [][]float32) { rmsNormBackwardGo(s[0], s[1], s[2], s[3], 1.2, 0.4) }},
	{"SwiGLU", 2, 2, func(s [][]float32) { SwiGLU(s[0], s[1], s[2], s[3]) },
		func(s [][]float32) { swiGLUGo(s[0], s[1], s[2], s[3]) }},
	{"SwiGLUBackward", 2, 4, func(s [][]float32) {
		SwiGLUBackward(s[0], s[1], s[2], s[3], s[4], s[5])
	},
		func(s [][]float32) { swiGLUBackwardGo(s[0], s[1], s[2], s[3], s[4], s[5]) }},
	{"gruMix", 1, 3, func(s [][]float32) { gruMix(s[0], s[1], s[2], s[3]) },
		func(s [][]float32) { gruMixGo(s[0], s[1], s[2], s[3]) }},
}

var hyper = AdamWHyper{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Decay: 0.1, Step: 7}

func square(x []float32) {
	for i, v := range x {
		x[i] = v * v
	}
}

// slices returns count slices of n floats, inside longer slices that are filled with a canary.
func slices(rng *rand.Rand, count, n int) (inner, outer [][]float32) {
	const margin = 20
	for range count {
		all := make([]float32, n+2*margin)
		for i := range all {
			all[i] = 777
		}
		in := all[margin:][:n]
		copy(in, normals(rng, n))
		inner, outer = append(inner, in), append(outer, all)
	}
	return inner, outer
}

func clone(s [][]float32) [][]float32 {
	var c [][]float32
	for _, x := range s {
		c = append(c, append([]float32{}, x...))
	}
	return c
}

// TestElementwise checks at every length near the lane width that a kernel agrees with the plain
// loop, writes nothing beyond the ends and gives the same bits when the work is cut in two.
func TestElementwise(t *testing.T) {
	for _, c := range elementwise {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for n := range 70 {
				got, outer := slices(rng, c.writes+c.reads, n)
				plain, cut := clone(got), clone(got)
				c.f(got)
				for i, all := range outer {
					for j, v := range all {
						if j < 20 || j >= 20+n {
							require.Equal(t, float32(777), v, "length %d: slice %d written at %d",
								n, i, j-20)
						}
					}
				}
				c.plain(plain)
				for i := range plain {
					require.InDeltaSlice(t, plain[i], got[i], 2e-6, "length %d", n)
				}
				at := rng.IntN(n + 1)
				var left, right [][]float32
				for _, s := range cut {
					left, right = append(left, s[:at]), append(right, s[at:])
				}
				c.f(left)
				c.f(right)
				require.Equal(t, got, cut, "length %d cut at %d", n, at)
			}
		})
	}
}

// TestSums compares the reductions with float64, at all lengths near the lane width.
func TestSums(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 200 {
		x, y := normals(rng, n), normals(rng, n)
		var sum, dot, squares, exps, deviations float64
		largest := math.Inf(-1)
		for i := range x {
			a, b := float64(x[i]), float64(y[i])
			sum, dot, squares = sum+a, dot+a*b, squares+a*a
			exps, deviations = exps+math.Exp(a-0.5), deviations+(a-0.1)*(a-0.1)
			largest = max(largest, a)
		}
		tol := 1e-6 * float64(n+1)
		require.InDelta(t, sum, Sum(x), tol)
		require.InDelta(t, dot, Dot(x, y), tol)
		require.InDelta(t, squares, SumSquares(x), 1e-12*float64(n+1))
		require.InDelta(t, exps, ExpSum(make([]float32, n), x, 0.5), 3*tol)
		require.InDelta(t, deviations, sumSquaredDeviations(x, 0.1), tol)
		require.Equal(t, float32(largest), Max(x))
		require.InDelta(t, sum, sumGo(x), tol)
		require.InDelta(t, dot, dotGo(x, y), tol)
		require.InDelta(t, deviations, sumSquaredDeviationsGo(x, 0.1), tol)
		require.InDelta(t, squares, sumSquaresGo(x), 1e-12*float64(n+1))
	}
}

func TestMax(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	require.Equal(t, -inf, Max(nil))
	for n := 1; n < 40; n++ {
		for at := range n {
			x := make([]float32, n)
			for i := range x {
				x[i] = -5
			}
			x[(at+1)%n] = nan
			x[at] = -1
			require.Equal(t, float32(-1), Max(x), "length %d, largest at %d", n, at)
		}
	}
	require.Equal(t, inf, Max([]float32{1, inf, -inf}))
}

// TestMaskedSoftmax checks that −Inf marks a hidden position: its probability is 0, and the sum
// does not change.
func TestMaskedSoftmax(t *testing.T) {
	x := []float32{1, float32(math.Inf(-1)), 1, float32(math.Inf(-1)), float32(math.Inf(-1))}
	y := make([]float32, 5)
	require.Equal(t, float32(2), ExpSum(y, x, Max(x)))
	require.Equal(t, []float32{1, 0, 1, 0, 0}, y)
}

// TestSoftmaxRows checks that SoftmaxRows agrees with the definition for every width and span, and
// SoftmaxRowsBackward with SoftmaxBackward of the span.
func TestSoftmaxRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 5, 15, 16, 17, 31, 64, 80, 255, 256, 257, 300} {
		const rows, first = 7, 100
		all := normals(rng, rows*n+1)
		x, dx := all[:rows*n], normals(rng, rows*n)
		all[rows*n] = 7
		from, to := make([]int32, rows), make([]int32, rows)
		for i := range from {
			from[i] = first + rng.Int32N(int32(n))
			to[i] = from[i] + 1 + rng.Int32N(first+int32(n)-from[i])
		}
		want, top, sum := append([]float32(nil), x...), make([]float32, rows), make([]float32, rows)
		SoftmaxRows(x, top, sum, n, from, to, first)
		for i := range rows {
			lo, hi := int(from[i]-first), int(to[i]-first)
			scores := want[i*n:][lo:hi]
			require.Equal(t, Max(scores), top[i])
			total := 0.0
			for _, s := range scores {
				total += math.Exp(float64(s - top[i]))
			}
			require.InEpsilon(t, total, sum[i], 1e-6)
			grads := make([]float32, hi-lo)
			for j := range n {
				y := 0.0
				if j >= lo && j < hi {
					y = math.Exp(float64(scores[j-lo]-top[i])) / total
				}
				require.InDelta(t, y, x[i*n+j], 2e-6, "n %d, row %d, column %d", n, i, j)
			}
			SoftmaxBackward(grads, dx[i*n:][lo:hi], x[i*n:][lo:hi])
			got := append([]float32(nil), dx[i*n:][:n]...)
			SoftmaxRowsBackward(got, x[i*n:][:n], n)
			for j := range n {
				if j < lo || j >= hi {
					require.Zero(t, got[j])
				} else {
					require.InDelta(t, grads[j-lo], got[j], 2e-6)
				}
			}
		}
		require.Equal(t, float32(7), all[rows*n], "wrote outside")
		require.Panics(t, func() { SoftmaxRows(x, top, sum, n, from, to, first+int32(n)) })
	}
}

func TestInPlace(t *testing.T) {
	for _, f := range []func(dst, x []float32){Exp, Tanh, Sigmoid, GELU, GELUErf} {
		x := inputs(1001)
		want := make([]float32, len(x))
		f(want, x)
		f(x, x)
		for i := range x {
			require.Equal(t, math.Float32bits(want[i]), math.Float32bits(x[i]))
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	x := make([]float32, 400)
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for _, c := range [...]func(dst, x []float32){Exp, Tanh, Add} {
			c(x, x)
		}
		AdamW(x, x, x, x, hyper)
		LayerNormForward(x, x, x, x, 1)
		LayerNormBackward(x, x, x, x, x, x, 1, 1)
		LSTMForward(x[:100], x[:100], x[:100], x, x[:100])
		LSTMBackward(x, x[:100], x[:100], x[:100], x, x[:100], x[:100])
		GRUForward(x[:100], x, x, x[:100])
		GRUBackward(x, x, x[:100], x[:100], x, x, x[:100])
	}))
}

// BenchmarkVec measures the time per element, on rows that fit in the L1 cache.
func BenchmarkVec(b *testing.B) {
	const n = 1024
	for _, c := range elementwise {
		for kind, f := range map[string]func([][]float32){"simd": c.f, "plain": c.plain} {
			b.Run(c.name+"/"+kind, func(b *testing.B) {
				s, _ := slices(rand.New(rand.NewPCG(1, 2)), c.writes+c.reads, n)
				for b.Loop() {
					f(s)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/element")
			})
		}
	}
}

// BenchmarkWindow measures one head of makemore's transformer.
func BenchmarkWindow(b *testing.B) {
	w := Window{T: 16, D: 16, Stride: 192, YStride: 64, Scale: 0.25}
	if !w.Fits() {
		b.Skip("no kernel")
	}
	for t := range w.T {
		w.Seen[t] = 2<<t - 1
	}
	x, grad, y := normals(rand.New(rand.NewPCG(1, 2)), 16*192), make([]float32,
		16*192), make([]float32, 16*64)
	att, work := make([]float32, 256), make([]float32, w.Work())
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			w.Forward(y, att, x, x[64:], x[128:], work)
		}
	})
	b.Run("backward", func(b *testing.B) {
		for b.Loop() {
			w.Backward(grad, grad[64:], grad[128:], y, att, x, x[64:], x[128:], work)
		}
	})
}

func BenchmarkLayerNormRows(b *testing.B) {
	const rows, c = 32, 64
	x, g, s := normals(rand.New(rand.NewPCG(1, 2)), rows*c), make([]float32, c), make([]float32,
		rows)
	y, r, more := make([]float32, rows*c), make([]float32, rows), make([]float32, c)
	b.Run("forward", func(b *testing.B) {
		for b.Loop() {
			LayerNormRows(y, s, r, x, g, g, 1e-5)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows/c, "ns/element")
	})
	b.Run("backward", func(b *testing.B) {
		for b.Loop() {
			LayerNormRowsBackward(y, g, more, x, x, s, r, g)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows/c, "ns/element")
	})
}

// TestGELUIsNeverDenormal checks that no value or slope is denormal, because processors multiply
// denormal numbers slowly.
func TestGELUIsNeverDenormal(t *testing.T) {
	var x []float32
	for v := float32(-40); v <= 40; v += 1.0 / 64 {
		x = append(x, v)
	}
	y, slope := make([]float32, len(x)), make([]float32, len(x))
	check := func(what string, values []float32) {
		for i, v := range values {
			if v != 0 && math.Abs(float64(v)) < 0x1p-126 {
				t.Fatalf("%s of %g is the denormal number %g", what, x[i], v)
			}
		}
	}
	GELU(y, x)
	check("GELU", y)
	GELUWithSlope(y, slope, x)
	check("GELU", y)
	check("slope of GELU", slope)
	GELUErf(y, x)
	check("GELU with erf", y)
	GELUErfWithSlope(y, slope, x)
	check("GELU with erf", y)
	check("slope of GELU with erf", slope)
}
