package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// slope is the derivative of f at x[i] by central differences in float64.
func slope(f func() float64, x []float64, i int) float64 {
	const h = 1e-5
	old := x[i]
	x[i] = old + h
	up := f()
	x[i] = old - h
	down := f()
	x[i] = old
	return (up - down) / (2 * h)
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = float64(x[i])
	}
	return y
}

// requireGradient compares grad with the slope of f in every element of x.
func requireGradient(t *testing.T, name string, f func() float64, x []float64, grad []float32) {
	t.Helper()
	for i := range x {
		require.InDelta(t, slope(f, x, i), grad[i], 1e-4, "%s[%d]", name, i)
	}
}

// lstm64 is LSTMForward in float64, as in the paper.
func lstm64(gates, cPrev []float64) (h, c []float64) {
	n := len(cPrev)
	for k := range n {
		i, f := sigmoid64(gates[k]), sigmoid64(gates[n+k])
		g, o := math.Tanh(gates[2*n+k]), sigmoid64(gates[3*n+k])
		cell := f*cPrev[k] + i*g
		c, h = append(c, cell), append(h, o*math.Tanh(cell))
	}
	return h, c
}

func weighted(x []float64, w []float32) float64 {
	var s float64
	for i := range x {
		s += x[i] * float64(w[i])
	}
	return s
}

func TestLSTM(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 5, 8, 19} {
		sums, cPrev, dh, dc := normals(rng, 4*n), normals(rng, n), normals(rng, n), normals(rng, n)
		h, c, tanhC, gates := make([]float32, n), make([]float32, n), make([]float32,
			n), append([]float32(nil), sums...)
		LSTMForward(h, c, tanhC, gates, cPrev)
		sums64, cPrev64 := wide(sums), wide(cPrev)
		h64, c64 := lstm64(sums64, cPrev64)
		require.InDeltaSlice(t, h64, h, 1e-6)
		require.InDeltaSlice(t, c64, c, 1e-6)
		dgates, dcPrev := make([]float32, 4*n), make([]float32, n)
		LSTMBackward(dgates, dcPrev, dh, dc, gates, tanhC, cPrev)
		loss := func() float64 {
			h, c := lstm64(sums64, cPrev64)
			return weighted(h, dh) + weighted(c, dc)
		}
		requireGradient(t, "dgates", loss, sums64, dgates)
		requireGradient(t, "dcPrev", loss, cPrev64, dcPrev)
		plain, plainC := make([]float32, 4*n), append([]float32(nil), dc...)
		lstmBackwardGo(plain, plainC, dh, plainC, gates, tanhC, cPrev) // dcPrev may be dc
		require.InDeltaSlice(t, dgates, plain, 1e-6)
		require.InDeltaSlice(t, dcPrev, plainC, 1e-6)
		LSTMBackward(dgates, dc, dh, dc, gates, tanhC, cPrev)
		require.Equal(t, dcPrev, dc)
	}
}

func gru64(gates, hidden, hPrev []float64) []float64 {
	n := len(hPrev)
	var h []float64
	for k := range n {
		r, z := sigmoid64(gates[k]+hidden[k]), sigmoid64(gates[n+k]+hidden[n+k])
		cand := math.Tanh(gates[2*n+k] + r*hidden[2*n+k])
		h = append(h, (1-z)*cand+z*hPrev[k])
	}
	return h
}

