package gemm

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// A divided product has the bits of an undivided one, and agrees with gonum's.
func TestCrewDividesLargeProducts(t *testing.T) {
	each(t, func(t *testing.T, f Float32) {
		rng := rand.New(rand.NewPCG(1, 2))
		crew := f
		crew.Crew = NewCrew(3)
		for _, s := range [][3]int{{300, 100, 200}, {1601, 33, 90}, {100, 301, 170}, {20, 3200, 70},
			{180, 180, 180}, {9, 1000, 500}, {257, 64, 400}} {
			m, n, k := s[0], s[1], s[2]
			for i, tA := range transposes {
				for _, tB := range transposes {
					rowsA, colsA, rowsB, colsB := m, k, k, n
					if tA != blas.NoTrans {
						rowsA, colsA = colsA, rowsA
					}
					if tB != blas.NoTrans {
						rowsB, colsB = colsB, rowsB
					}
					lda, ldb, ldc := colsA+rng.IntN(9), colsB+rng.IntN(9), n+rng.IntN(9)
					a, b, got := random(rng, rowsA, colsA, lda), random(rng, rowsB, colsB,
						ldb), random(rng, m, n, ldc)
					want := append([]float32(nil), got...)
					other := append([]float32(nil), got...)
					beta := float32(i) / 2
					crew.Sgemm(tA, tB, m, n, k, 0.5, a, lda, b, ldb, beta, got, ldc)
					f.Sgemm(tA, tB, m, n, k, 0.5, a, lda, b, ldb, beta, want, ldc)
					gonum.Implementation{}.Sgemm(tA, tB, m, n, k, 0.5, a, lda, b, ldb, beta, other,
						ldc)
					for at := range want {
						if math.Float32bits(want[at]) != math.Float32bits(got[at]) || at%ldc < n &&
							math.Abs(float64(got[at]-other[at])) > 1e-3 {
							require.Fail(t, "another product",
								"%c%c %d×%d×%d, at %d: %v together, %v alone, %v by gonum",
								tA, tB, m, n, k, at, got[at], want[at], other[at])
						}
					}
				}
			}
		}
	})
}

// Large products are divided. Small products are not, and neither are products of a few rows,
// because their bits would change.
func TestWhatIsDivided(t *testing.T) {
	f := Float32{Crew: NewCrew(2)}
	x := make([]float32, 512*512)
	for _, c := range []struct {
		m, n, k int
		divided bool
	}{{512, 512, 512, true}, {64, 64, 64, false}, {1, 512, 512, false}, {8, 512, 512, false}, {40,
		512, 512, true}, {512, 30, 512, true}} {
		got := f.divide(blas.NoTrans, blas.NoTrans, c.m, c.n, c.k, 1, x, c.k, x, c.n, 0,
			make([]float32, c.m*c.n), c.n)
		require.Equal(t, c.divided, got, "%d×%d×%d", c.m, c.n, c.k)
	}
}
