package gemm

import (
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
)

func TestCount(t *testing.T) {
	var n atomic.Int64
	x, y := make([]float32, 6), make([]float32, 4)
	stop := Count(&n)
	Float32{}.Sgemm(blas.NoTrans, blas.Trans, 2, 2, 3, 1, x, 3, x, 3, 0, y, 2)
	stop()
	Float32{}.Sgemm(blas.NoTrans, blas.Trans, 2, 2, 3, 1, x, 3, x, 3, 0, y, 2)
	require.EqualValues(t, 2*2*2*3, n.Load())
}
