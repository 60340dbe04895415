package lmtest

import (
	"math"

	"lmzoo/lm"
)

// Die is the simplest model for tests, a loaded die without a memory: token v has probability
// Die[v].
type Die []float64

// Vocab returns the number of faces.
func (d Die) Vocab() int { return len(d) }

// NextLogProbs returns the same distribution after every context.
func (d Die) NextLogProbs(dst []float64, _ []lm.Token) []float64 {
	dst = lm.Grow(dst, len(d))
	for v, p := range d {
		dst[v] = math.Log(p)
	}
	return dst
}
