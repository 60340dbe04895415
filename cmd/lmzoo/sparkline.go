package main

import (
	"math"
	"slices"
)

// sparkline is a curve in one row of characters (Tufte, Beautiful Evidence, 2006). It keeps a
// bounded number of means, each over the same number of neighbouring values.
type sparkline struct {
	means []float64
	per   int     // values per mean
	sum   float64 // sum of the values not yet averaged
	count int
}

const maxMeans = 64

var sparks = []rune("▁▂▃▄▅▆▇█")

// add appends a value and ignores one that is not finite.
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

// last returns the mean of the latest values, which is smoother than the values themselves.
func (s *sparkline) last() float64 {
	switch n := len(s.means); {
	case n > 0:
		return s.means[n-1]
	case s.count > 0:
		return s.sum / float64(s.count)
	}
	return math.NaN()
}

// draw returns the curve in at most width characters, on a logarithmic scale: a loss falls fast at
// first, and on a linear scale the rest would be a flat line.
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
		if math.IsNaN(part) { // a flat curve, or a value without a logarithm
			part = 0
		}
		curve[i] = sparks[int(min(max(part, 0), 1)*float64(len(sparks)-1)+0.5)]
	}
	return string(curve)
}
