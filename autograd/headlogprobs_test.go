package autograd

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestHeadLogProbsAreTermsOfHeadLoss checks that each value, and the gradient of a weighted sum,
// equals that of a HeadLoss over this target alone, for any size of the blocks.
func TestHeadLogProbsAreTermsOfHeadLoss(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		N, C, V := rapid.IntRange(1, 9).Draw(t, "N"), rapid.IntRange(1, 6).Draw(t,
			"C"), rapid.IntRange(1, 12).Draw(t, "V")
		y := rapid.SliceOfN(rapid.Int32Range(-1, int32(V-1)), N, N).Draw(t, "y")
		block := rapid.IntRange(1, 60).Draw(t, "logits at once")
		inputs := func() []*Tensor {
			return []*Tensor{wild(N, C, 1, 1), wild(V, C, 1, 2), wild(1, V, 1, 3)}
		}
		weight := wild(N, 1, 1, 4)

		got := inputs()
		tape := dirtyTape()
		logProbs := tape.headLogProbs(got[0], got[1], got[2], y, block)
		values := append([]float32(nil), logProbs.Data...)
		tape.Backward(tape.Sum(tape.Mul(logProbs, tape.Const(N, 1, weight.Data))))

		want := inputs()
		for i := range y {
			alone := make([]int32, N)
			for j := range alone {
				alone[j] = -1
			}
			alone[i] = y[i]
			tape := dirtyTape()
			loss := tape.HeadLoss(want[0], want[1], want[2], alone, 1)
			require.InDelta(t, -loss.Data[0], values[i], 1e-5)
			tape.Backward(tape.Scale(loss, -weight.Data[i]))
		}
		for i := range want {
			require.InDeltaSlice(t, want[i].Grad, got[i].Grad, 1e-4)
		}
	})
}
