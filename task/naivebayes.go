package task

import "math"

// NaiveBayes is the multinomial naive Bayes classifier (McCallum & Nigam 1998, §2.2). It assumes
// that every word, or word and bigram, is drawn independently from a distribution of the class,
// which it estimates with Laplace's rule. It ignores features that do not occur in the training
// texts.
type NaiveBayes struct {
	classes []string
	order   int
	prior   []float64
	logProb map[string][]float64 // ln P(feature | class)
}

// TrainNaiveBayes counts the words of s for order 1, and words and bigrams for order 2.
func TrainNaiveBayes(s *Set, order int) (*NaiveBayes, error) {
	if err := s.CheckTraining(); err != nil {
		return nil, err
	}
	m := &NaiveBayes{classes: s.Classes, order: order, prior: s.priors(),
		logProb: map[string][]float64{}}
	totals := make([]float64, len(s.Classes))
	for _, e := range s.Examples {
		c := s.Index(e.Label)
		for f := range wordGrams(e, order) {
			counts, ok := m.logProb[f]
			if !ok {
				counts = make([]float64, len(s.Classes))
				m.logProb[f] = counts
			}
			counts[c]++
			totals[c]++
		}
	}
	size := float64(len(m.logProb))
	for _, counts := range m.logProb {
		for c, n := range counts {
			counts[c] = math.Log((n + 1) / (totals[c] + size))
		}
	}
	return m, nil
}

// Classes returns the classes of the training set.
func (m *NaiveBayes) Classes() []string { return m.classes }

// LogProbs applies Bayes' rule.
func (m *NaiveBayes) LogProbs(dst []float64, e Example) []float64 {
	dst = grow(dst, len(m.classes))
	copy(dst, m.prior)
	for f := range wordGrams(e, m.order) {
		for c, p := range m.logProb[f] {
			dst[c] += p
		}
	}
	normalize(dst)
	return dst
}
