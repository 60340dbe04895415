package ngram

import (
	"fmt"
	"math"
	"strings"
)

// rule is a smoothing: the two halves of P(w|h) = α(h, w) + γ(h)·P(w|h′), for n-grams of an order whose
// history is h. Only tokens that were seen after h ask for α.
type rule interface {
	// continuation reports whether the lower orders count left neighbours instead of occurrences.
	continuation() bool
	// fit reads what the rule needs off the counts of counts of one order; a note says what it took instead.
	fit(order int, t [5]int) (note string)
	// discounts are what fit found, by order, for a reader.
	discounts() [][]float64
	// restore sets what fit found, from discounts.
	restore([][]float64)
	alpha(order int, count float64, h history) float64
	gamma(order int, h history) float64
	// arithmetic is alpha and gamma written out with their numbers, or "" where there is nothing to write.
	arithmetic(order int, count float64, h history) (alpha, gamma string)
}

// history is what the counts say about one history.
type history struct {
	total float64    // Σ_w c(h, w)
	types float64    // N1+(h ·): different tokens seen after it
	n     [4]float64 // n[1], n[2], n[3]: of these, how many were counted once, twice, three times or more
	vocab float64    // V
	whole bool       // the history is as long as it can be: n−1 tokens, or back to <s>
}

// add enters the count of one successor.
func (h *history) add(count uint32) {
	h.total += float64(count)
	h.types++
	h.n[min(count, 3)]++
}

// Smoothings are the names of the smoothings, in order of appearance.
var Smoothings = []string{"mle", "add-k", "witten-bell", "absolute", "kneser-ney", "modified-kneser-ney", "stupid-backoff"}

// fixed is the part of a rule that has nothing to fit and counts occurrences.
type fixed struct{}

func (fixed) continuation() bool     { return false }
func (fixed) fit(int, [5]int) string { return "" }
func (fixed) discounts() [][]float64 { return nil }
func (fixed) restore([][]float64)    {}

// newRule returns the smoothing of a name.
func newRule(cfg Config) (rule, error) {
	switch cfg.Smoothing {
	case "mle":
		return mle{}, nil
	case "add-k":
		return addK{k: cfg.K}, nil
	case "witten-bell":
		return wittenBell{}, nil
	case "absolute":
		return &absolute{discount: make([]float64, cfg.Order+1)}, nil
	case "kneser-ney":
		return &kneserNey{absolute{discount: make([]float64, cfg.Order+1)}}, nil
	case "modified-kneser-ney":
		return &modifiedKneserNey{discount: make([][4]float64, cfg.Order+1)}, nil
	case "stupid-backoff":
		return stupidBackoff{}, nil
	}
	return nil, fmt.Errorf("ngram: unknown smoothing %q: want one of %s", cfg.Smoothing, strings.Join(Smoothings, ", "))
}

// log10 as the model stores it: ARPA's unit, and KenLM's precision.
func log10(p float64) float32 { return float32(math.Log10(p)) }
