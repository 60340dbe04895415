package nn

import "lmzoo/autograd"

// RMSNorm divides each row by its root mean square, then applies a gain.
type RMSNorm struct {
	Weight *autograd.Tensor `param:"weight,vector"`
	Eps    float32          // added to the mean square
}

// NewRMSNorm returns an RMSNorm over c channels with gain 1.
func NewRMSNorm(c int, eps float64) *RMSNorm {
	return &RMSNorm{Weight: Ones(1, c), Eps: float32(eps)}
}

// Forward is g·x/RMS(x).
func (l *RMSNorm) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.RMSNorm(x, l.Weight, l.Eps) // [B·T, C]
}
