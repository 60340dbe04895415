package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// LinearTs is several layers of one input side by side: y = [x·w₁ᵀ, x·w₂ᵀ, …] with wᵢ [outᵢ, in],
// such as queries, keys and values whose weights are apart.
func (t *Tape) LinearTs(x *Tensor, ws ...*Tensor) *Tensor {
	out := 0
	for _, w := range ws {
		w.want("w of LinearTs", -1, x.Cols)
		out += w.Rows
	}
	y := t.New(x.Rows, out)
	at := 0
	for _, w := range ws {
		if x.Rows == 1 && t.forward {
			t.linearRow(y.Data[at:][:w.Rows], nil, x.Data, w, nil, blas.Trans)
		} else {
			linearsForward(columns(y.General, y.Data, at, w.Rows), x.General, w.General, t.Crew)
		}
		at += w.Rows
	}
	if !t.forward {
		o := linearsOp{y: y, x: x, n: len(ws)}
		copy(o.ws[:], ws)
		Record(t, o)
	}
	return y
}

type linearsOp struct {
	y, x *Tensor
	ws   [3]*Tensor
	n    int
}

func (o linearsOp) Backward() { // dx = Σ dyᵢ·wᵢ, dwᵢ = dyᵢᵀ·x
	at := 0
	for _, w := range o.ws[:o.n] {
		dy := columns(o.y.General, o.y.AddGrad(), at, w.Rows)
		if o.x.Grad != nil {
			dx, beta := o.x.gradMatrix()
			blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dy, w.General, beta, dx)
		}
		if w.Grad != nil {
			dw, beta := w.gradMatrix()
			blas32.Gemm(blas.Trans, blas.NoTrans, 1, dy, o.x.General, beta, dw)
		}
		at += w.Rows
	}
}

// linearsForward is y = x·wᵀ, where y are some columns of a matrix.
func linearsForward(y, x, w blas32.General, crew *gemm.Crew) {
	gemm.Float32{Crew: crew}.Sgemm(blas.NoTrans, blas.Trans, x.Rows, y.Cols, x.Cols, 1, x.Data,
		x.Stride, w.Data, w.Stride, 0, y.Data, y.Stride)
}

// columns returns the columns [at, at+n) of a matrix of the shape of m over data.
func columns(m blas32.General, data []float32, at, n int) blas32.General {
	return blas32.General{Rows: m.Rows, Cols: n, Stride: m.Stride, Data: data[at:]}
}
