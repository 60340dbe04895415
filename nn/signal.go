package nn

import "math"

// Signal is a vector inside a model over time, such as a gate or a state.
type Signal struct {
	Name      string
	Low, High float64     // the range of its values; equal for a signal without bounds
	Values    [][]float32 // [T, C]
}

// Range returns the range for drawing the values. For a signal without bounds, it is symmetric and
// contains all values.
func (s Signal) Range() (low, high float64) {
	if s.Low < s.High {
		return s.Low, s.High
	}
	high = 1
	for _, row := range s.Values {
		for _, v := range row {
			high = max(high, math.Abs(float64(v)))
		}
	}
	return -high, high
}
