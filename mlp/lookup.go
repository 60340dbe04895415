package mlp

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd"
	"lmzoo/autograd/vec"
	"lmzoo/lm"
)

// The fast path of the first layer. H·x is a sum over the positions of the context, H·x = Σ_j
// H_j·C[w_j], and each term depends only on one token. If the vocabulary is smaller than the batch,
// every term is computed once and looked up (Devlin et al. 2014, "pre-computing the hidden layer").
// TestLookup compares it with the plain product.

// lookup is y_i = d + Σ_j H_j·C[w_ij], where H_j is the block of columns of H [h, n·m] for position
// j of n.
func lookup(t *autograd.Tape, c, h, d *autograd.Tensor, ids []lm.Token, n int) *autograd.Tensor {
	o := lookupOp{y: t.New(len(ids)/n, h.Rows), c: c, h: h, d: d, ids: ids, n: n}
	o.terms = t.Scratch(n * c.Rows * h.Rows)
	for j := range n { // terms_j = C·H_jᵀ
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, c.General, o.place(h.Data, j), 0, o.table(j))
	}
	for i := range o.y.Rows {
		y := o.y.Row(i)
		if d != nil {
			copy(y, d.Data)
		} else {
			clear(y)
		}
		for j, id := range ids[i*n:][:n] {
			vec.Add(y, o.term(j, id))
		}
	}
	autograd.Record(t, o)
	return o.y
}

type lookupOp struct {
	y, c, h, d *autograd.Tensor
	ids        []lm.Token // [B·T, n]
	n          int
	terms      []float32 // [n, V, h]; their gradient in the backward pass
}

// place returns the columns of H, or of its gradient, for position j.
func (o *lookupOp) place(h []float32, j int) blas32.General {
	return blas32.General{Rows: o.h.Rows, Cols: o.c.Cols, Stride: o.h.Stride, Data: h[j*o.c.Cols:]}
}

// table returns the terms of position j, a row for every token.
func (o *lookupOp) table(j int) blas32.General {
	v, h := o.c.Rows, o.h.Rows
	return blas32.General{Rows: v, Cols: h, Stride: h, Data: o.terms[j*v*h:][:v*h]}
}

func (o *lookupOp) term(j int, id lm.Token) []float32 {
	return o.terms[(j*o.c.Rows+int(id))*o.h.Rows:][:o.h.Rows]
}

// Backward: dterms_j[w_ij] += dy_i, dd += dy_i; then dC += dterms_j·H_j and dH_j += dterms_jᵀ·C.
func (o lookupOp) Backward() {
	clear(o.terms)
	dy, h := o.y.AddGrad(), o.h.Rows
	for i := range o.y.Rows {
		row := dy[i*h:][:h]
		if o.d != nil {
			vec.Add(o.d.AddGrad(), row)
		}
		for j, id := range o.ids[i*o.n:][:o.n] {
			vec.Add(o.term(j, id), row)
		}
	}
	dc := o.c.General
	dc.Data = o.c.AddGrad()
	dh := o.h.AddGrad()
	for j := range o.n {
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, o.table(j), o.place(o.h.Data, j), 1, dc)
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, o.table(j), o.c.General, 1, o.place(dh, j))
	}
}
