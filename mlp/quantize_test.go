package mlp

import (
	"testing"

	"lmzoo/lm/lmtest"
	"lmzoo/nn/nntest"
)

func TestQuantizedModel(t *testing.T) {
	for _, direct := range []bool{false, true} {
		m := loud(t, Config{VocabSize: 9, Context: 3, NEmbd: 5, Hidden: 18, Direct: direct})
		nntest.CheckQuantized(t, m, func(tol float64) { lmtest.Check(t, m, tol, 0, 1, 2, 4, 30) })
	}
}
