package lmtest

import (
	"math"

	"lmzoo/lm"
)

// Die is the least model to test others with, a loaded die that remembers nothing: token v comes with probability Die[v].
type Die []float64

// Vocab is the number of faces.
func (d Die) Vocab() int { return len(d) }

// NextLogProbs is the same after anything.
func (d Die) NextLogProbs(dst []float64, _ []lm.Token) []float64 {
	dst = lm.Grow(dst, len(d))
	for v, p := range d {
		dst[v] = math.Log(p)
	}
	return dst
}
