// Package optim turns gradients into better weights, in order of complexity: SGD follows the slope
// (Robbins & Monro 1951), momentum remembers it (Polyak 1964), and AdamW measures every slope in units of its
// own past size (Kingma & Ba 2015, Loshchilov & Hutter 2019); schedules say how far to step, and when.
//
// An update works on slices, element by element: a caller may cut the weights wherever it likes, and
// hand the parts to as many threads as it has, without changing a bit of the result.
package optim

// SGD is stochastic gradient descent with momentum.
type SGD struct {
	Momentum float64 // µ; 0 is plain descent
	Nesterov bool    // look ahead along the velocity (Sutskever et al. 2013, eq. 3–4)
}

// Update makes one step on the weights w with the gradient scale·grad (scale is how clipping gets in without
// another pass over memory). velocity starts as zeros and may be nil without momentum.
//
// Polyak 1964 in the form of Sutskever et al. 2013 (eq. 1–2), with the learning rate outside the velocity
// so that a schedule acts at once:
//
//	v ← µ·v + g
//	w ← w − lr·v              Nesterov: w ← w − lr·(g + µ·v)
func (o SGD) Update(w, grad, velocity []float32, lr, scale float64) {
	η, µ, s := float32(lr), float32(o.Momentum), float32(scale)
	if o.Momentum == 0 {
		for i, g := range grad[:len(w)] {
			w[i] -= η * (s * g)
		}
		return
	}
	grad, velocity = grad[:len(w)], velocity[:len(w)]
	for i := range w {
		g := s * grad[i]
		v := µ*velocity[i] + g
		velocity[i] = v
		if o.Nesterov {
			v = g + µ*v
		}
		w[i] -= η * v
	}
}
