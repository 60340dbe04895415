package ngram

import (
	"fmt"
	"math"
)

// PruneEntropy returns the model without the n-grams that are hardly missed: those whose removal raises
// the perplexity by less than the factor 1 + threshold (Stolcke 1998, "Entropy-based Pruning of Backoff
// Language Models", eq. 3). Backing off instead of P(w|h) costs, in relative entropy,
//
//	D = −P(h) { P(w|h) [ln P(w|h′) + ln γ′(h) − ln P(w|h)] + (ln γ′(h) − ln γ(h)) (1 − Σ_seen P(v|h)) }
//
// where γ′(h) is the weight of h once w is gone. P(h) is how often the history is met: by its count where
// the model has its counts, since the lower orders of Kneser-Ney are no marginals (Chelba et al. 2010);
// else by the model, as in the paper. Histories and suffixes of n-grams that stay, stay.
func (m *Model) PruneEntropy(threshold float64) (*Model, error) {
	if !(threshold >= 0) || math.IsInf(threshold, 1) {
		return nil, fmt.Errorf("ngram: pruning threshold %g: want a small positive number such as 1e-8", threshold)
	}
	var own, lower [MaxOrder][]float64
	for k := 1; k < m.Order; k++ {
		own[k], lower[k] = make([]float64, m.Grams[k-1]), make([]float64, m.Grams[k-1])
	}
	m.visit(func(g gram) {
		own[g.order-1][g.history] += math.Pow(10, g.prob)
		lower[g.order-1][g.history] += math.Pow(10, g.lower)
	})
	keep := make([][]bool, m.Order)
	for k := range keep {
		keep[k] = make([]bool, m.Grams[k])
	}
	total := m.tokens()
	type link struct{ index, history, suffix uint32 }
	links := make([][]link, m.Order)
	m.visit(func(g gram) {
		k := g.order - 1
		if m.divergence(g, own[k][g.history], lower[k][g.history], total) >= math.Log1p(threshold) {
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

// divergence is D of one n-gram; own and lower are Σ_seen P(v|h) and Σ_seen P(v|h′), total the tokens of
// the training text.
func (m *Model) divergence(g gram, own, lower, total float64) float64 {
	p, below := math.Pow(10, g.prob), math.Pow(10, g.lower)
	before := math.Pow(10, g.before)
	if total > 0 {
		raw, _ := m.counts[g.order-2].at(g.history) // of <s> alone: of </s>, which is met as often
		before = float64(raw) / total
	}
	old := float64(weight(own, lower)) * math.Ln10
	changed := float64(weight(own-p, lower-below)) * math.Ln10
	return -before * (p*(g.lower*math.Ln10+changed-g.prob*math.Ln10) + (changed-old)*max(1-own, 0))
}

// tokens is the number of tokens the model was trained on, 0 if it does not know.
func (m *Model) tokens() float64 {
	sum := 0.0
	if len(m.counts) == 0 {
		return 0
	}
	for w := range uint32(m.Vocab()) {
		raw, _ := m.counts[0].at(w)
		sum += float64(raw)
	}
	return sum
}
