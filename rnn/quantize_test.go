package rnn

import (
	"testing"

	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

func TestQuantizedModel(t *testing.T) {
	eachCell(t, func(t *testing.T, cell string) {
		m := loud(t, small(cell))
		nntest.CheckQuantized(t, m, func(tol float64) {
			lmtest.Check(t, m, tol, 0, 1, 2, 17, 64, 65)
		})
	})
}
