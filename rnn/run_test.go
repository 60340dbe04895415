package rnn

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/autograd"
	"lmzoo/lm"
	"lmzoo/nn/nntest"
)

// TestRunIsSteps: the fast path of a cell agrees with its plain step, for several rows, from any
// state, with documents that begin inside a row.
func TestRunIsSteps(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		const rows, steps = 2, 6
		x := []lm.Token{3, 5, 0, 2, 2, 1, 4, 4, 4, 0, 0, 7}
		rng, state := nntest.Rand(), m.newState(rows)
		noise := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(rng.NormFloat64())
			}
			return x
		}
		for _, s := range state {
			copy(s, noise(len(s)))
		}
		for l := range m.Config.Layers {
			first := state[l*m.cell.states():][:m.cell.states()]
			before := make([][][]float32, rows) // [B][states][H]
			for r := range rows {
				for _, s := range first {
					row := append([]float32(nil), s[r*m.Config.Hidden:][:m.Config.Hidden]...)
					before[r] = append(before[r], row)
				}
			}
			tape := autograd.NewForward()
			var below *autograd.Tensor // nil: the embeddings of x
			if l > 0 {
				below = tape.Const(rows*steps, m.Config.Hidden, noise(rows*steps*m.Config.Hidden))
			}
			in := m.input(tape, l, below, x)
			fast := m.layer(tape, l, below, x, rows, steps, state)
			for r := range rows {
				for s := range steps {
					i := r*steps + s
					if x[i] == lm.BOS {
						before[r] = newRows(m.cell.states(), m.Config.Hidden)
					}
					re := affine(m.RNN.WeightHH[l], m.RNN.BiasHH[l], before[r][0])
					before[r] = m.cell.step(in.Row(i), re, before[r])[:m.cell.states()]
					require.InDeltaSlice(t, before[r][0], fast.Row(i), 1e-5,
						"layer %d, row %d, step %d", l, r, s)
				}
				for k, s := range first { // the state that is passed on
					require.InDeltaSlice(t, before[r][k], s[r*m.Config.Hidden:][:m.Config.Hidden],
						1e-5)
				}
			}
		}
	})
}
