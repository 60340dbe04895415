package task

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// Logistic is multinomial logistic regression on counts of words, or of words and bigrams. It is
// the strongest of the simple bag-of-words classifiers.
type Logistic struct {
	classes []string
	order   int
	ids     map[string]int // feature to index
	weights []float64      // [feature][class]; the last feature is the bias
}

// TrainLogistic minimizes Σ −ln P(label | text) + ½ penalty Σ w², without a penalty on the biases,
// until the largest component of the gradient is below 1e-6. The minimum is unique, so the result
// does not depend on a seed.
func TrainLogistic(s *Set, order int, penalty float64) (*Logistic, error) {
	if err := s.CheckTraining(); err != nil {
		return nil, err
	}
	if !(penalty > 0) {
		return nil, fmt.Errorf("logistic regression: the penalty is %g; want a positive number, "+
			"because without one, separable classes have no minimum", penalty)
	}
	m := &Logistic{classes: s.Classes, order: order, ids: map[string]int{}}
	for _, e := range s.Examples {
		for f := range wordGrams(e, order) {
			if _, ok := m.ids[f]; !ok {
				m.ids[f] = len(m.ids)
			}
		}
	}
	problem := &logisticProblem{classes: len(s.Classes), penalty: penalty, bias: len(m.ids)}
	for _, e := range s.Examples {
		problem.rows = append(problem.rows, m.count(e))
		problem.labels = append(problem.labels, s.Index(e.Label))
	}
	var err error
	if m.weights, err = problem.minimize(); err != nil {
		return nil, err
	}
	return m, nil
}

// minimize returns the weights of the minimum, by L-BFGS (Liu & Nocedal 1989).
func (p *logisticProblem) minimize() ([]float64, error) {
	start := make([]float64, (p.bias+1)*p.classes)
	settings := optimize.Settings{GradientThreshold: 1e-6, MajorIterations: 10_000}
	result, err := optimize.Minimize(optimize.Problem{
		Func: func(w []float64) float64 { return p.loss(nil, w) },
		Grad: func(grad, w []float64) { p.loss(grad, w) },
	}, start, &settings, &optimize.LBFGS{Store: 30})
	if err != nil && result == nil {
		return nil, fmt.Errorf("logistic regression: %w", err)
	}
	grad := make([]float64, len(start))
	p.loss(grad, result.X)
	for _, g := range grad {
		if !(math.Abs(g) < 1e-3) { // rounding may stop L-BFGS before its threshold
			return nil, fmt.Errorf("logistic regression did not converge: %v, gradient %g",
				result.Status, g)
		}
	}
	return result.X, nil
}

// entry is a feature that occurs in a text, and its count.
type entry struct {
	feature int
	count   float64
}

// count returns the known features of an example in order of their first occurrence, so that sums
// have the same bits in every run.
func (m *Logistic) count(e Example) (row []entry) {
	at := map[int]int{}
	for f := range wordGrams(e, m.order) {
		id, ok := m.ids[f]
		if !ok {
			continue
		}
		if i, ok := at[id]; ok {
			row[i].count++
			continue
		}
		at[id] = len(row)
		row = append(row, entry{id, 1})
	}
	return append(row, entry{len(m.ids), 1}) // the bias
}

// logisticProblem is the objective function of TrainLogistic.
type logisticProblem struct {
	classes, bias int
	penalty       float64
	rows          [][]entry
	labels        []int
}

// loss returns the objective at w and, if grad is not nil, stores its gradient.
func (p *logisticProblem) loss(grad, w []float64) float64 {
	clear(grad)
	loss, z := 0.0, make([]float64, p.classes)
	for i, row := range p.rows {
		logits(z, row, w)
		normalize(z)
		loss -= z[p.labels[i]]
		if grad == nil {
			continue
		}
		for c := range z {
			d := math.Exp(z[c])
			if c == p.labels[i] {
				d--
			}
			for _, e := range row {
				grad[e.feature*p.classes+c] += d * e.count
			}
		}
	}
	for i := range p.bias * p.classes {
		loss += p.penalty / 2 * w[i] * w[i]
		if grad != nil {
			grad[i] += p.penalty * w[i]
		}
	}
	return loss
}

// logits stores the score of each class before softmax.
func logits(z []float64, row []entry, w []float64) {
	clear(z)
	for _, e := range row {
		for c := range z {
			z[c] += e.count * w[e.feature*len(z)+c]
		}
	}
}

// Classes returns the classes of the training set.
func (m *Logistic) Classes() []string { return m.classes }

// LogProbs computes the logarithm of the softmax. It ignores features that do not occur in the
// training texts.
func (m *Logistic) LogProbs(dst []float64, e Example) []float64 {
	dst = grow(dst, len(m.classes))
	logits(dst, m.count(e), m.weights)
	normalize(dst)
	return dst
}
