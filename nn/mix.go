package nn

import "lmzoo/autograd"

// ScalarMix weights the layers of an Encoder for a task (Peters et al. 2018, equation 1):
//
//	ELMo_k = γ·Σ_{j=0..L} s_j·h_{k,j},   s = softmax(w)
type ScalarMix struct {
	W     *autograd.Tensor `param:"w,vector"`     // [1, L+1]
	Gamma *autograd.Tensor `param:"gamma,vector"` // [1, 1]
}

// NewScalarMix returns a mixture of layers that starts as their mean.
func NewScalarMix(layers int) *ScalarMix {
	return &ScalarMix{W: Zeros(1, layers), Gamma: Ones(1, 1)}
}

// Forward returns the mixture of layers that have the same shape.
func (m *ScalarMix) Forward(t *autograd.Tape, layers []*autograd.Tensor) *autograd.Tensor {
	return t.Mixture(layers, m.W, m.Gamma) // [B·T, C]
}
