package ngram

import "fmt"

// addK adds k to the count of every token after every history (Lidstone 1920; k = 1 is Laplace
// 1814; Chen & Goodman 1998, eq. 2):
//
//	P(w | h) = (c(h, w) + k) / (c(h) + kV)
//
// This mixes the relative frequency with the uniform distribution: γ(h) = kV / (c(h) + kV). Shorter
// histories contribute nothing: γ is 1 for a history that is not whole, so the recursion falls
// through to 1/V.
type addK struct {
	fixed
	k float64
}

func (a addK) alpha(_ int, count float64, h history) float64 {
	if !h.whole {
		return 0
	}
	return count / (h.total + a.k*h.vocab)
}

func (a addK) gamma(_ int, h history) float64 {
	if !h.whole {
		return 1
	}
	return a.k * h.vocab / (h.total + a.k*h.vocab)
}

func (a addK) arithmetic(_ int, count float64, h history) (alpha, gamma string) {
	if !h.whole {
		return "", ""
	}
	return fmt.Sprintf("%g / (%g + %g·%g)", count, h.total, a.k, h.vocab),
		fmt.Sprintf("%g·%g / (%g + %g·%g)", a.k, h.vocab, h.total, a.k, h.vocab)
}
