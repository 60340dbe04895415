package eval

import (
	"encoding/json"
	"math"
)

// Number is a float64 that JSON can hold: NaN is left out (with omitzero), and an infinity is null.
type Number float64

// IsZero says that there is nothing to write.
func (n Number) IsZero() bool { return math.IsNaN(float64(n)) }

// MarshalJSON writes null for what JSON has no number for.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as an infinity, the only thing that was written so.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