func TestGRU(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 5, 8, 19} {
		sums, hidden, hPrev, dh := normals(rng, 3*n), normals(rng, 3*n), normals(rng,
			n), normals(rng, n)
		h, gates := make([]float32, n), append([]float32(nil), sums...)
		GRUForward(h, gates, hidden, hPrev)
		sums64, hidden64, hPrev64 := wide(sums), wide(hidden), wide(hPrev)
		require.InDeltaSlice(t, gru64(sums64, hidden64, hPrev64), h, 1e-6)
		dgates, dhidden, dhPrev := make([]float32, 3*n), make([]float32, 3*n), make([]float32, n)
		GRUBackward(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev)
		loss := func() float64 { return weighted(gru64(sums64, hidden64, hPrev64), dh) }
		requireGradient(t, "dgates", loss, sums64, dgates)
		requireGradient(t, "dhidden", loss, hidden64, dhidden)
		requireGradient(t, "dhPrev", loss, hPrev64, dhPrev)
		plain, plainHidden, plainPrev := make([]float32, 3*n), make([]float32, 3*n), make([]float32,
			n)
		gruBackwardGo(plain, plainHidden, plainPrev, dh, gates, hidden, hPrev)
		require.InDeltaSlice(t, dgates, plain, 1e-6)
		require.InDeltaSlice(t, dhidden, plainHidden, 1e-6)
		require.InDeltaSlice(t, dhPrev, plainPrev, 1e-6)
		GRUBackward(dgates, dhidden, dhPrev, dh, gates, hidden, hPrev) // GRUBackward adds to dhPrev
		for k := range plainPrev {
			require.InDelta(t, 2*plainPrev[k], dhPrev[k], 1e-5)
		}
	}
}

func layerNorm64(x, g, b []float64, eps float64) []float64 {
	var mean, variance float64
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = (v-mean)/math.Sqrt(variance+eps)*g[i] + b[i]
	}
	return y
}

func TestLayerNorm(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{2, 3, 8, 13, 16, 17, 40} {
		x, g, b, dy := normals(rng, n), normals(rng, n), normals(rng, n), normals(rng, n)
		y := make([]float32, n)
		mean, rstd := LayerNormForward(y, x, g, b, 1e-5)
		x64, g64, b64 := wide(x), wide(g), wide(b)
		require.InDeltaSlice(t, layerNorm64(x64, g64, b64, 1e-5), y, 1e-5)
		dx, dg, db := make([]float32, n), make([]float32, n), make([]float32, n)
		LayerNormBackward(dx, dg, db, dy, x, g, mean, rstd)
		loss := func() float64 { return weighted(layerNorm64(x64, g64, b64, 1e-5), dy) }
		requireGradient(t, "dg", loss, g64, dg)
		requireGradient(t, "db", loss, b64, db)
		for i := range dx {
			want := slope(loss, x64, i)
			require.InDelta(t, want, dx[i], 1e-4*(1+math.Abs(want)), "dx[%d] of %d", i, n)
		}
		first := append([]float32(nil), dx...)
		LayerNormBackward(dx, dg, db, dy, x, g, mean, rstd) // LayerNormBackward adds to dx
		for i := range dx {
			require.InDelta(t, 2*first[i], dx[i], 1e-4*(1+math.Abs(float64(first[i]))))
		}
	}
	// The variance is accurate for a large common offset.
	x := make([]float32, 64)
	for i := range x {
		x[i] = 1000 + float32(i%2)
	}
	ones, zeros, y := make([]float32, 64), make([]float32, 64), make([]float32, 64)
	for i := range ones {
		ones[i] = 1
	}
	LayerNormForward(y, x, ones, zeros, 0)
	require.InDelta(t, -1, y[0], 1e-4)
	require.InDelta(t, 1, y[1], 1e-4)
}

