package ngram

import "fmt"

// wittenBell estimates the probability that the next token is new after a history from the number
// of times that a token was new there, which is the number of different tokens (Witten & Bell 1991,
// method C; Chen & Goodman 1998, eq. 17):
//
//	P(w | h) = (c(h, w) + N1+(h ·) P(w | h′)) / (c(h) + N1+(h ·))
type wittenBell struct{ fixed }

func (wittenBell) alpha(_ int, count float64, h history) float64 {
	return count / (h.total +
		h.types)
}

func (wittenBell) gamma(_ int, h history) float64 { return h.types / (h.total + h.types) }

func (wittenBell) arithmetic(_ int, count float64, h history) (alpha, gamma string) {
	return fmt.Sprintf("%g / (%g + %g)", count, h.total, h.types), fmt.Sprintf("%g / (%g + %g)",
		h.types, h.total, h.types)
}
