package optim

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/mat"
)

// wave returns a matrix of testdata/muon.py, as the middle of a larger matrix.
func wave(rows, cols int, f func(i, j int) float64) blas32.General {
	x := blas32.General{Rows: rows, Cols: cols, Stride: cols + 3,
		Data: make([]float32, rows*(cols+3))}
	for i := range rows {
		for j := range cols {
			x.Data[i*x.Stride+j] = float32(f(i, j))
		}
	}
	return x
}

func TestMuonAgreesWithTorch(t *testing.T) {
	var golden struct {
		Runs []struct {
			Rows, Cols int
			Weights    [][]float64
		}
	}
	data, err := os.ReadFile("testdata/muon.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &golden))
	require.Len(t, golden.Runs, 3)
	work := NewWorkspace(45, 5)
	for _, run := range golden.Runs {
		phase := func(i, j int) float64 { return 0.37 * float64(i*run.Cols+j) }
		w := wave(run.Rows, run.Cols, func(i, j int) float64 { return math.Sin(phase(i, j)) })
		m := wave(run.Rows, run.Cols, func(int, int) float64 { return 0 })
		for k, want := range run.Weights {
			g := wave(run.Rows, run.Cols, func(i, j int) float64 {
				return math.Sin(phase(i, j)+float64(k+1)) + 0.3*math.Cos(1.3*float64(i))
			})
			Muon{Momentum: 0.95}.Update(w, g, m, 0.02, 0.1, 0.5, work)
			for i := range run.Rows {
				for j := range run.Cols {
					require.InDelta(t, want[i*run.Cols+j], w.Data[i*w.Stride+j], 2e-5,
						"%d×%d, step %d, element %d %d", run.Rows, run.Cols, k+1, i, j)
				}
				require.Equal(t, make([]float32, 3), w.Data[i*w.Stride+run.Cols:][:3], "the view")
			}
		}
	}
}

// Whatever the singular values of a gradient, those of the update are near 1.
func TestMuonEvensOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, shape := range [][2]int{{16, 16}, {8, 32}, {32, 8}} {
		rows, cols := shape[0], shape[1]
		u := blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: make([]float32, rows*cols)}
		for i := range rows {
			for j := range cols {
				u.Data[i*cols+j] = float32(rng.NormFloat64() * math.Exp(-float64(i%8)/4))
			}
		}
		o := NewWorkspace(rows*cols, min(rows, cols)).orthogonalize(u)
		require.Equal(t, rows > cols, o.turned)
		x := mat.NewDense(o.Rows, o.Cols, nil)
		for i := range o.Rows {
			for j := range o.Cols {
				x.Set(i, j, float64(o.Data[i*o.Stride+j]))
			}
		}
		var svd mat.SVD
		require.True(t, svd.Factorize(x, mat.SVDNone))
		for _, s := range svd.Values(nil) {
			require.InDelta(t, 1, s, 0.4)
		}
	}
}

// With a gradient of zeros, only the weight decay changes the weights.
func TestMuonWithoutGradient(t *testing.T) {
	w := wave(3, 3, func(int, int) float64 { return 1 })
	zero := func(int, int) float64 { return 0 }
	g, m := wave(3, 3, zero), wave(3, 3, zero)
	Muon{Momentum: 0.9}.Update(w, g, m, 0.1, 0.5, 1, NewWorkspace(9, 3))
	require.Equal(t, float32(0.95), w.Data[0])
}
