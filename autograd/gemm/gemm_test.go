package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// naive is the definition in float64.
func naive(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32,
	ldb int, beta float32, c []float32, ldc int) {
	for i := range m {
		for j := range n {
			var sum float64
			for p := range k {
				x, y := i*lda+p, p*ldb+j
				if tA != blas.NoTrans {
					x = p*lda + i
				}
				if tB != blas.NoTrans {
					y = j*ldb + p
				}
				sum += float64(a[x]) * float64(b[y])
			}
			out := float64(alpha) * sum
			if alpha == 0 {
				out = 0
			}
			if beta != 0 {
				out += float64(beta) * float64(c[i*ldc+j])
			}
			c[i*ldc+j] = float32(out)
		}
	}
}

const canary = 12345.5

// random returns a rows×cols matrix of the given stride. Its gaps hold NaN, so that reading one
// fails a test.
func random(rng *rand.Rand, rows, cols, stride int) []float32 {
	x := make([]float32, max(0, (rows-1)*stride+cols))
	for i := range x {
		x[i] = float32(math.NaN())
		if i%stride < cols {
			x[i] = float32(rng.NormFloat64())
		}
	}
	return x
}

// check runs one product with canaries around C and compares it with the definition.
func check(t *testing.T, f Float32, rng *rand.Rand, tA, tB blas.Transpose, m, n, k int, alpha,
	beta float32) {
	t.Helper()
	rowsA, colsA, rowsB, colsB := m, k, k, n
	if tA != blas.NoTrans {
		rowsA, colsA = colsA, rowsA
	}
	if tB != blas.NoTrans {
		rowsB, colsB = colsB, rowsB
	}
	lda, ldb, ldc := max(1, colsA)+rng.IntN(9), max(1, colsB)+rng.IntN(9), n+rng.IntN(9)
	a, b := random(rng, rowsA, colsA, lda), random(rng, rowsB, colsB, ldb)
	const margin = 40
	all := make([]float32, 2*margin+m*ldc)
	for i := range all {
		all[i] = canary
	}
	c := all[margin : margin+(m-1)*ldc+n]
	for i := range m {
		for j := range n {
			c[i*ldc+j] = float32(rng.NormFloat64())
			if beta == 0 {
				c[i*ldc+j] = float32(math.NaN())
			}
		}
	}
	before := append([]float32(nil), all...)
	want := append([]float32(nil), c...)
	naive(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, want, ldc)
	f.Sgemm(tA, tB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)
	shape := fmt.Sprintf("%s %c%c m=%d n=%d k=%d lda=%d ldb=%d ldc=%d alpha=%v beta=%v",
		f.pick().name, tA, tB, m, n, k, lda, ldb, ldc, alpha, beta)
	tol := 1e-5 * math.Sqrt(float64(k)+1) * (1 + math.Abs(float64(alpha)))
	for i := range all {
		row, col := (i-margin)/ldc, (i-margin)%ldc
		if i < margin || row >= m || col >= n {
			require.Equal(t, before[i], all[i], "%s: wrote outside of C, at %d", shape, i-margin)
			continue
		}
		if math.Abs(float64(all[i])-float64(want[i-margin])) <= tol {
			continue
		}
		require.InDelta(t, want[i-margin], all[i], tol, "%s: at row %d, column %d", shape, row, col)
	}
}

var transposes = []blas.Transpose{blas.NoTrans, blas.Trans}

// each runs a test on every engine of this processor.
func each(t *testing.T, test func(t *testing.T, f Float32)) {
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) { test(t, Float32{engine: e}) })
	}
}

func TestSgemm(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(1, 2))
		size := func() int {
			switch rng.IntN(4) {
			case 0:
				return 1 + rng.IntN(4)
			case 1:
				return 1 + rng.IntN(20)
			case 2:
				return 1 + rng.IntN(70)
			default:
				return []int{8, 15, 16, 17, 31, 32, 33, 48, 49, 63, 64, 65, 96, 128,
					129}[rng.IntN(15)]
			}
		}
		for range 3000 {
			alpha := []float32{1, 1, 1, 0, -0.5}[rng.IntN(5)]
			beta := []float32{0, 0, 1, 1, 0.25}[rng.IntN(5)]
			k := size()
			if rng.IntN(30) == 0 {
				k = 0
			}
			check(t, f, rng, transposes[rng.IntN(2)], transposes[rng.IntN(2)], size(), size(), k,
				alpha, beta)
		}
	})
}

// TestBlocks uses shapes that need several blocks in every dimension.
func TestBlocks(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(3, 4))
		for _, s := range [][3]int{{33, 17, 1000}, {3, 700, 400}, {20, 1100, 390}, {300, 40, 385},
			{1, 5003, 55}, {1, 301, 999}} {
			for _, tA := range transposes {
				for _, tB := range transposes {
					check(t, f, rng, tA, tB, s[0], s[1], s[2], 1, 0)
					check(t, f, rng, tA, tB, s[0], s[1], s[2], 0.5, 1)
				}
			}
		}
	})
}

