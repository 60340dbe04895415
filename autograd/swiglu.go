package autograd

import "lmzoo/autograd/vec"

// SwiGLU is y = a·σ(a) ⊙ b, a gated linear unit whose gate is the SiLU of a (Shazeer 2020, eq. 6;
// its three matrices are separate layers). A row of x [B·T, 2I] holds a and then b; y is [B·T, I].
func (t *Tape) SwiGLU(x *Tensor) *Tensor {
	n := x.Cols / 2
	x.want("x of SwiGLU", -1, 2*n)
	y := t.New(x.Rows, n)
	o := swiGLUOp{y, x, t.Scratch(len(y.Data))}
	swiGLUForward(y.Data, o.sig, x.Data, n)
	Record(t, o)
	return y
}

type swiGLUOp struct {
	y, x *Tensor
	sig  []float32 // [B·T, I] σ(a)
}

func (o swiGLUOp) Backward() {
	if o.x.Grad == nil {
		return
	}
	dx, beta := o.x.gradMatrix()
	if beta == 0 {
		swiGLUBackward(dx.Data, o.y.AddGrad(), o.sig, o.x.Data, o.y.Cols)
		return
	}
	more := o.y.tape.borrow(len(dx.Data))
	swiGLUBackward(more, o.y.AddGrad(), o.sig, o.x.Data, o.y.Cols)
	vec.Add(dx.Data, more)
	o.y.tape.give(more)
}

// swiGLUForward is y = a·σ(a)·b for rows of n elements. It stores σ(a).
func swiGLUForward(y, sig, x []float32, n int) {
	for i := 0; i < len(y); i += n {
		a, b := x[2*i:][:n], x[2*i+n:][:n]
		vec.SwiGLU(y[i:][:n], sig[i:][:n], a, b)
	}
}

// swiGLUBackward inverts y = a·σ(a)·b: db = dy·a·σ(a), da = dy·b·σ(a)·(1 + a·(1 − σ(a))).
func swiGLUBackward(dx, dy, sig, x []float32, n int) {
	for i := 0; i < len(dy); i += n {
		a, b := x[2*i:][:n], x[2*i+n:][:n]
		vec.SwiGLUBackward(dx[2*i:][:n], dx[2*i+n:][:n], dy[i:][:n], sig[i:][:n], a, b)
	}
}
