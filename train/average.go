package train

import (
	"lmzoo/format/safetensors"
	"lmzoo/nn"
	"lmzoo/train/optim"
)

// average is the mean of the weights over the steps of a run, kept apart from the weights that are
// trained. The run validates and saves the mean, and leaves it in the model at the end.
type average struct {
	config  Config
	params  []nn.Param
	weights [][]float32 // of every parameter; empty for a frozen one
	n       int         // steps in the average; 0: none yet
}

// newAverage returns nil if the run keeps the last weights.
func newAverage(params []nn.Param, c Config) *average {
	if c.Average == "" || c.Average == optim.NoAverage {
		return nil
	}
	a := &average{config: c, params: params}
	for _, p := range params {
		a.weights = append(a.weights, make([]float32, len(p.Grad)))
	}
	return a
}

// add adds the weights after a step.
func (a *average) add(progress float64) {
	if a == nil || a.config.Average == optim.TailAverage && progress < 1-a.config.DecayShare {
		return
	}
	a.n++
	for i, p := range a.params {
		switch avg := a.weights[i]; {
		case len(avg) == 0: // frozen
		case a.config.Average == optim.TailAverage:
			optim.Mean(avg, p.Data, a.n)
		default:
			optim.EMA(avg, p.Data, a.n, a.config.EMADecay)
		}
	}
}

// swap exchanges the weights of the model and the average, if there is one.
func (a *average) swap() {
	if a == nil || a.n == 0 {
		return
	}
	for i, p := range a.params {
		for j, x := range a.weights[i] {
			a.weights[i][j], p.Data[j] = p.Data[j], x
		}
	}
}

// tensors lists the average for a checkpoint.
func (a *average) tensors() (out []safetensors.Tensor) {
	if a == nil {
		return nil
	}
	for i, p := range a.params {
		if len(a.weights[i]) > 0 {
			out = append(out, safetensors.Tensor{Name: "average." + p.Name, Shape: shapeOf(p),
				Data: a.weights[i]})
		}
	}
	return out
}

// count returns the number of steps in the average.
func (a *average) count() int {
	if a == nil {
		return 0
	}
	return a.n
}
