package autograd

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Round sees every output and every gradient once, and no leaf.
func TestRound(t *testing.T) {
	x, w := NewParam(2, 3), NewParam(3, 4)
	for i := range x.Data {
		x.Data[i] = float32(i) + 0.25
	}
	for i := range w.Data {
		w.Data[i] = 0.5
	}
	tape := NewTape()
	var lengths []int
	tape.Round = func(x []float32) {
		lengths = append(lengths, len(x))
		for i := range x {
			x[i] = float32(int(x[i]))
		}
	}
	y := tape.Linear(x, w, nil) // [2, 4]: sums of 3.75/2 and 12.75/2
	require.Equal(t, []int{8}, lengths)
	require.Equal(t, float32(1), y.Data[0])
	require.Equal(t, float32(6), y.Data[7])
	loss := tape.CrossEntropy(y, []int32{0, 1}, 2)
	tape.Backward(loss)
	require.Equal(t, []int{8, 1, 1, 8}, lengths)
	require.Equal(t, float32(0.25), x.Data[0], "a leaf")
	require.Zero(t, x.Grad[0], "gradients below 1 were cut")
}