// TestGonum compares with gonum's own Sgemm.
func TestGonum(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(5, 6))
		for range 100 {
			m, n, k := 1+rng.IntN(90), 1+rng.IntN(90), 1+rng.IntN(90)
			a, b, c := random(rng, m, k, k), random(rng, k, n, n), random(rng, m, n, n)
			want := append([]float32(nil), c...)
			gonum.Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 0.7, a, k, b, n, 0.3,
				want, n)
			f.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 0.7, a, k, b, n, 0.3, c, n)
			require.InDeltaSlice(t, want, c, 1e-4)
		}
	})
}

// TestNonFinite: a NaN or Inf anywhere in A or B reaches exactly the elements of C that it should.
func TestNonFinite(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(7, 8))
		for range 300 {
			m, n, k := 1+rng.IntN(40), 1+rng.IntN(70), 1+rng.IntN(40)
			tA, tB := transposes[rng.IntN(2)], transposes[rng.IntN(2)]
			a, b := random(rng, m, k, k), random(rng, k, n, n)
			lda, ldb := k, n
			if tA != blas.NoTrans {
				lda = m
			}
			if tB != blas.NoTrans {
				ldb = k
			}
			bad := []float32{float32(math.NaN()), float32(math.Inf(1)),
				float32(math.Inf(-1))}[rng.IntN(3)]
			if rng.IntN(2) == 0 {
				a[rng.IntN(len(a))] = bad
			} else {
				b[rng.IntN(len(b))] = bad
			}
			c, want := random(rng, m, n, n), make([]float32, m*n)
			naive(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, want, n)
			f.Sgemm(tA, tB, m, n, k, 1, a, lda, b, ldb, 0, c, n)
			for i := range c {
				w := float64(want[i])
				if math.IsNaN(w) || math.IsInf(w, 0) {
					require.Equal(t, fmt.Sprint(w), fmt.Sprint(c[i]))
				} else {
					require.InDelta(t, w, c[i], 1e-4)
				}
			}
		}
	})
}

// TestConcurrent: a product has the same bits in any number of goroutines, whose buffers do not
// mix.
func TestConcurrent(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(9, 10))
		const m, n, k = 60, 90, 100
		a, b := random(rng, m, k, k), random(rng, n, k, k)
		want := make([]float32, m*n)
		f.Sgemm(blas.NoTrans, blas.Trans, m, n, k, 1, a, k, b, k, 0, want, n)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				c := make([]float32, m*n)
				for range 20 {
					f.Sgemm(blas.NoTrans, blas.Trans, m, n, k, 1, a, k, b, k, 0, c, n)
					for i := range c {
						if c[i] != want[i] {
							t.Errorf("element %d is %v among other goroutines and %v alone", i,
								c[i], want[i])
							return
						}
					}
				}
			})
		}
		wait.Wait()
	})
}

// TestRowsStandAlone: a row of C has the same bits whatever other rows are computed, so that a
// batch can be divided anywhere.
func TestRowsStandAlone(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(11, 12))
		for i := range 60 {
			m, n, k := 1+rng.IntN(70), 1+rng.IntN(150), 1+rng.IntN(900)
			cut := rng.IntN(m + 1)
			if i == 0 { // one row with a large matrix takes another path
				m, n, k, cut = 3, 700, 399, 1
			} else if i == 1 { // so do small matrices, unless they are deep
				m, n, k, cut = 20, 5, 900, 3
			}
			a, b := random(rng, m, k, k), random(rng, k, n, n)
			whole, part := make([]float32, m*n), make([]float32, m*n)
			f.Sgemm(blas.NoTrans, blas.NoTrans, m, n, k, 1, a, k, b, n, 0, whole, n)
			f.Sgemm(blas.NoTrans, blas.NoTrans, cut, n, k, 1, a, k, b, n, 0, part, n)
			f.Sgemm(blas.NoTrans, blas.NoTrans, m-cut, n, k, 1, a[cut*k:], k, b, n, 0, part[cut*n:],
				n)
			for at := range whole {
				require.Equal(t, whole[at], part[at], "%d×%d×%d cut at row %d: element %d", m, n, k,
					cut, at)
			}
		}
	})
}

func TestAllocatesNothing(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		a, b, c := make([]float32, 100*100), make([]float32, 100*100), make([]float32, 100*100)
		var api blas.Float32 = f
		require.Zero(t, testing.AllocsPerRun(20, func() {
			api.Sgemm(blas.NoTrans, blas.Trans, 100, 100, 100, 1, a, 100, b, 100, 0, c, 100)
			api.Sgemm(blas.NoTrans, blas.Trans, 3, 100, 100, 1, a, 100, b, 100, 0, c, 100)
			api.Sgemm(blas.Trans, blas.NoTrans, 7, 100, 100, 1, a, 100, b, 100, 0, c, 100)
		}))
	})
}

