package task

import (
	"fmt"
	"math"
)

// Probe is a linear classifier of hidden vectors (Alain & Bengio 2017): it measures which
// information the vectors of a model make linearly available. The vectors are standardized, so that
// the same penalty suits all layers.
type Probe struct {
	classes     int
	mean, scale []float64 // of each channel, over the training vectors
	weights     []float64 // [channel][class]; the last channel is the bias
}

// TrainProbe fits a probe to vectors [n][C] with labels 0 … classes−1 by logistic regression with
// an L2 penalty. The minimum is unique.
func TrainProbe(vectors [][]float32, labels []int, classes int, penalty float64) (*Probe, error) {
	if len(vectors) == 0 || len(vectors) != len(labels) {
		return nil, fmt.Errorf("probe of %d vectors with %d labels; want one label for each vector",
			len(vectors), len(labels))
	}
	p := &Probe{classes: classes}
	p.standardize(vectors)
	problem := &logisticProblem{
		classes: classes, penalty: penalty, bias: len(p.mean), labels: labels,
	}
	for _, v := range vectors {
		problem.rows = append(problem.rows, p.row(v))
	}
	var err error
	p.weights, err = problem.minimize()
	return p, err
}

// standardize measures the mean and the standard deviation of each channel.
func (p *Probe) standardize(vectors [][]float32) {
	n := float64(len(vectors))
	p.mean, p.scale = make([]float64, len(vectors[0])), make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for c, x := range v {
			p.mean[c] += float64(x) / n
		}
	}
	for _, v := range vectors {
		for c, x := range v {
			d := float64(x) - p.mean[c]
			p.scale[c] += d * d / n
		}
	}
	for c, variance := range p.scale {
		p.scale[c] = 0 // a constant channel
		if variance > 1e-12 {
			p.scale[c] = 1 / math.Sqrt(variance)
		}
	}
}

// row returns the standardized channels and the bias.
func (p *Probe) row(v []float32) []entry {
	row := make([]entry, 0, len(v)+1)
	for c, x := range v {
		row = append(row, entry{c, (float64(x) - p.mean[c]) * p.scale[c]})
	}
	return append(row, entry{len(v), 1})
}

// Accuracy returns the fraction of vectors whose most probable class is their label.
func (p *Probe) Accuracy(vectors [][]float32, labels []int) float64 {
	right, z := 0, make([]float64, p.classes)
	for i, v := range vectors {
		logits(z, p.row(v), p.weights)
		best := 0
		for c := range z {
			if z[c] > z[best] {
				best = c
			}
		}
		if best == labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(vectors))
}