// LayerNormRows and its backward give the results of single rows.
func TestLayerNormRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []int{1, 7, 16, 31, 48, 64} {
		for n := range 14 {
			x, g, b, dy := normals(rng, n*c), normals(rng, c), normals(rng, c), normals(rng, n*c)
			for i := range x {
				x[i] += float32(i / max(c, 1)) // the rows have different means
			}
			y, mean, rstd := make([]float32, n*c), make([]float32, n), make([]float32, n)
			LayerNormRows(y, mean, rstd, x, g, b, 1e-5)
			dx, dg, db := normals(rng, n*c), normals(rng, c), normals(rng, c)
			wantX, wantG, wantB := append([]float32{}, dx...), append([]float32{},
				dg...), append([]float32{}, db...)
			LayerNormRowsBackward(dx, dg, db, dy, x, mean, rstd, g)
			for i := range n {
				row := func(m []float32) []float32 { return m[i*c:][:c] }
				want := make([]float32, c)
				m, r := LayerNormForward(want, row(x), g, b, 1e-5)
				require.InEpsilon(t, r, rstd[i], 1e-5)
				require.InDelta(t, m, mean[i], 1e-5)
				require.InDeltaSlice(t, want, row(y), 2e-5, "row %d of %d, %d channels", i, n, c)
				LayerNormBackward(row(wantX), wantG, wantB, row(dy), row(x), g, m, r)
			}
			if n > 0 && c > 1 {
				require.InDeltaSlice(t, wantX, dx, 1e-4, "%d rows of %d", n, c)
				require.InDeltaSlice(t, wantG, dg, 1e-4, "%d rows of %d", n, c)
				require.InDeltaSlice(t, wantB, db, 1e-5, "%d rows of %d", n, c)
			}
		}
	}
}

func TestRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, c := range []int{1, 7, 16, 31, 48} {
		for n := range 10 {
			s, _ := slices(rng, 4, max(n*c, c))
			y, r, b, sum := s[0][:n*c], s[1], s[2][:c], s[3][:c]
			plain, both, sums := append([]float32{}, y...), append([]float32{},
				y...), append([]float32{}, sum...)
			for i := range y {
				plain[i] += b[i%c]
				both[i] += r[i] + b[i%c]
				sums[i%c] += y[i]
			}
			SumRows(sum, y)
			require.InDeltaSlice(t, sums, sum, 1e-5, "%d rows of %d", n, c)
			first := append([]float32{}, y...)
			AddToRows(first, nil, b)
			AddToRows(y, r, b)
			if n > 0 {
				require.InDeltaSlice(t, plain, first, 1e-6, "%d rows of %d", n, c)
				require.InDeltaSlice(t, both, y, 1e-6, "%d rows of %d", n, c)
			}
		}
	}
}

func TestSoftmaxBackward(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, n := range []int{1, 7, 16, 33} {
		x, dy := normals(rng, n), normals(rng, n)
		y := make([]float32, n)
		x64 := wide(x)
		loss := func() float64 {
			var sum, s float64
			for _, v := range x64 {
				sum += math.Exp(v)
			}
			for i, v := range x64 {
				s += math.Exp(v) / sum * float64(dy[i])
			}
			return s
		}
		sum := ExpSum(y, x, Max(x))
		Scale(y, 1/sum)
		dx := make([]float32, n)
		SoftmaxBackward(dx, dy, y)
		requireGradient(t, "dx", loss, x64, dx)
		SoftmaxBackward(dy, dy, y)
		require.Equal(t, dx, dy, "in place")
	}
}

// TestAdamW follows the paper's algorithm 2 in float64 for some steps.
func TestAdamW(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	const n = 21
	w, m, v := normals(rng, n), make([]float32, n), make([]float32, n)
	w64, m64, v64 := wide(w), make([]float64, n), make([]float64, n)
	h := AdamWHyper{LR: 0.01, Beta1: 0.9, Beta2: 0.99, Eps: 1e-8, Decay: 0.1}
	for step := 1; step <= 20; step++ {
		g := normals(rng, n)
		g[3] = 0 // no gradient: only the decay moves it
		h.Step = step
		AdamW(w, g, m, v, h)
		for i := range w64 {
			d := float64(g[i])
			m64[i] = 0.9*m64[i] + 0.1*d
			v64[i] = 0.99*v64[i] + 0.01*d*d
			mHat, vHat := m64[i]/(1-math.Pow(0.9, float64(step))), v64[i]/(1-math.Pow(0.99,
				float64(step)))
			w64[i] -= 0.01 * (mHat/(math.Sqrt(vHat)+1e-8) + 0.1*w64[i])
		}
		require.InDeltaSlice(t, w64, w, 1e-5, "step %d", step)
	}
}
