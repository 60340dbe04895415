package task

import (
	"fmt"
	"math"
	"slices"

	"lmzoo/eval"
)

// Score holds the results of a classifier on a set.
type Score struct {
	Classes                             []string
	Confusion                           [][]int // [label][prediction]
	Nats                                float64 // −ln P of all labels
	Accuracy, AccuracyLow, AccuracyHigh float64 // with 95 % bootstrap intervals
	MacroF1, MacroF1Low, MacroF1High    float64

	Labels, Predictions []int // of each example
}

// Evaluate classifies every example of s. The prediction is the most probable class, or the first
// of several equally probable classes. The seed is the seed of the bootstrap.
func Evaluate(c Classifier, s *Set, seed uint64) (*Score, error) {
	if len(s.Examples) == 0 {
		return nil, fmt.Errorf("evaluating: the set has no examples")
	}
	test, err := s.Under(c.Classes())
	if err != nil {
		return nil, fmt.Errorf("evaluating: %w", err)
	}
	score := &Score{Classes: test.Classes}
	probs := make([]float64, len(test.Classes))
	for i, e := range test.Examples {
		probs = c.LogProbs(probs, e)
		label := test.Index(e.Label)
		if slices.ContainsFunc(probs, math.IsNaN) {
			return nil, fmt.Errorf("evaluating: %s: the classifier returned NaN as a "+
				"probability; was it trained until it converged?", place(e, i))
		}
		score.Nats -= probs[label]
		score.Labels = append(score.Labels, label)
		score.Predictions = append(score.Predictions, argmax(probs))
	}
	score.summarize(seed)
	return score, nil
}

func argmax(x []float64) int {
	best := 0
	for i := range x {
		if x[i] > x[best] {
			best = i
		}
	}
	return best
}

// summarize computes all fields that follow from Labels and Predictions.
func (s *Score) summarize(seed uint64) {
	n := len(s.Labels)
	s.Confusion = s.confusion(func(i int) int { return i })
	s.Accuracy, s.MacroF1 = accuracyOf(s.Confusion), macroF1(s.Confusion)
	resampled := func(statistic func([][]int) float64) (low, high float64) {
		return eval.Bootstrap(n, seed, func(draw func() int) float64 {
			return statistic(s.confusion(func(int) int { return draw() }))
		})
	}
	s.AccuracyLow, s.AccuracyHigh = resampled(accuracyOf)
	s.MacroF1Low, s.MacroF1High = resampled(macroF1)
}

// confusion counts len(s.Labels) examples; choose selects the i-th example.
func (s *Score) confusion(choose func(i int) int) [][]int {
	m := make([][]int, len(s.Classes))
	for i := range m {
		m[i] = make([]int, len(s.Classes))
	}
	for i := range s.Labels {
		j := choose(i)
		m[s.Labels[j]][s.Predictions[j]]++
	}
	return m
}

func accuracyOf(confusion [][]int) float64 {
	right, n := 0, 0
	for i, row := range confusion {
		right += row[i]
		for _, k := range row {
			n += k
		}
	}
	return float64(right) / float64(n)
}

// macroF1 is the mean of the classes' F1 = 2·right / (labels + predictions) (van Rijsbergen 1979),
// over the classes that occur among labels or predictions.
func macroF1(confusion [][]int) float64 {
	sum, classes := 0.0, 0
	for c := range confusion {
		labels, predictions := 0, 0
		for k := range confusion {
			labels += confusion[c][k]
			predictions += confusion[k][c]
		}
		if labels+predictions > 0 {
			sum += 2 * float64(confusion[c][c]) / float64(labels+predictions)
			classes++
		}
	}
	return sum / float64(classes)
}

// NatsPerExample is the mean −ln P of the labels, the cross-entropy.
func (s *Score) NatsPerExample() float64 { return s.Nats / float64(len(s.Labels)) }

// Difference is the accuracy of a classifier minus the accuracy of another on the same examples.
type Difference struct {
	Delta float64 `json:"delta"`
	Low   float64 `json:"low"` // 95 % interval of Delta
	High  float64 `json:"high"`
	Tie   bool    `json:"tie"` // the interval contains 0
	// number of examples that only the first classifies correctly
	OnlyFirst int `json:"only_first"`
	OnlyOther int `json:"only_other"`
}

// Paired compares two scores on the same examples by the paired bootstrap. It draws an example for
// both classifiers together, so that only examples on which they disagree affect the width of the
// interval.
func Paired(a, b *Score, seed uint64) (Difference, error) {
	if !slices.Equal(a.Classes, b.Classes) || !slices.Equal(a.Labels, b.Labels) {
		return Difference{}, fmt.Errorf("comparing two classifiers: they were evaluated on "+
			"different examples (%d and %d); want the same set", len(a.Labels), len(b.Labels))
	}
	var d Difference
	ahead := make([]int, len(a.Labels)) // 1: only a is correct, −1: only b is
	for i, label := range a.Labels {
		switch first, other := a.Predictions[i] == label, b.Predictions[i] == label; {
		case first && !other:
			ahead[i] = 1
			d.OnlyFirst++
		case other && !first:
			ahead[i] = -1
			d.OnlyOther++
		}
	}
	n := float64(len(ahead))
	d.Delta = float64(d.OnlyFirst-d.OnlyOther) / n
	d.Low, d.High = eval.Bootstrap(len(ahead), seed, func(draw func() int) float64 {
		sum := 0
		for range ahead {
			sum += ahead[draw()]
		}
		return float64(sum) / n
	})
	d.Tie = !(d.Low > 0 || d.High < 0)
	return d, nil
}
