package train

import (
	"math"

	"lmzoo/autograd/gemm"
	"lmzoo/autograd/vec"
	"lmzoo/nn"
	"lmzoo/train/optim"
)

// weights turns gradients into new weights: it adds the gradients of the pieces, measures and clips
// the sum, and updates the parameters, one fixed range or matrix at a time. A range is small enough
// to stay in the cache between its passes. Its size, not the number of threads, fixes the order of
// the additions.
type weights struct {
	params []nn.Param
	rates  []float64   // of every parameter, as a multiple of the learning rate
	m, v   [][]float32 // moments of every parameter; empty for a frozen one, and v nil for Muon's
	ranges []span
	adam   []int // the ranges that AdamW updates
	optim  optim.AdamW
	muon   *muonWeights // nil: AdamW updates everything
	decay  float64

	// The fields below belong to the current step.
	k         int // its number, counted from 1
	lr, scale float64
}

// span is a range of one parameter, with the gradients of all pieces and the sum of squares of the
// total gradient.
type span struct {
	param, lo, hi int
	grads         [][]float32 // of the pieces; the first becomes the sum
	squares       float64
}

const spanSize = 1 << 12 // floats

func newWeights(learner any, params []nn.Param, pieces [][]nn.Param, c Config) (*weights, error) {
	w := &weights{params: params, optim: optim.AdamW{Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps},
		decay: c.WeightDecay}
	if c.Optimizer == Muon {
		var err error
		if w.muon, err = newMuonWeights(learner, params, c); err != nil {
			return nil, err
		}
	}
	rate := rateOf(learner)
	moments := momentsOf(params, w.muon)
	for i, p := range params {
		n := len(p.Grad) // 0 for a frozen parameter, which is saved but not updated
		w.rates = append(w.rates, rate(p.Name))
		w.m = append(w.m, moments(n))
		w.v = append(w.v, nil)
		if !w.muon.owns(i) {
			w.v[i] = moments(n)
		}
		for lo := 0; lo < n; lo += spanSize {
			s := span{param: i, lo: lo, hi: min(lo+spanSize, n)}
			for _, piece := range pieces {
				s.grads = append(s.grads, piece[i].Grad[s.lo:s.hi])
			}
			if !w.muon.owns(i) {
				w.adam = append(w.adam, len(w.ranges))
			}
			w.ranges = append(w.ranges, s)
		}
	}
	if w.muon != nil {
		w.muon.bind(w, pieces[0])
	}
	return w, nil
}

// momentsOf allocates the moments of all parameters together, so that they share large pages, and
// returns a function that cuts off the next n of them.
func momentsOf(params []nn.Param, muon *muonWeights) func(n int) []float32 {
	size := 0
	for i, p := range params {
		size += len(p.Grad)
		if !muon.owns(i) {
			size += len(p.Grad)
		}
	}
	rest := gemm.Make[float32](size)
	return func(n int) []float32 {
		cut := rest[:n:n]
		rest = rest[n:]
		return cut
	}
}

// gather adds the gradients of the pieces in range i, in the order of the pieces, and clears all of
// them except the sum while they are in the cache.
func (w *weights) gather(i int) {
	s := &w.ranges[i]
	sum := s.grads[0]
	for _, g := range s.grads[1:] {
		vec.Add(sum, g)
		clear(g)
	}
	s.squares = vec.SumSquares(sum)
}

// norm returns the norm of the gradient over all parameters.
func (w *weights) norm() float64 {
	squares := 0.0
	for i := range w.ranges {
		squares += w.ranges[i].squares
	}
	return math.Sqrt(squares)
}

// clipScale returns the factor that scales a gradient of the given norm down to clip (Pascanu,
// Mikolov & Bengio 2013, algorithm 1).
func clipScale(norm, clip float64) float64 {
	if clip > 0 && norm > clip {
		return clip / norm
	}
	return 1
}

// jobs returns the number of parts of an update.
func (w *weights) jobs() int { return w.muon.lanes() + len(w.adam) }

// update does a part of the update, and clears its gradient for the next step. Muon's parts come
// first, because they take the longest.
func (w *weights) update(i int) {
	lanes := w.muon.lanes()
	if i < lanes {
		w.muon.update(i)
		return
	}
	i = w.adam[i-lanes]
	s := &w.ranges[i]
	lr := w.lr * w.rates[s.param]
	w.optim.Update(w.params[s.param].Data[s.lo:s.hi], s.grads[0], w.m[s.param][s.lo:s.hi],
		w.v[s.param][s.lo:s.hi], w.k, lr, w.decayOf(s.param), w.scale)
	w.clear(i)
}

// decayOf returns the weight decay of a parameter.
func (w *weights) decayOf(param int) float64 {
	if w.params[param].Vector {
		return 0 // a gain or a bias should not be drawn to zero
	}
	return w.decay
}

// clear sets the gradient in range i to zero.
func (w *weights) clear(i int) { clear(w.ranges[i].grads[0]) }
