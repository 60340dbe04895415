package eval

import (
	"encoding/json"
	"math"
)

// Number is a float64 whose JSON form is null for an infinity and is omitted for NaN (with
// omitzero).
type Number float64

// IsZero reports whether n is NaN.
func (n Number) IsZero() bool { return math.IsNaN(float64(n)) }

// MarshalJSON writes null for infinities and NaN.
func (n Number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(n)) || math.IsInf(float64(n), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as +Inf.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.Inf(1))
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
