package autograd

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"lmzoo/autograd/gemm"
	"lmzoo/autograd/vec"
)

// bos is lm.BOS, the document boundary. The recurrent state is reset to zero before a step that
// reads it.
const bos = 0

// unroll is the common part of the recurrent ops: B rows of T steps, a state of H channels, and the
// matrix that carries it from step to step. Time runs inside a row, so that step t of all rows is a
// view with the stride T·H.
type unroll struct {
	B, T, H  int
	x        []int32        // [B·T] inputs; the state before a bos is zero
	whh, bhh *Tensor        // [G·H, H] and [1, G·H], G gates
	whhT     blas32.General // whh transposed, for many steps; empty for few
	prev     []float32      // [B·T, H] the state before each step
	row      []float32      // [G·H] the product of a step with int8 weights, for one row
	crew     *gemm.Crew
}

// turnFrom is the number of steps from which transposing whh once costs less than multiplying by
// its transpose in each step.
const turnFrom = 4

// unroll checks shapes and returns the state before the first step; gates is G.
func (t *Tape) unroll(xw, whh, bhh, h0 *Tensor, B, T, gates int, x []int32) unroll {
	H := whh.Cols
	xw.want("xw of a recurrent layer", B*T, gates*H)
	whh.want("whh of a recurrent layer", gates*H, H)
	if bhh != nil {
		bhh.want("bhh of a recurrent layer", 1, gates*H)
	}
	u := unroll{B: B, T: T, H: H, x: x[:B*T], whh: whh, bhh: bhh, prev: t.Scratch(B * T * H)}
	switch {
	case whh.Int8 != nil && B == 1 && t.forward:
		u.row, u.crew = t.Scratch(gates*H), t.Crew
	case T >= turnFrom:
		u.whhT = transpose(t.Scratch(gates*H*H), whh.General)
	}
	u.start(u.prev, h0)
	return u
}

// step returns step t of all rows of m, which has c columns.
func (u *unroll) step(m []float32, t, c int) blas32.General {
	return blas32.General{Rows: u.B, Cols: c, Stride: u.T * c, Data: m[t*c:]}
}

// resets reports whether the state of row b is reset to zero before step t.
func (u *unroll) resets(b, t int) bool { return u.x[b*u.T+t] == bos }

// start stores the state before the first step; a nil h0 stands for zero.
func (u *unroll) start(prev []float32, h0 *Tensor) {
	for b := range u.B {
		row := prev[b*u.T*u.H:][:u.H]
		if h0 == nil || u.resets(b, 0) {
			clear(row)
		} else {
			copy(row, h0.Row(b))
		}
	}
}

// carry stores the state h of row b after step t as the state before step t+1.
func (u *unroll) carry(prev, h []float32, b, t int) {
	if t+1 == u.T {
		return
	}
	row := prev[(b*u.T+t+1)*u.H:][:u.H]
	if u.resets(b, t+1) {
		clear(row)
	} else {
		copy(row, h)
	}
}

// LastStep returns the state after the last of T steps, in the tape's memory: the last of the T
// rows of each of the B sequences in h [B·T, H], as [B, H].
func (t *Tape) LastStep(h *Tensor, B, T int) []float32 { return t.lastStep(h.Data, B, T, h.Cols) }

func (t *Tape) lastStep(h []float32, B, T, H int) []float32 {
	out := t.Scratch(B * H)
	for b := range B {
		copy(out[b*H:][:H], h[(b*T+T-1)*H:])
	}
	return out
}

// product stores xw + bhh + prev·whhᵀ for step t in dst; a nil xw stands for zero.
func (u *unroll) product(dst, xw []float32, t int) {
	c := u.whh.Rows
	for b := range u.B {
		i := (b*u.T + t) * c
		row := dst[i:][:c]
		switch {
		case xw == nil && u.bhh == nil:
			clear(row)
		case xw == nil:
			copy(row, u.bhh.Data)
		default:
			copy(row, xw[i:])
			if u.bhh != nil {
				vec.Add(row, u.bhh.Data)
			}
		}
	}
	prev, sums := u.step(u.prev, t, u.H), u.step(dst, t, c)
	switch {
	case u.row != nil:
		u.crew.MulInt8(u.whh.Int8, u.row, prev.Data)
		vec.Add(sums.Data[:c], u.row)
	case u.whhT.Rows > 0:
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, prev, u.whhT, 1, sums)
	default:
		blas32.Gemm(blas.NoTrans, blas.Trans, 1, prev, u.whh.General, 1, sums)
	}
}

// back propagates the gradient through sums = prev·whhᵀ for step t: it adds dsum·whh to the
// gradient dh of the step before, except in rows that were reset.
func (u *unroll) back(dh, dsum []float32, t int) {
	if t == 0 {
		return
	}
	from, to := u.step(dsum, t, u.whh.Rows), u.step(dh, t-1, u.H)
	for b := 0; b < u.B; {
		if u.resets(b, t) {
			b++
			continue
		}
		end := b + 1
		for end < u.B && !u.resets(end, t) {
			end++
		}
		blas32.Gemm(blas.NoTrans, blas.NoTrans, 1, rows(from, b, end), u.whh.General, 1,
			rows(to, b, end))
		b = end
	}
}

// weights adds to the gradients of whh and bhh for all steps at once: dwhh += dsumᵀ·prev, dbhh += Σ
// dsum.
func (u *unroll) weights(dsum []float32) {
	sums := matrix(u.B*u.T, u.whh.Rows, dsum)
	if u.whh.Grad != nil {
		dw, beta := u.whh.gradMatrix()
		blas32.Gemm(blas.Trans, blas.NoTrans, 1, sums, matrix(u.B*u.T, u.H, u.prev), beta, dw)
	}
	if u.bhh != nil && u.bhh.Grad != nil {
		addRows(u.bhh.AddGrad(), sums)
	}
}

// transpose stores mᵀ in dst.
func transpose(dst []float32, m blas32.General) blas32.General {
	for i := range m.Rows {
		for j, v := range m.Data[i*m.Stride:][:m.Cols] {
			dst[j*m.Rows+i] = v
		}
	}
	return matrix(m.Cols, m.Rows, dst)
}
