package ngram

import (
	"fmt"
	"math"
	"strings"
)

// rule is a smoothing: α and γ of P(w|h) = α(h, w) + γ(h)·P(w|h′) for the n-grams of an order. α is
// used only for tokens that were seen after h.
type rule interface {
	// continuation reports whether the lower orders count left neighbours instead of occurrences.
	continuation() bool
	// fit estimates the parameters of an order from its counts of counts. A note reports a
	// fallback.
	fit(order int, t [5]int) (note string)
	// discounts returns the fitted discounts by order.
	discounts() [][]float64
	// restore sets the discounts that discounts returned.
	restore([][]float64)
	alpha(order int, count float64, h history) float64
	gamma(order int, h history) float64
	// arithmetic returns the formulas of alpha and gamma with their numbers, or "".
	arithmetic(order int, count float64, h history) (alpha, gamma string)
}

// history summarises the counts after one history.
type history struct {
	total float64 // Σ_w c(h, w)
	types float64 // N1+(h ·): number of different successors
	// n[1], n[2] and n[3] are the numbers of successors counted once, twice, and three times or
	// more
	n     [4]float64
	vocab float64 // V
	whole bool    // the history has full length: n−1 tokens, or back to <s>
}

// add adds the count of one successor.
func (h *history) add(count uint32) {
	h.total += float64(count)
	h.types++
	h.n[min(count, 3)]++
}

// Smoothings lists the names of the smoothings in historical order.
var Smoothings = []string{"mle", "add-k", "witten-bell", "absolute", "kneser-ney",
	"modified-kneser-ney", "stupid-backoff"}

// fixed is the common part of rules that fit nothing and count occurrences.
type fixed struct{}

func (fixed) continuation() bool     { return false }
func (fixed) fit(int, [5]int) string { return "" }
func (fixed) discounts() [][]float64 { return nil }
func (fixed) restore([][]float64)    {}

// newRule returns the smoothing with the name in cfg.
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
	return nil, fmt.Errorf("ngram: unknown smoothing %q; want one of %s", cfg.Smoothing,
		strings.Join(Smoothings, ", "))
}

// log10 returns log10 p in float32, the unit of ARPA and the precision of KenLM.
func log10(p float64) float32 { return float32(math.Log10(p)) }
