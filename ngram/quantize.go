package ngram

import (
	"fmt"
	"math"
	"slices"
)

// Quantize returns the model with at most 2^bits different probabilities per order above 1, numbered by a
// codebook: values next to each other share their mean (Whittaker & Raj 2001). Afterwards every history's weight is set anew, so that its probabilities still sum to
// 1, and gets weightBits more bits, which hold the sum to about a thousandth. Unigrams stay exact. The
// counts are left out, since they no longer explain the probabilities.
func (m *Model) Quantize(bits int) (*Model, error) {
	if bits < 2 || bits > 12 {
		return nil, fmt.Errorf("ngram: quantising to %d bits: want 2 to 12", bits)
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

// weightBits is how many more bits a weight gets than a probability: it is a factor of all that a history
// has not seen, so that its error adds up.
const weightBits = 4

// snap moves values to at most n of them, chosen to move them little: the means of n bins of which each
// ends half way to the next mean (Lloyd 1957), found in rounds from bins of equally many. Zero, the weight
// of a history without successors, stays.
func snap(values []float32, n int, choose func(means []float32, v float32) int) []float32 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	if len(slices.Compact(slices.Clone(sorted))) <= n {
		return values
	}
	sorted = slices.DeleteFunc(sorted, func(v float32) bool { return v == 0 || math.IsInf(float64(v), 0) })
	means := lloyd(sorted, n-2) // zero and −Inf have their own
	out := make([]float32, len(values))
	for i, v := range values {
		if out[i] = v; v != 0 && !math.IsInf(float64(v), 0) {
			out[i] = means[choose(means, v)]
		}
	}
	return out
}

// lloydRounds is more than the means of a codebook move visibly.
const lloydRounds = 30

// lloyd returns at most n means of sorted values.
func lloyd(sorted []float32, n int) []float32 {
	sums := make([]float64, len(sorted)+1)
	for i, v := range sorted {
		sums[i+1] = sums[i] + float64(v)
	}
	ends := make([]int, n) // of the bins, in sorted
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

// closest returns the index of the mean next to v.
func closest(means []float32, v float32) int {
	i, _ := slices.BinarySearch(means, v)
	if i == len(means) || i > 0 && v-means[i-1] < means[i]-v {
		return i - 1
	}
	return i
}

// safe returns the index of the mean next to a weight, or the one below where a history that gives away more
// than it has would be rounded up: γ·P(w|h′) could be more than 1.
func safe(means []float32, v float32) int {
	const slack = 4e-4 // in log10: a thousandth of a nat
	i := closest(means, v)
	if i > 0 && means[i] > 0 && means[i] > v+slack {
		return i - 1
	}
	return i
}
