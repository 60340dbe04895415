package nn

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd"
)

// LowRank is the trained change of a frozen matrix W [out, in] (Hu et al. 2021, equation 3):
//
//	W' = W + (α/r)·B·A
//
// A [r, in] and B [out, r] have few parameters if the rank r is small. B starts at zero, so W'
// starts as W. For a W of the layout [in, out], the change is transposed.
type LowRank struct {
	Name string           // name of the layer that has W
	A    *autograd.Tensor `param:"lora_A.weight"` // [r, in]
	B    *autograd.Tensor `param:"lora_B.weight"` // [out, r]

	scale  float32 // α/r
	across bool    // W is [in, out]
}

// NewLowRank returns a change of rank r for the matrix w of a layer. A starts from U(−1/√in,
// 1/√in), as in a new torch.nn.Linear.
func NewLowRank(layer string, w Param, r int, alpha float64, rng *rand.Rand) *LowRank {
	out, in := w.Rows, w.Cols
	if w.Across {
		out, in = in, out
	}
	return &LowRank{Name: layer, A: Uniform(r, in, 1/math.Sqrt(float64(in)), rng),
		B: Zeros(out, r), scale: float32(alpha / float64(r)), across: w.Across}
}

// ParamName returns the name of the layer, which begins the names of A and B.
func (l *LowRank) ParamName() string { return l.Name }

// Across reports whether W is [in, out].
func (l *LowRank) Across() bool { return l.across }

// Apply stores W' in w, which has the layout and the size of W. On a tape that records, w must be a
// leaf with a gradient that nothing else reads: after all operations that use w, Apply's backward
// pass turns the gradient of w into the gradients of A and B, and clears it. Call Apply before
// them.
func (l *LowRank) Apply(t *autograd.Tape, w *autograd.Tensor, frozen []float32) {
	copy(w.Data, frozen)
	if l.across { // W + s·(B·A)ᵀ
		blas32.Gemm(blas.Trans, blas.Trans, l.scale, l.A.General, l.B.General, 1, w.General)
	} else {
		blas32.Gemm(blas.NoTrans, blas.NoTrans, l.scale, l.B.General, l.A.General, 1, w.General)
	}
	autograd.Record(t, lowRankOp{l, w})
}

type lowRankOp struct {
	*LowRank
	w *autograd.Tensor
}

func (o lowRankOp) Backward() { // dA = s·Bᵀ·dW, dB = s·dW·Aᵀ
	dw, da, db := o.w.General, o.A.General, o.B.General
	dw.Data, da.Data, db.Data = o.w.Grad, o.A.AddGrad(), o.B.AddGrad()
	turn := blas.NoTrans
	if o.across {
		turn = blas.Trans
	}
	blas32.Gemm(blas.Trans, turn, o.scale, o.B.General, dw, 1, da)
	blas32.Gemm(turn, blas.Trans, o.scale, dw, o.A.General, 1, db)
	clear(o.w.Grad)
}

// TokenRows holds the trained rows of a frozen token table, such as the rows of new special tokens.
type TokenRows struct {
	Name   string // name of the layer that has the table
	Tokens []int32
	Delta  *autograd.Tensor `param:"token_adapter.trainable_tokens_delta"` // [n, C] the rows
}

// NewTokenRows returns trainable copies of the rows of tokens in a table.
func NewTokenRows(layer string, table *autograd.Tensor, tokens []int32) *TokenRows {
	r := &TokenRows{Name: layer, Tokens: tokens, Delta: Zeros(len(tokens), table.Cols)}
	for i, tok := range tokens {
		copy(r.Delta.Row(i), table.Row(int(tok)))
	}
	return r
}

// ParamName returns the name of the layer, which begins the name of the rows.
func (r *TokenRows) ParamName() string { return r.Name }

// Apply stores the table with the trained rows in w. Its backward pass is like LowRank's.
func (r *TokenRows) Apply(t *autograd.Tape, w *autograd.Tensor, frozen []float32) {
	copy(w.Data, frozen)
	for i, tok := range r.Tokens {
		copy(w.Row(int(tok)), r.Delta.Row(i))
	}
	autograd.Record(t, tokenRowsOp{r, w})
}

type tokenRowsOp struct {
	*TokenRows
	w *autograd.Tensor
}

func (o tokenRowsOp) Backward() { // only the gradient of the trained rows is used
	grad, c := o.Delta.AddGrad(), o.w.Cols
	for i, tok := range o.Tokens {
		row := grad[i*c:][:c]
		for j, g := range o.w.Grad[int(tok)*c:][:c] {
			row[j] += g
		}
	}
	clear(o.w.Grad)
}