// TestBadArguments: invalid arguments panic with gonum's messages.
func TestBadArguments(t *testing.T) {
	x := make([]float32, 100)
	for _, call := range []func(f blas.Float32){
		func(f blas.Float32) { f.Sgemm('X', blas.NoTrans, 2, 2, 2, 1, x, 2, x, 2, 0, x, 2) },
		func(f blas.Float32) {
			f.Sgemm(blas.NoTrans, blas.NoTrans, -1, 2, 2, 1, x, 2, x, 2, 0, x,
				2)
		},
		func(f blas.Float32) {
			f.Sgemm(blas.NoTrans, blas.NoTrans, 2, 2, 2, 1, x, 1, x, 2, 0, x,
				2)
		},
		func(f blas.Float32) { f.Sgemm(blas.NoTrans, blas.Trans, 2, 2, 3, 1, x, 3, x, 2, 0, x, 2) },
		func(f blas.Float32) {
			f.Sgemm(blas.NoTrans, blas.NoTrans, 2, 2, 2, 1, x, 2, x, 2, 0, x,
				1)
		},
		func(f blas.Float32) {
			f.Sgemm(blas.NoTrans, blas.NoTrans, 20, 2, 20, 1, x, 20, x, 2, 0, x,
				2)
		},
		func(f blas.Float32) {
			f.Sgemm(blas.NoTrans, blas.NoTrans, 2, 20, 20, 1, x, 20, x, 20, 0, x,
				20)
		},
		func(f blas.Float32) {
			f.Sgemm(blas.NoTrans, blas.NoTrans, 20, 20, 2, 1, x, 2, x, 20, 0, x,
				20)
		},
	} {
		panicOf := func(f blas.Float32) (p any) {
			defer func() { p = recover() }()
			call(f)
			return nil
		}
		want := panicOf(gonum.Implementation{})
		require.NotNil(t, want)
		require.Equal(t, want, panicOf(Float32{}))
	}
}

func FuzzSgemm(f *testing.F) {
	f.Add(uint8(1), uint8(1), uint8(1), uint8(0), uint64(1))
	f.Add(uint8(14), uint8(33), uint8(65), uint8(3), uint64(2))
	f.Add(uint8(6), uint8(15), uint8(200), uint8(2), uint64(3))
	f.Fuzz(func(t *testing.T, m, n, k, flags uint8, seed uint64) {
		if m == 0 || n == 0 {
			return
		}
		rng := rand.New(rand.NewPCG(seed, 0))
		for _, e := range engines() {
			check(t, Float32{engine: e}, rng, transposes[flags&1], transposes[flags>>1&1], int(m),
				int(n), int(k), 1, float32(flags>>2&1))
		}
	})
}

// TestSgemv compares with gonum's own Sgemv, with all increments of x and y.
func TestSgemv(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(13, 14))
		for range 500 {
			m, n := 1+rng.IntN(70), 1+rng.IntN(70)
			lda, incX, incY := n+rng.IntN(5), 1+rng.IntN(4)/3, 1+rng.IntN(4)/3
			tA := transposes[rng.IntN(2)]
			rows, cols := m, n
			if tA != blas.NoTrans {
				rows, cols = n, m
			}
			alpha, beta := []float32{1, 0, -0.5}[rng.IntN(3)], []float32{0, 1, 0.5}[rng.IntN(3)]
			a, x, y := random(rng, m, n, lda), random(rng, 1, cols*incX, cols*incX), random(rng, 1,
				rows*incY+1, rows*incY+1)
			want, beyond := append([]float32(nil), y...), y[rows*incY]
			gonum.Implementation{}.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, want, incY)
			f.Sgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
			want[rows*incY] = y[rows*incY] // gonum 0.17 clears one element too many where beta is 0
			require.InDeltaSlice(t, want, y, 1e-4, "%c %d×%d, steps %d %d, alpha %v, beta %v", tA,
				m, n, incX, incY, alpha, beta)
			if incX == 1 && incY == 1 {
				require.Equal(t, beyond, y[rows])
			}
		}
	})
	for _, call := range []func(f blas.Float32, x []float32){
		func(f blas.Float32, x []float32) {
			f.Sgemv(blas.NoTrans, 5, 5, 1, x, 5, x[:4], 1, 0, x,
				1)
		},
		func(f blas.Float32, x []float32) { f.Sgemv(blas.Trans, 5, 5, 1, x, 5, x, 1, 0, x[:4], 1) },
		func(f blas.Float32, x []float32) { f.Sgemv(blas.NoTrans, 5, 5, 1, x, 4, x, 1, 0, x, 1) },
		func(f blas.Float32, x []float32) { f.Sgemv('X', 5, 5, 1, x, 5, x, 1, 0, x, 1) },
	} {
		require.Panics(t, func() { call(Float32{}, make([]float32, 50)) })
	}
}

// TestPeak checks only that the results are plausible; benchmarks measure the speed.
func TestPeak(t *testing.T) {
	for what, rate := range map[string]float64{
		"flops":     PeakFLOPS(time.Millisecond),
		"bandwidth": Bandwidth(time.Millisecond, make([]float32, 1<<12)),
	} {
		require.Positive(t, rate, what)
		require.False(t, math.IsInf(rate, 0), what)
	}
	require.Zero(t, Bandwidth(time.Millisecond, nil))
}
