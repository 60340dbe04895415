// Package optim turns gradients into better weights: AdamW scales every gradient by its own past
// size (Kingma & Ba 2015, Loshchilov & Hutter 2019), and schedules set the learning rate over time.
//
// An update works on slices, element by element. A caller may cut the weights anywhere and pass the
// parts to any number of threads without changing a bit of the result.
package optim

import "lmzoo/autograd/vec"

// AdamW is Adam (Kingma & Ba 2015, algorithm 1) with decoupled weight decay, which does not pass
// through the gradient (Loshchilov & Hutter 2019, algorithm 2).
type AdamW struct {
	Beta1, Beta2 float64 // decay rates of the first and the second moment
	Eps          float64 // added to the denominator
}

// Update makes step k = 1, 2, … on the weights w with the gradient scale·grad. The first and second
// moments m and v start as zeros. decay is the weight decay, usually 0 for gains and biases.
//
//	m ← β1·m + (1−β1)·g            mean of the gradient
//	v ← β2·v + (1−β2)·g²           mean of its square
//	w ← w − lr·decay·w             decoupled weight decay
//	w ← w − lr·m̂ / (√v̂ + ε)       m̂ = m/(1−β1ᵏ), v̂ = v/(1−β2ᵏ) correct for the start at zero
//
// The learning rate also multiplies the decay, as in torch.optim.AdamW, so that a schedule lowers
// both. Update leaves grad scaled.
func (o AdamW) Update(w, grad, m, v []float32, k int, lr, decay, scale float64) {
	if scale != 1 {
		vec.Scale(grad[:len(w)], float32(scale))
	}
	vec.AdamW(w, grad, m, v, vec.AdamWHyper{
		LR: float32(lr), Decay: float32(decay), Step: k,
		Beta1: float32(o.Beta1), Beta2: float32(o.Beta2), Eps: float32(o.Eps),
	})
}
