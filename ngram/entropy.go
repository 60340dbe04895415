package ngram

import (
	"fmt"
	"math"
)

// PruneEntropy returns the model without the n-grams whose removal raises the perplexity by less
// than the factor 1 + threshold (Stolcke 1998, "Entropy-based Pruning of Backoff Language Models",
// eq. 3). Backing off instead of P(w|h) costs, in relative entropy,
//
//	D = −P(h) { P(w|h) [ln P(w|h′) + ln γ′(h) − ln P(w|h)]
//	            + (ln γ′(h) − ln γ(h)) (1 − Σ_seen P(v|h)) }
//
// where γ′(h) is the weight of h without w. P(h) is the probability of the history: its relative
// frequency if the model has counts, because the lower orders of Kneser-Ney are not marginals
// (Chelba et al. 2010), and otherwise the model's own probability, as in the paper. The histories
// and suffixes of the remaining n-grams stay.
func (m *Model) PruneEntropy(threshold float64) (*Model, error) {
	if !(threshold >= 0) || math.IsInf(threshold, 1) {
		return nil, fmt.Errorf("ngram: pruning threshold %g; want a small positive number such "+
			"as 1e-8", threshold)
	}
	own, lower, _ := m.sums()
	keep := make([][]bool, m.Order)
	for k := range keep {
		keep[k] = make([]bool, m.Grams[k])
	}
	met := m.met()
	type link struct{ index, history, suffix uint32 }
	links := make([][]link, m.Order)
	m.visit(func(g gram) {
		k := g.order - 1
		if divergence(g, own[k][g.history], lower[k][g.history], met(g)) >= math.Log1p(threshold) {
			keep[k][g.index] = true
		}
		links[k] = append(links[k], link{g.index, g.history, g.suffix})
	})
	for k := m.Order - 1; k > 1; k-- {
		for _, l := range links[k] {
			if keep[k][l.index] {
				keep[k-1][l.history] = true
				if l.suffix != none {
					keep[k-1][l.suffix] = true
				}
			}
		}
	}
	h := m.kept()
	h.Entropy = max(h.Entropy, threshold)
	pruned := m.unpack().filter(func(k int, i uint32) bool { return keep[k][i] }).pack(h)
	return pruned.rebalance(), nil
}

// divergence returns D of one n-gram. own and lower are Σ_seen P(v|h) and Σ_seen P(v|h′), met is
// P(h).
func divergence(g gram, own, lower, met float64) float64 {
	p, below := math.Pow(10, g.prob), math.Pow(10, g.lower)
	old := float64(weight(own, lower)) * math.Ln10
	changed := float64(weight(own-p, lower-below)) * math.Ln10
	return -met * (p*(g.lower*math.Ln10+changed-g.prob*math.Ln10) + (changed-old)*max(1-own, 0))
}

// met returns a function that computes P(h) for the history of an n-gram.
func (m *Model) met() func(g gram) float64 {
	if len(m.counts) == 0 {
		return func(g gram) float64 { return math.Pow(10, g.before) }
	}
	raw, total := make([][]uint32, m.Order-1), 0.0
	for k := range raw {
		raw[k] = make([]uint32, m.Grams[k])
		m.counts[k].scan(0, uint32(m.Grams[k]), func(i, occurs, _ uint32) {
			raw[k][i] = occurs // the count of </s>, which is that of <s>
			if k == 0 {
				total += float64(occurs)
			}
		})
	}
	return func(g gram) float64 { return float64(raw[g.order-2][g.history]) / total }
}
