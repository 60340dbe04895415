package main

import (
	"math"
	"slices"
)

// sparkline is a curve in one row of characters (Tufte, Beautiful Evidence, 2006). However many values there are, it keeps
// no more than a few means of equally many neighbours.
type sparkline struct {
	means []float64
	per   int     // values that make a mean
	sum   float64 // of those that make no mean yet
	count int
}

const maxMeans = 64

var sparks = []rune("▁▂▃▄▅▆▇█")

// add takes one more value; one that is not finite is left out.
func (s *sparkline) add(x float64) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return
	}
	s.sum, s.count = s.sum+x, s.count+1
	if s.count < max(s.per, 1) {
		return
	}
	s.means = append(s.means, s.sum/float64(s.count))
	s.sum, s.count = 0, 0
	if len(s.means) < maxMeans {
		return
	}
	for i := range maxMeans / 2 {
		s.means[i] = (s.means[2*i] + s.means[2*i+1]) / 2
	}
	s.means, s.per = s.means[:maxMeans/2], 2*max(s.per, 1)
}

// last is the mean of the last values, which jumps less than they do.
func (s *sparkline) last() float64 {
	switch n := len(s.means); {
	case n > 0:
		return s.means[n-1]
	case s.count > 0:
		return s.sum / float64(s.count)
	}
	return math.NaN()
}

// draw is the curve in at most width characters. Its scale is logarithmic: a loss falls fast at first, and what
// comes after would be a flat line.
func (s *sparkline) draw(width int) string {
	n := min(width, len(s.means))
	if n < 2 {
		return ""
	}
	groups := make([]float64, n)
	for i := range groups {
		from, to := i*len(s.means)/n, (i+1)*len(s.means)/n
		for _, x := range s.means[from:to] {
			groups[i] += x / float64(to-from)
		}
	}
	low, high := math.Log(slices.Min(groups)), math.Log(slices.Max(groups))
	curve := make([]rune, n)
	for i, x := range groups {
		part := (math.Log(x) - low) / (high - low)
		if math.IsNaN(part) { // a flat curve, or no logarithm
			part = 0
		}
		curve[i] = sparks[int(min(max(part, 0), 1)*float64(len(sparks)-1)+0.5)]
	}
	return string(curve)
}
