package nntest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
)

// CheckHidden tests nn.Encoder: every layer has a row for each position; the last layer, passed to
// next, gives the model's prediction; no memory crosses a BOS; and gradients flow back through
// every layer. The model has 5 tokens or more and sees 4 at once.
func CheckHidden(t testing.TB, m interface {
	lm.Model
	nn.Encoder
}, next func(t *autograd.Tape, h *autograd.Tensor) []float64) {
	t.Helper()
	checkLastLayer(t, m, next)
	checkDocuments(t, m)
	b := SmallBatch()
	CheckSlopes(t, m, func(tape *autograd.Tape) *autograd.Tensor {
		var sum *autograd.Tensor
		for _, h := range m.Hidden(tape, b) { // any function of all layers is suitable
			y := make([]int32, h.Rows)
			for i := range y {
				y[i] = int32((3*i + 1) % h.Cols)
			}
			loss := tape.CrossEntropy(h, y, 4*len(y))
			if sum == nil {
				sum = loss
			} else {
				sum = tape.Add(sum, loss)
			}
		}
		return sum
	})
}

// checkLastLayer tests that the output layer reads the last of the hidden vectors.
func checkLastLayer(t testing.TB, m interface {
	lm.Model
	nn.Encoder
}, next func(t *autograd.Tape, h *autograd.Tensor) []float64) {
	t.Helper()
	x := []lm.Token{lm.BOS, 3, 1, 4}
	tape := autograd.NewForward()
	hidden := m.Hidden(tape, Batch(1, len(x), x, nil))
	last := hidden[len(hidden)-1]
	for i := range x {
		got := next(tape, tape.Const(1, last.Cols, last.Row(i)))
		require.InDeltaSlice(t, m.NextLogProbs(nil, x[:i+1]), got, 2e-5, "after %v", x[:i+1])
	}
}

// checkDocuments tests that documents that share a row have the same vectors as alone.
func checkDocuments(t testing.TB, m nn.Encoder) {
	t.Helper()
	x := []lm.Token{2, 3, 0, 1, 2, 0, 0, 4}
	all := m.Hidden(autograd.NewForward(), corpus.Batch{B: 2, T: 4, X: x})
	for _, doc := range [][2]int{{0, 2}, {2, 4}, {4, 5}, {5, 6}, {6, 8}} {
		from, to := doc[0], doc[1]
		alone := m.Hidden(autograd.NewTape(), corpus.Batch{B: 1, T: to - from, X: x[from:to]})
		require.Len(t, alone, len(all))
		for l, h := range alone {
			require.Equal(t, len(x), all[l].Rows)
			require.Equal(t, to-from, h.Rows)
			for i := range h.Rows {
				require.InDeltaSlice(t, h.Row(i), all[l].Row(from+i), 1e-5, "layer %d, position %d",
					l, from+i)
			}
		}
	}
}
