package ngram

import (
	"fmt"
	"math"
	"slices"
)

// Quantize returns the model with at most 2^bits different probabilities per order above 1, indexed
// by a codebook: adjacent values share their mean (Whittaker & Raj 2001). The weight of every
// history is then recomputed, so that its probabilities sum to 1 again, and stored with weightBits
// more bits, which keep the sum to about a thousandth. Unigrams stay exact. The counts are dropped,
// because they no longer explain the probabilities.
func (m *Model) Quantize(bits int) (*Model, error) {
	if bits < 2 || bits > 12 {
		return nil, fmt.Errorf("ngram: quantizing to %d bits; want 2 to 12", bits)
	}
	h := m.kept()
	h.Quantized, h.NoCounts = bits, true
	g := m.unpack()
	g.raw, g.count = nil, nil
	for k := 1; k < g.order; k++ {
		g.prob[k] = snap(g.prob[k], 1<<bits, closest)
	}
	g = g.pack(h).rebalance().unpack()
	for k := 1; k+1 < g.order; k++ {
		g.backoff[k] = snap(g.backoff[k], 1<<(bits+weightBits), safe)
	}
	return g.pack(h), nil
}

// weightBits is the number of bits that a weight has in addition to those of a probability. A
// weight needs more precision, because it multiplies the probabilities of all unseen tokens of a
// history.
const weightBits = 4

// snap maps values to at most n different values close to them: the means of bins whose ends are
// half way between means (Lloyd 1957), refined in rounds from bins of equal size. Zero, the weight
// of a history without successors, remains zero.
func snap(values []float32, n int, choose func(means []float32, v float32) int) []float32 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	if len(slices.Compact(slices.Clone(sorted))) <= n {
		return values
	}
	sorted = slices.DeleteFunc(sorted, func(v float32) bool {
		return v == 0 ||
			math.IsInf(float64(v), 0)
	})
	means := lloyd(sorted, n-2) // zero and −Inf take the other two
	out := make([]float32, len(values))
	for i, v := range values {
		if out[i] = v; v != 0 && !math.IsInf(float64(v), 0) {
			out[i] = means[choose(means, v)]
		}
	}
	return out
}

// lloydRounds is enough for the means to converge.
const lloydRounds = 30

// lloyd returns at most n means of sorted values.
func lloyd(sorted []float32, n int) []float32 {
	sums := make([]float64, len(sorted)+1)
	for i, v := range sorted {
		sums[i+1] = sums[i] + float64(v)
	}
	ends := make([]int, n) // ends of the bins, in sorted
	for bin := range ends {
		ends[bin] = (bin + 1) * len(sorted) / n
	}
	var means []float32
	for range lloydRounds {
		means = means[:0]
		begin := 0
		for _, end := range ends {
			if end > begin {
				means = append(means, float32((sums[end]-sums[begin])/float64(end-begin)))
			}
			begin = end
		}
		ends = ends[:0]
		for i := range means[1:] {
			end, _ := slices.BinarySearch(sorted, (means[i]+means[i+1])/2)
			ends = append(ends, end)
		}
		ends = append(ends, len(sorted))
	}
	return means
}

// closest returns the index of the mean closest to v.
func closest(means []float32, v float32) int {
	i, _ := slices.BinarySearch(means, v)
	if i == len(means) || i > 0 && v-means[i-1] < means[i]-v {
		return i - 1
	}
	return i
}

// safe returns the index of the mean closest to a weight, or the next lower mean if rounding up a
// weight above 1 could make γ·P(w|h′) exceed 1.
func safe(means []float32, v float32) int {
	const slack = 4e-4 // in log10: about a thousandth of a nat
	i := closest(means, v)
	if i > 0 && means[i] > 0 && means[i] > v+slack {
		return i - 1
	}
	return i
}
