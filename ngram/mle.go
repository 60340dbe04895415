package ngram

import "fmt"

// mle is maximum likelihood, the relative frequency (Chen & Goodman 1998, eq. 1):
//
//	P(w | h) = c(h, w) / c(h)
//
// An unseen history backs off to the shorter history. A token that was never seen after a seen
// history has probability 0, so that a single such token makes the perplexity of a text infinite.
// The other smoothings avoid this.
type mle struct{ fixed }

func (mle) alpha(_ int, count float64, h history) float64 { return count / h.total }
func (mle) gamma(int, history) float64                    { return 0 }

func (mle) arithmetic(_ int, count float64, h history) (alpha, gamma string) {
	return fmt.Sprintf("%g / %g", count, h.total), ""
}
