package ngram

import (
	"fmt"
	"slices"
)

// Quantize returns the model with at most 2^bits different probabilities per order above 1, numbered by a
// codebook: values next to each other share their mean, equally many each (Whittaker & Raj 2001; Federico
// & Bertoldi 2006). Afterwards every history's weight is set anew, so that its probabilities still sum to
// 1, and gets weightBits more bits, which hold the sum to about a thousandth. Unigrams stay exact.
func (m *Model) Quantize(bits int) (*Model, error) {
	if bits < 2 || bits > 12 {
		return nil, fmt.Errorf("ngram: quantising to %d bits: want 2 to 12", bits)
	}
	h := m.kept()
	h.Quantized = bits
	g := m.unpack()
	for k := 1; k < g.order; k++ {
		g.prob[k] = snap(g.prob[k], 1<<bits)
	}
	g = g.pack(h).rebalance().unpack()
	for k := 1; k+1 < g.order; k++ {
		g.backoff[k] = snap(g.backoff[k], 1<<(bits+weightBits))
	}
	return g.pack(h), nil
}

// weightBits is how many more bits a weight gets than a probability: it is a factor of all that a history
// has not seen, so that its error adds up.
const weightBits = 4

// snap moves values to at most n of them. Zero, the weight of a history without successors, stays.
func snap(values []float32, n int) []float32 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	if len(slices.Compact(slices.Clone(sorted))) <= n {
		return values
	}
	sorted = slices.DeleteFunc(sorted, func(v float32) bool { return v == 0 })
	n-- // zero's
	upper, mean := make([]float32, 0, n), make([]float32, 0, n)
	for bin := range n {
		part := sorted[bin*len(sorted)/n : (bin+1)*len(sorted)/n]
		if len(part) == 0 || len(upper) > 0 && part[len(part)-1] == upper[len(upper)-1] {
			continue
		}
		sum := 0.0
		for _, v := range part {
			sum += float64(v)
		}
		upper, mean = append(upper, part[len(part)-1]), append(mean, float32(sum/float64(len(part))))
	}
	out := make([]float32, len(values))
	for i, v := range values {
		if v != 0 {
			bin, _ := slices.BinarySearch(upper, v)
			out[i] = mean[bin]
		}
	}
	return out
}
