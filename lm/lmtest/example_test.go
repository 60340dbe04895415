package lmtest_test

import (
	"testing"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// constant gives every token the same probability, but the sum is not 1.
type constant struct{ lm.Model }

func (c constant) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	dst = c.Model.NextLogProbs(dst, context)
	for v := range dst {
		dst[v] /= 2
	}
	return dst
}

// One call tests a species and reports any promise that the model breaks.
func ExampleCheck() {
	t := &witness{TB: &testing.T{}} // in a test: t
	lmtest.Check(t, lm.Uniform(4), 1e-9)
	lmtest.Check(t, constant{lm.Uniform(4)}, 1e-9)
	t.print()
	// Output: probabilities: a document of 0 tokens: NextLogProbs after 0 tokens: probabilities sum to 2, off by more than 1e-09
}
