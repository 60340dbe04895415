package nn

import (
	"math/rand/v2"

	"lmzoo/autograd"
)

// Linear computes y = x·W + b with W [in, out], the layout of GPT-2's Conv1D.
type Linear struct {
	Weight *autograd.Tensor `param:"weight,across"`
	Bias   *autograd.Tensor `param:"bias,vector"` // nil: none
}

// NewLinear returns a Linear with weights from N(0, std²) and a bias of zeros.
func NewLinear(in, out int, std float64, rng *rand.Rand) *Linear {
	return &Linear{Weight: Normal(in, out, std, rng), Bias: Zeros(1, out)}
}

// Forward returns x·W + b, [B·T, out].
func (l *Linear) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.Linear(x, l.Weight, l.Bias) // [B·T, out]
}

// AddTo returns r + x·W + b, [B·T, out]: the layer writes to the residual stream r.
func (l *Linear) AddTo(t *autograd.Tape, r, x *autograd.Tensor) *autograd.Tensor {
	return t.AddLinear(r, x, l.Weight, l.Bias) // [B·T, out]
}

// LinearT computes y = x·Wᵀ + b with W [out, in], the layout of torch.nn.Linear.
type LinearT struct {
	Weight *autograd.Tensor `param:"weight"`
	Bias   *autograd.Tensor `param:"bias,vector"` // nil: none
}

// Forward returns x·Wᵀ + b, [B·T, out].
func (l *LinearT) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.LinearT(x, l.Weight, l.Bias) // [B·T, out]
}

// AddTo returns r + x·Wᵀ + b, [B·T, out]: the layer writes to the residual stream r.
func (l *LinearT) AddTo(t *autograd.Tape, r, x *autograd.Tensor) *autograd.Tensor {
	return t.AddLinearT(r, x, l.Weight, l.Bias) // [B·T, out]
}

// LayerNorm normalizes each row to mean 0 and variance 1, then applies a gain and a bias.
type LayerNorm struct {
	Weight *autograd.Tensor `param:"weight,vector"`
	Bias   *autograd.Tensor `param:"bias,vector"`
	Eps    float32          // added to the variance
}

// NewLayerNorm returns a LayerNorm over c channels with gain 1, bias 0 and the eps of torch.nn and
// GPT.
func NewLayerNorm(c int) *LayerNorm {
	return &LayerNorm{Weight: Ones(1, c), Bias: Zeros(1, c), Eps: 1e-5}
}

// Forward returns g·(x − μ)/σ + b, [B·T, C].
func (l *LayerNorm) Forward(t *autograd.Tape, x *autograd.Tensor) *autograd.Tensor {
	return t.LayerNorm(x, l.Weight, l.Bias, l.Eps) // [B·T, C]
}

// Embedding is a table with a row for each token.
type Embedding struct {
	Weight *autograd.Tensor `param:"weight,table"`
}

// NewEmbedding returns an Embedding of n rows of c channels from N(0, std²).
func NewEmbedding(n, c int, std float64, rng *rand.Rand) *Embedding {
	return &Embedding{Weight: Normal(n, c, std, rng)}
}

// Forward returns the row of each ID, [len(ids), C].
func (e *Embedding) Forward(t *autograd.Tape, ids []int32) *autograd.Tensor {
	return t.Embedding(e.Weight, ids) // [len(ids), C]
}
