package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
)

// LinearTs is several linear layers of one input, side by side: y = [x·w₁ᵀ, x·w₂ᵀ, …] with wᵢ
// [outᵢ, in], such as those for queries, keys and values. Weights that follow one another in
// memory, such as those from Stacked, take one product instead of several. There are at most three
// weights.
func (t *Tape) LinearTs(x *Tensor, ws ...*Tensor) *Tensor {
	out := 0
	for _, w := range ws {
		w.want("w of LinearTs", -1, x.Cols)
		out += w.Rows
	}
	y := t.New(x.Rows, out)
	whole := stacked(ws)
	if whole.Rows > 0 && (whole.Int8 == nil || x.Rows > 1) {
		ws := [1]*Tensor{&whole}
		t.linearsForward(y, x, ws[:])
	} else {
		t.linearsForward(y, x, ws)
	}
	if !t.forward {
		o := linearsOp{y: y, x: x, whole: whole.General, n: len(ws)}
		copy(o.ws[:], ws)
		Record(t, o)
	}
	return y
}

type linearsOp struct {
	y, x  *Tensor
	whole blas32.General // all weights, if they follow one another in memory
	ws    [3]*Tensor
	n     int
}

// linearsForward stores x·wᵢᵀ in adjacent columns of y.
func (t *Tape) linearsForward(y, x *Tensor, ws []*Tensor) {
	at := 0
	for _, w := range ws {
		if x.Rows == 1 && t.forward {
			t.linearRow(y.Data[at:][:w.Rows], nil, x.Data, w, nil, blas.Trans)
		} else {
			part := columns(y.General, y.Data, at, w.Rows)
			gemm.Float32{Crew: t.Crew}.Sgemm(blas.NoTrans, blas.Trans, x.Rows, w.Rows, x.Cols, 1,
				x.Data, x.Stride, w.Data, w.Stride, 0, part.Data, part.Stride)
		}
		at += w.Rows
	}
}

func (o linearsOp) Backward() { // dx = Σ dyᵢ·wᵢ, dwᵢ = dyᵢᵀ·x
	dy := columns(o.y.General, o.y.AddGrad(), 0, o.y.Cols)
	if o.x.Grad != nil && o.whole.Rows > 0 {
		dx, beta := o.x.gradMatrix()
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dy, o.whole, beta, dx)
	}
	at := 0
	for _, w := range o.ws[:o.n] {
		dy := columns(o.y.General, dy.Data, at, w.Rows)
		if o.x.Grad != nil && o.whole.Rows == 0 {
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

// Stacked cuts a parameter into parameters with the given numbers of rows, which share its memory.
func Stacked(w *Tensor, rows ...int) (parts []*Tensor) {
	at := 0
	for _, n := range rows {
		part := *w
		part.Rows = n
		part.Data = w.Data[at*w.Stride : (at+n)*w.Stride]
		if w.Grad != nil {
			part.Grad = w.Grad[at*w.Stride : (at+n)*w.Stride]
		}
		parts = append(parts, &part)
		at += n
	}
	return parts
}

// stacked returns the parameter that Stacked cut into ws, without a gradient, or no rows if there
// is none. Int8 is set if a part has one.
func stacked(ws []*Tensor) (whole Tensor) {
	rows := 0
	for _, w := range ws {
		rows += w.Rows
	}
	first := ws[0]
	if cap(first.Data) < rows*first.Cols {
		return whole
	}
	all, at := first.Data[:rows*first.Cols], 0
	for _, w := range ws {
		if len(w.Data) == 0 || &all[at] != &w.Data[0] {
			return Tensor{}
		}
		if w.Int8 != nil {
			whole.Int8 = w.Int8
		}
		at += len(w.Data)
	}
	whole.General = blas32.General{Rows: rows, Cols: first.Cols, Stride: first.Cols, Data: all}
	return whole
}

// columns returns the columns [at, at+n) of a matrix with the shape of m and the elements data.
func columns(m blas32.General, data []float32, at, n int) blas32.General {
	return blas32.General{Rows: m.Rows, Cols: n, Stride: m.Stride, Data: data[at:]}
}
