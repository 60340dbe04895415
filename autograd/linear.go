package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
	"lmzoo/autograd/vec"
)

// Linear is y = x·w + b with w [in, out], the layout of GPT-2's Conv1D; b [1, out] may be nil.
func (t *Tape) Linear(x, w, b *Tensor) *Tensor {
	return t.linear(nil, x, w, b, blas.NoTrans)
}

// LinearT is y = x·wᵀ + b with w [out, in], the layout of torch.nn.Linear; b [1, out] may be nil.
func (t *Tape) LinearT(x, w, b *Tensor) *Tensor {
	return t.linear(nil, x, w, b, blas.Trans)
}

// AddLinear is y = r + x·w + b with w [in, out]: a linear layer that writes onto the residual
// stream r (He et al. 2016).
func (t *Tape) AddLinear(r, x, w, b *Tensor) *Tensor {
	return t.linear(r, x, w, b, blas.NoTrans)
}

// AddLinearT is y = r + x·wᵀ + b: AddLinear with w [out, in].
func (t *Tape) AddLinearT(r, x, w, b *Tensor) *Tensor {
	return t.linear(r, x, w, b, blas.Trans)
}

func (t *Tape) linear(r, x, w, b *Tensor, trans blas.Transpose) *Tensor {
	in, out := w.Rows, w.Cols
	if trans == blas.Trans {
		in, out = out, in
	}
	x.want("x of Linear", -1, in)
	if b != nil {
		b.want("b of Linear", 1, out)
	}
	if r != nil {
		r.want("residual of Linear", x.Rows, out)
	}
	y := t.New(x.Rows, out)
	if x.Rows == 1 && t.forward {
		t.linearRow(y.Data, r, x.Data, w, b, trans)
		return y
	}
	linearForward(y.General, data(r), x.General, w.General, data(b), trans, t.Crew)
	Record(t, linearOp{y, r, x, w, b, trans})
	return y
}

type linearOp struct {
	y, r, x, w, b *Tensor
	trans         blas.Transpose
}

func (o linearOp) Backward() {
	dy := blas32.General{Rows: o.y.Rows, Cols: o.y.Cols, Stride: o.y.Cols, Data: o.y.AddGrad()}
	if o.x.Grad != nil { // dx = dy·wᵀ
		dx, beta := o.x.gradMatrix()
		blas32.Gemm(blas.NoTrans, flip(o.trans), 1, dy, o.w.General, beta, dx)
	}
	if o.w.Grad != nil { // dw = xᵀ·dy, or dyᵀ·x where w is transposed
		dw, beta := o.w.gradMatrix()
		if o.trans == blas.Trans {
			blas32.Gemm(blas.Trans, blas.NoTrans, 1, dy, o.x.General, beta, dw)
		} else {
			blas32.Gemm(blas.Trans, blas.NoTrans, 1, o.x.General, dy, beta, dw)
		}
	}
	if o.b != nil && o.b.Grad != nil { // db = Σ rows of dy
		addRows(o.b.AddGrad(), dy)
	}
	if o.r != nil { // dr = dy
		o.y.tape.passGrad(o.r, o.y.takeGrad())
	}
}

// linearForward is y = r + x·w + b; nil stands for zero. A crew divides a large product, such as
// that of a prompt. r and b are added after the product, while y is in the cache.
func linearForward(y blas32.General, r []float32, x, w blas32.General, b []float32,
	trans blas.Transpose, crew *gemm.Crew) {
	gemm.Float32{Crew: crew}.Sgemm(blas.NoTrans, trans, x.Rows, y.Cols, x.Cols, 1, x.Data, x.Stride,
		w.Data, w.Stride, 0, y.Data, y.Stride)
	y.Data = y.Data[:y.Rows*y.Cols]
	switch {
	case b != nil:
		vec.AddToRows(y.Data, r, b)
	case r != nil:
		vec.Add(y.Data, r)
	}
}

// linearRow is linearForward for a single row, as in generation. It uses t.Crew and, where present,
// int8 weights.
func (t *Tape) linearRow(y []float32, r *Tensor, x []float32, w, b *Tensor, trans blas.Transpose) {
	if w.Int8 != nil {
		t.Crew.MulInt8(w.Int8, y, x)
		for _, more := range []*Tensor{r, b} {
			if more != nil {
				vec.Add(y, more.Data)
			}
		}
		return
	}
	beta := float32(0)
	for _, first := range []*Tensor{r, b} {
		switch {
		case first == nil:
		case beta == 0:
			copy(y, first.Data)
			beta = 1
		default:
			vec.Add(y, first.Data)
		}
	}
	t.Crew.MulRow(trans, len(y), len(x), x, w.Data, w.Stride, beta, y)
}

// addRows adds every row of m to sum, as for the gradient of a bias.
func addRows(sum []float32, m blas32.General) { vec.SumRows(sum, m.Data[:m.Rows*m.Cols]) }

// data returns the values of x, or nil if x is nil.
func data(x *Tensor) []float32 {
	if x == nil {
		return nil
	}
	return x.Data
}

func flip(t blas.Transpose) blas.Transpose {
	if t == blas.Trans {
		return blas.NoTrans
	}
	return blas.Trans
}
