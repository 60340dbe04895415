package ngram

import "fmt"

// mle is maximum likelihood, the relative frequency (Chen & Goodman 1998, eq. 1):
//
//	P(w | h) = c(h, w) / c(h)
//
// A history never seen asks the shorter one. A token never seen after a history that was has probability
// 0, so that one surprise makes the perplexity of a whole text infinite: this is why the other files exist.
type mle struct{ fixed }

func (mle) alpha(_ int, count float64, h history) float64 { return count / h.total }
func (mle) gamma(int, history) float64                    { return 0 }

func (mle) arithmetic(_ int, count float64, h history) (alpha, gamma string) {
	return fmt.Sprintf("%g / %g", count, h.total), ""
}
