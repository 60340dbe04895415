package zoo

import "fmt"

// Misuse is the error of whoever asked for what cannot be had, such as a setting without sense, and not of what was tried.
type Misuse struct{ error }

// Unwrap returns what is wrong.
func (m Misuse) Unwrap() error { return m.error }

// check says what of c cannot be had, before anything is counted.
func (c *countConfig) check() error {
	if err := c.Check(); err != nil {
		return Misuse{err}
	}
	if c.Quantize != 0 && (c.Quantize < minBits || c.Quantize > maxBits) {
		return Misuse{fmt.Errorf("quantize is %d; expected %d to %d bits, or 0 for probabilities as they are", c.Quantize, minBits, maxBits)}
	}
	return nil
}

// The bits that ngram's Quantize can give a probability.
const (
	minBits = 2
	maxBits = 12
)
