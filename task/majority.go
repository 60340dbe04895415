package task

import "math"

// Majority predicts from the frequencies of the classes alone, without the text. Every other
// classifier should beat it.
type Majority struct {
	classes []string
	prior   []float64
}

// TrainMajority counts the classes of s.
func TrainMajority(s *Set) (*Majority, error) {
	if err := s.CheckTraining(); err != nil {
		return nil, err
	}
	return &Majority{s.Classes, s.priors()}, nil
}

// Classes returns the classes of the training set.
func (m *Majority) Classes() []string { return m.classes }

// LogProbs stores ln of each class's share of the training set.
func (m *Majority) LogProbs(dst []float64, _ Example) []float64 {
	dst = grow(dst, len(m.prior))
	copy(dst, m.prior)
	return dst
}

// priors returns ln of the classes' shares.
func (s *Set) priors() []float64 {
	prior := make([]float64, len(s.Classes))
	for c, n := range s.counts() {
		prior[c] = math.Log(float64(n) / float64(len(s.Examples)))
	}
	return prior
}

// grow returns dst[:n], or a new slice if dst is shorter.
func grow(dst []float64, n int) []float64 {
	if len(dst) < n {
		return make([]float64, n)
	}
	return dst[:n]
}

// normalize subtracts ln Σ exp x from every x.
func normalize(x []float64) {
	most := math.Inf(-1)
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - most)
	}
	for i := range x {
		x[i] -= most + math.Log(sum)
	}
}
