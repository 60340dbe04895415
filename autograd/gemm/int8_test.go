package gemm

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
)

// TestInt8 compares with float64 products of the quantized weights, each within half a level of the
// original.
func TestInt8(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		rows, cols, group := 1+rng.IntN(20), 1+rng.IntN(100), []int{0, 16, 32, 20}[rng.IntN(4)]
		tr, stride, r, c := blas.NoTrans, cols, rows, cols
		if rng.IntN(2) == 0 {
			tr, stride, r, c = blas.Trans, rows, cols, rows
		}
		w, x, y := random(rng, r, c, c), random(rng, 1, cols, cols), make([]float32, rows+1)
		y[rows] = canary
		q := QuantizeInt8(tr, rows, cols, w, stride, group)
		q.MulVec(y, x)
		require.Equal(t, float32(canary), y[rows])
		v := view(tr, w, stride)
		for i := range rows {
			var want float64
			for j := range cols {
				scale := float64(q.Scale[i*q.groups()+j/q.Group])
				level := float64(q.Data[i*q.Stride+j]) * scale
				want += level * float64(x[j])
				require.InDelta(t, v.data[i*v.down+j*v.right], level, scale*0.5001)
			}
			require.InDelta(t, want, y[i], 1e-4)
		}
		cut := rng.IntN(rows + 1)
		parts := make([]float32, rows)
		q.Slice(0, cut).MulVec(parts[:cut], x)
		q.Slice(cut, rows).MulVec(parts[cut:], x)
		require.Equal(t, y[:rows], parts, "the same bits in pieces")
	}
}

func TestInt8Zeros(t *testing.T) {
	y := []float32{float32(math.NaN())}
	QuantizeInt8(blas.NoTrans, 1, 3, make([]float32, 3), 3, 0).MulVec(y, []float32{1, 2, 3})
	require.Zero(t, y[0])
}

func TestInt8AllocatesNothing(t *testing.T) {
	q := QuantizeInt8(blas.NoTrans, 8, 64, make([]float32, 8*64), 64, 32)
	x, y := make([]float32, 64), make([]float32, 8)
	require.Zero(t, testing.AllocsPerRun(10, func() { q.MulVec(y, x) }))
}

func BenchmarkInt8(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []struct {
		name       string
		rows, cols int
	}{{"768x288", 768, 288}, {"32000x288", 32000, 288}} {
		q := QuantizeInt8(blas.NoTrans, s.rows, s.cols, random(rng, s.rows, s.cols, s.cols), s.cols,
			0)
		x, y := random(rng, 1, s.cols, s.cols), make([]float32, s.rows)
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(len(q.Data)))
			for b.Loop() {
				q.MulVec(y, x)
			}
		})
	}
}
