package vec

import "math"

// AdamWHyper holds the hyperparameters of one AdamW step.
type AdamWHyper struct {
	LR           float32
	Beta1, Beta2 float32
	Eps          float32
	Decay        float32
	Step         int // counts from 1
}

// AdamW takes one step of Adam (Kingma and Ba 2015) with decoupled weight decay (Loshchilov and
// Hutter 2019), one pass over the weights w, their gradients g and the two moments m and v:
//
//	m = β₁m + (1−β₁)g,  v = β₂v + (1−β₂)g²
//	w = w − lr·decay·w − lr·(m/(1−β₁ᵗ)) / (√(v/(1−β₂ᵗ)) + eps)
func AdamW(w, g, m, v []float32, h AdamWHyper) {
	n := len(w)
	b1, b2 := float64(h.Beta1), float64(h.Beta2)
	c1, c2 := 1-math.Pow(b1, float64(h.Step)), 1-math.Pow(b2, float64(h.Step))
	adamW(w, g[:n], m[:n], v[:n], &[8]float32{
		h.Beta1, float32(1 - b1), h.Beta2, float32(1 - b2),
		float32(1 - float64(h.LR)*float64(h.Decay)),
		float32(float64(h.LR) / c1), float32(1 / math.Sqrt(c2)), h.Eps,
	})
}
