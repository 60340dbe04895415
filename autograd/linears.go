package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
	"lmzoo/autograd/vec"
)

// LinearTs is several linear layers of one input, side by side: y = [x·w₁ᵀ, x·w₂ᵀ, …] with wᵢ
// [outᵢ, in], such as those for queries, keys and values. Weights that follow one another in
// memory, such as those from Stacked, take one product instead of several. There are at most three
// weights.
func (t *Tape) LinearTs(x *Tensor, ws ...*Tensor) *Tensor { return t.linears(x, ws, nil) }

// BiasedLinearTs is LinearTs with a bias [1, outᵢ] for each layer.
func (t *Tape) BiasedLinearTs(x *Tensor, ws, bs []*Tensor) *Tensor { return t.linears(x, ws, bs) }

func (t *Tape) linears(x *Tensor, ws, bs []*Tensor) *Tensor {
	out := 0
	for i, w := range ws {
		w.want("w of LinearTs", -1, x.Cols)
		if bs != nil {
			bs[i].want("b of LinearTs", 1, w.Rows)
		}
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
	if bs != nil {
		b, at := t.Scratch(out), 0
		for _, part := range bs {
			at += copy(b[at:], part.Data)
		}
		vec.AddToRows(y.Data, nil, b)
	}
	if !t.forward {
		o := linearsOp{y: y, x: x, whole: whole, n: len(ws)}
		copy(o.ws[:], ws)
		copy(o.bs[:], bs)
		Record(t, o)
	}
	return y
}

type linearsOp struct {
	y, x   *Tensor
	whole  Tensor // all weights, if they are stacked
	ws, bs [3]*Tensor
	n      int
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

func (o linearsOp) Backward() { // dx = Σ dyᵢ·wᵢ, dwᵢ = dyᵢᵀ·x, dbᵢ = Σ rows of dyᵢ
	dy := columns(o.y.General, o.y.AddGrad(), 0, o.y.Cols)
	if o.x.Grad != nil && o.whole.Rows > 0 {
		dx, beta := o.x.gradMatrix()
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, dy, o.whole.General, beta, dx)
	}
	if o.whole.Grad != nil {
		dw := o.whole.General
		dw.Data = o.whole.Grad
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, dy, o.x.General, 1, dw)
	}
	at := 0
	for _, w := range o.ws[:o.n] {
		part := columns(o.y.General, dy.Data, at, w.Rows)
		if o.x.Grad != nil && o.whole.Rows == 0 {
			dx, beta := o.x.gradMatrix()
			blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, part, w.General, beta, dx)
		}
		if w.Grad != nil && o.whole.Grad == nil {
			dw, beta := w.gradMatrix()
			blas32.Gemm(blas.Trans, blas.NoTrans, 1, part, o.x.General, beta, dw)
		}
		at += w.Rows
	}
	if o.bs[0] != nil {
		o.biases(dy)
	}
}

// biases adds the gradients of the biases.
func (o linearsOp) biases(dy blas32.General) {
	sum, at := o.y.tape.Scratch(dy.Cols), 0
	clear(sum)
	addRows(sum, dy)
	for _, b := range o.bs[:o.n] {
		if b.Grad != nil {
			vec.Add(b.AddGrad(), sum[at:at+b.Cols])
		}
		at += b.Cols
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

// stacked returns the parameter that Stacked cut into ws, or no rows if there is none. It has a
// gradient if the gradients of the parts follow one another, too, and Int8 if a part has it.
func stacked(ws []*Tensor) (whole Tensor) {
	rows := 0
	for _, w := range ws {
		rows += w.Rows
	}
	n := rows * ws[0].Cols
	if !adjacent(ws, n, func(w *Tensor) []float32 { return w.Data }) {
		return whole
	}
	whole.General = blas32.General{Rows: rows, Cols: ws[0].Cols, Stride: ws[0].Cols,
		Data: ws[0].Data[:n]}
	if adjacent(ws, n, func(w *Tensor) []float32 { return w.Grad }) {
		whole.Grad = ws[0].Grad[:n]
	}
	for _, w := range ws {
		if w.Int8 != nil {
			whole.Int8 = w.Int8
		}
	}
	return whole
}

// adjacent reports whether the slices that of selects from ws follow one another in memory, with n
// elements in all.
func adjacent(ws []*Tensor, n int, of func(*Tensor) []float32) bool {
	first := of(ws[0])
	if cap(first) < n {
		return false
	}
	all, at := first[:n], 0
	for _, w := range ws {
		x := of(w)
		if len(x) != len(w.Data) || len(x) == 0 || &all[at] != &x[0] {
			return false
		}
		at += len(x)
	}
	return true
}

// columns returns the columns [at, at+n) of a matrix with the shape of m and the elements data.
func columns(m blas32.General, data []float32, at, n int) blas32.General {
	return blas32.General{Rows: m.Rows, Cols: n, Stride: m.Stride, Data: data[at:]}
}
