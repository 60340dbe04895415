package autograd

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// HeadLoss equals the product and the cross-entropy, whatever the size of its blocks.
func TestHeadLossIsLinearThenCrossEntropy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		N, C, V := rapid.IntRange(1, 20).Draw(t, "N"), rapid.IntRange(1, 9).Draw(t,
			"C"), rapid.IntRange(1, 30).Draw(t, "V")
		y := rapid.SliceOfN(rapid.Int32Range(-1, int32(V-1)), N, N).Draw(t, "y")
		block := rapid.IntRange(1, 200).Draw(t, "logits at once")
		run := func(fused bool) (float32, []*Tensor) {
			in := []*Tensor{wild(N, C, 1, 1), wild(V, C, 1, 2), wild(1, V, 1, 3)}
			tape := dirtyTape()
			var loss *Tensor
			if fused {
				loss = tape.headLoss(in[0], in[1], in[2], y, N, block)
			} else {
				loss = tape.CrossEntropy(tape.LinearT(in[0], in[1], in[2]), y, N)
			}
			tape.Backward(loss)
			return loss.Data[0], in
		}
		want, a := run(false)
		got, b := run(true)
		require.InDelta(t, want, got, 1e-6*math.Abs(float64(want)))
		for i := range a {
			require.InDeltaSlice(t, a[i].Grad, b[i].Grad, 1e-6)
		}
	})
}

// An untrained model is uniform: ln V nats per token.
func TestUniformLogitsCostLnV(t *testing.T) {
	loss := NewForward().CrossEntropy(NewParam(4, 65), []int32{0, 64, 3, -1}, 3)
	require.InDelta(t, math.Log(65), loss.Data[0], 1e-6)
}

// Logits far beyond the range of exp still give a distribution.
func TestLossOfExtremeLogitsIsFinite(t *testing.T) {
	logits := NewParam(2, 3)
	copy(logits.Data, []float32{1e30, 0, -1e30, 3e4, 3e4, -3e4})
	tape := dirtyTape()
	loss := tape.CrossEntropy(logits, []int32{0, 1}, 1)
	tape.Backward(loss)
	require.InDelta(t, math.Ln2, loss.Data[0], 1e-6)
	require.InDeltaSlice(t, []float32{0, 0, 0, 0.5, -0.5, 0}, logits.Grad, 1e-6)
}

func TestNoTargetsNoLoss(t *testing.T) {
	x, w, tape := wild(3, 2, 1, 1), wild(4, 2, 1, 2), dirtyTape()
	loss := tape.HeadLoss(x, w, nil, []int32{-1, -1, -1}, 1)
	tape.Backward(loss)
	require.Zero(t, loss.Data[0])
	require.Equal(t, make([]float32, 6), x.Grad)
	require.Equal(t, make([]float32, 8), w.Grad)
}

func TestLogSoftmax(t *testing.T) {
	dst := make([]float64, 3)
	NewForward().LogSoftmax(dst, []float32{1000, 1001, 999})
	sum := 0.0
	for _, v := range dst {
		sum += math.Exp(v)
	}
	require.InDelta(t, 1, sum, 1e-12)
	require.InDelta(t, 1, dst[1]-dst[0], 1e-12)
}

// With a vocabulary of 50,000 and 256 positions, the logits would need 51 MB and their gradients
// another 51 MB.
func TestLargeVocabularyCostsLittleMemory(t *testing.T) {
	const N, V = 256, 50_000
	x, w := wild(N, 1, 1, 1), NewParam(V, 1)
	y := make([]int32, N)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	tape := NewTape()
	loss := tape.HeadLoss(x, w, nil, y, N)
	tape.Backward(loss)
	runtime.ReadMemStats(&after)
	require.InDelta(t, math.Log(V), loss.Data[0], 1e-4)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20<<20))
}
