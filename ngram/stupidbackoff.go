package ngram

import "fmt"

// stupidBackoff scores a token by its relative frequency after the longest history that it was seen
// with, times 0.4 for each token dropped from the history (Brants et al. 2007, eq. 5):
//
//	S(w | h) = c(h, w) / c(h)  if c(h, w) > 0,  else 0.4 · S(w | h′)
//
// with S = 0.4/V for a token never seen. S is not a probability, because the scores of a history
// sum to Z(h) > 1; P(w | h) = S(w | h) / Z(h) is. Training computes Z(h) = 1 + 0.4 · (Z(h′) −
// Σ_seen S(w | h′)), and the trie stores P(w | h) and the backoff weight 0.4 · Z(h′) / Z(h), so
// that normalization costs nothing when scoring.
type stupidBackoff struct{ fixed }

// stupid is the penalty for dropping a token of history.
const stupid = 0.4

func (stupidBackoff) alpha(_ int, count float64, h history) float64 { return count / h.total }
func (stupidBackoff) gamma(int, history) float64                    { return stupid }

func (stupidBackoff) arithmetic(_ int, count float64, h history) (alpha, gamma string) {
	return fmt.Sprintf("%g / %g", count, h.total), fmt.Sprint(stupid)
}
