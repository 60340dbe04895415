package lm

import (
	"fmt"
	"math"
)

// CheckLogProbs returns an error that wraps ErrNoProbability if a value is NaN or +Inf. A model
// returns such values if its training diverged. −Inf is ln 0 and valid.
func CheckLogProbs(logProbs []float64) error {
	for t, p := range logProbs {
		if math.IsNaN(p) || math.IsInf(p, 1) {
			return fmt.Errorf(
				"%w: ln P of token %d is %v; train it again with a lower learning rate",
				ErrNoProbability, t, p)
		}
	}
	return nil
}
