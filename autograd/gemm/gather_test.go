package gemm

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
)

// TestGather compares products that gather and prefetch with those of the same kernels without, bit
// by bit, and with the definition.
func TestGather(t *testing.T) {
	if best.fetch == nil {
		t.Skip("this engine does not gather")
	}
	plain := *best
	plain.fetch = nil
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range []shape{
		{"TN", 512, 512, 128}, {"TN", 128, 512, 512}, // the gradients of BERT's wide layers
		{"TN", 301, 777, 79}, {"TN", 57, 5000, 61}, {"TN", 1100, 391, 45}, // remainders everywhere
		{"NN", 301, 777, 79}, {"NN", 60, 401, 300}, {"NN", 513, 130, 517},
	} {
		for _, beta := range []float32{0, 1} {
			t.Run(fmt.Sprintf("%s/%dx%dx%d/%g", s.t, s.m, s.k, s.n, beta), func(t *testing.T) {
				tA, lda, rows, cols := blas.NoTrans, s.k+3, s.m, s.k
				if s.t == "TN" {
					tA, lda, rows, cols = blas.Trans, s.m+3, s.k, s.m
				}
				ldb := s.n + 5
				a, b := random(rng, rows, cols, lda), random(rng, s.k, s.n, ldb)
				c := random(rng, s.m, s.n, s.n)
				want := slices.Clone(c)
				require.Equal(t, s.t == "TN", best.gathers(s.m, s.n, s.k, view(tA, a, lda),
					view(blas.NoTrans, b, ldb)))
				multiply := func(f Float32, c []float32) {
					f.Sgemm(tA, blas.NoTrans, s.m, s.n, s.k, 0.5, a, lda, b, ldb, beta, c, s.n)
				}
				multiply(Float32{engine: &plain}, want)
				multiply(Float32{}, c)
				require.Equal(t, want, c)
				check(t, Float32{}, rng, tA, blas.NoTrans, s.m, s.n, s.k, 0.5, beta)
			})
		}
	}
}
