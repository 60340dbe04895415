package ngram

import "slices"

// estimate applies a rule to every n-gram, shortest first, because each order builds on the next
// lower order. It returns log10 P per n-gram and log10 γ per history, the columns of an ARPA file.
func estimate(levels []level, r rule, cfg Config, keep func(k int, i uint32) bool) (prob,
	backoff [][]float32) {
	e := estimator{levels: levels, rule: r, cfg: cfg, keep: keep,
		prob: make([][]float32, len(levels)), backoff: make([][]float32, len(levels))}
	_, e.backsOff = r.(stupidBackoff)
	below, z := e.unigrams()
	for k := 1; k < len(levels); k++ {
		below, z = e.order(k, below, z)
		levels[k].suffix = nil // no longer needed
	}
	return e.prob, e.backoff
}

// estimator applies a rule to the orders in turn.
type estimator struct {
	levels   []level
	rule     rule
	cfg      Config
	keep     func(k int, i uint32) bool
	backsOff bool // only unseen tokens use the shorter history, and Z normalizes

	prob, backoff [][]float32 // the result
}

// unigrams estimates the unigrams, which are the end of the recursion: the empty history, backed by
// the uniform distribution.
func (e *estimator) unigrams() (p []float64, z []float64) {
	count := e.levels[0].count
	h := e.totals(count, e.cfg.Order == 1)
	uniform := 1 / h.vocab
	gamma, sum := 1.0, 0.0
	if h.total > 0 {
		gamma = e.rule.gamma(1, h)
	}
	p = make([]float64, len(count))
	for w, c := range count {
		alpha := 0.0
		if c > 0 {
			alpha = e.rule.alpha(1, float64(c), h)
		}
		if p[w] = alpha; c == 0 || !e.backsOff {
			p[w] += gamma * uniform
		}
		sum += p[w]
	}
	if e.backsOff {
		for w := range p {
			p[w] /= sum
		}
	}
	e.prob[0] = make([]float32, len(p))
	for w := range p {
		e.prob[0][w] = log10(p[w])
	}
	if !e.backsOff {
		return p, nil
	}
	z = make([]float64, len(p))
	for w := range z {
		z[w] = sum // the shorter history of every bigram's history is the empty one
	}
	return p, z
}

// totals sums the counts of the successors of a history.
func (e *estimator) totals(count []uint32, whole bool) history {
	h := history{vocab: float64(e.cfg.Vocab), whole: whole}
	for _, c := range count {
		if c > 0 {
			h.add(c)
		}
	}
	return h
}

// order estimates the n-grams of level k, whose histories are the n-grams of level k−1. below is P
// of the n-grams of level k−1; z[i] is Z(h′) of history i for a rule that backs off. It returns
// both values for the next order, if there is one: P in full precision is held for only two orders
// at a time.
func (e *estimator) order(k int, below, z []float64) (p, norm []float64) {
	from, to := &e.levels[k-1], &e.levels[k]
	last := k == len(e.levels)-1
	e.prob[k], e.backoff[k-1] = make([]float32, len(to.raw)), make([]float32, len(from.raw))
	if !last {
		p = make([]float64, len(to.raw))
	}
	var own []float64
	if e.backsOff {
		own = make([]float64, len(from.raw)) // Z of each history
	}
	opening := e.opening(k - 1)
	pieces := cut(len(from.raw))
	parallel(len(pieces), func(i int) {
		var row []float64 // P of the successors of one history
		for x := pieces[i].lo; x < pieces[i].hi; x++ {
			lo, hi := from.child[x], from.child[x+1]
			if e.backsOff {
				own[x] = z[x]
			}
			if lo == hi {
				continue // log10 γ is 0
			}
			h := e.totals(to.count[lo:hi], last || x < opening)
			row = slices.Grow(row[:0], int(hi-lo))[:hi-lo]
			gamma := 0.0
			if e.backsOff {
				own[x], gamma = e.backOff(k, lo, h, row, below, z[x])
			} else {
				gamma = e.interpolate(k, lo, h, row, below)
			}
			e.backoff[k-1][x] = log10(gamma)
			for j, v := range row {
				e.prob[k][int(lo)+j] = log10(v)
			}
			if !last {
				copy(p[lo:hi], row)
			}
		}
	})
	if e.backsOff && !last {
		norm = make([]float64, len(to.raw))
		for i, s := range to.suffix {
			norm[i] = own[s]
		}
	}
	return p, norm
}

// interpolate sets p = α + γ P(w|h′) for the successors of one history, which begin at lo, and
// returns γ. The α of pruned n-grams goes to γ, so that the sum remains 1.
func (e *estimator) interpolate(k int, lo uint32, h history, p, below []float64) float64 {
	to := &e.levels[k]
	gamma := e.rule.gamma(k+1, h)
	for j := range p {
		i := lo + uint32(j)
		p[j] = e.rule.alpha(k+1, float64(to.count[i]), h)
		if !e.keep(k, i) {
			gamma += p[j]
		}
	}
	for j := range p {
		p[j] += gamma * below[to.suffix[lo+uint32(j)]]
	}
	return gamma
}

// backOff sets p = S/Z for the successors of one history, which begin at lo, and returns Z(h) and
// γ Z(h′)/Z(h).
func (e *estimator) backOff(k int, lo uint32, h history, p, below []float64, zBelow float64) (z,
	backoff float64) {
	to := &e.levels[k]
	gamma := e.rule.gamma(k+1, h)
	seen, rest := 0.0, 1.0
	for j := range p {
		i := lo + uint32(j)
		p[j] = e.rule.alpha(k+1, float64(to.count[i]), h)
		if e.keep(k, i) {
			seen += p[j]
			rest -= below[to.suffix[i]]
		}
	}
	z = seen + gamma*zBelow*max(rest, 0)
	for j := range p {
		p[j] /= z
	}
	return z, gamma * zBelow / z
}

// opening returns the number of n-grams of level k that begin with <s>; they come first.
func (e *estimator) opening(k int) int {
	n := uint32(1)
	for _, l := range e.levels[:k] {
		n = l.child[n]
	}
	return int(n)
}
