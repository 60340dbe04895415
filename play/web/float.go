package web

import (
	"math"
	"strconv"
)

// Float is a number for display: its JSON has at most three decimals, and 0 for NaN and infinity.
type Float float32

// MarshalJSON implements json.Marshaler.
func (f Float) MarshalJSON() ([]byte, error) {
	x := math.Round(float64(f)*1000) / 1000
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte{'0'}, nil
	}
	return strconv.AppendFloat(nil, x, 'f', -1, 64), nil
}
