package transformer

import (
	"math"

	"lmzoo/autograd"
	"lmzoo/autograd/vec"
)

// smear lets every head mix each key with the previous key (Olsson et al. 2022, "In-context
// Learning and Induction Heads", argument 2):
//
//	k_t ← σ(a)·k_t + (1 − σ(a))·k_{t−1}
//
// An induction head looks for the token that followed the current token earlier in the text. It
// needs keys that contain information on the preceding token, for which GPT-2 uses an additional
// layer. With smeared keys one layer is enough, and the model learns to copy from the context many
// times sooner.
//
// smear changes qkv in place, because nothing else reads the original keys. If a [1, H] is nil, it
// does nothing. A key at position 0 does not change. before is the key that precedes the first row,
// if that row is not at position 0; smear replaces it with the last key.
func smear(t *autograd.Tape, qkv, a *autograd.Tensor, pos []int32, before []float32) {
	if a == nil {
		return
	}
	c := qkv.Cols / 3
	o := smearOp{qkv: qkv, a: a, pos: pos, raw: t.Scratch(len(pos) * c)}
	for i := range pos {
		copy(o.raw[i*c:][:c], o.key(qkv.Data, i))
	}
	for i, p := range pos {
		switch {
		case p == 0:
		case i == 0:
			o.mix(o.key(qkv.Data, i), before)
		default:
			o.mix(o.key(qkv.Data, i), o.raw[(i-1)*c:][:c])
		}
	}
	if before != nil {
		copy(before, o.raw[(len(pos)-1)*c:])
	}
	autograd.Record(t, o)
}

type smearOp struct {
	qkv, a *autograd.Tensor
	pos    []int32
	raw    []float32 // [B·T, C] the original keys
}

// key returns the key in row i of qkv or of its gradient.
func (o *smearOp) key(qkv []float32, i int) []float32 {
	c := o.qkv.Cols / 3
	return qkv[i*3*c+c:][:c]
}

// share returns σ(a) of a head.
func (o *smearOp) share(head int) float32 {
	return float32(1 / (1 + math.Exp(-float64(o.a.Data[head]))))
}

// mix sets k to σ(a)·k + (1−σ(a))·other, head by head.
func (o *smearOp) mix(k, other []float32) {
	d := len(k) / o.a.Cols
	for h := range o.a.Cols {
		s := o.share(h)
		vec.Scale(k[h*d:][:d], s)
		vec.Axpy(k[h*d:][:d], 1-s, other[h*d:][:d])
	}
}

// Backward propagates the gradient through k'_t = s·k_t + (1−s)·k_{t−1}: dk_t = s·dk'_t +
// (1−s)·dk'_{t+1} and da = s(1−s)·Σ dk'_t·(k_t − k_{t−1}), because ds/da = s(1−s).
func (o smearOp) Backward() {
	c := o.qkv.Cols / 3
	d := c / o.a.Cols
	grad, da := o.qkv.AddGrad(), o.a.AddGrad() // da is nil if a is frozen
	for i, p := range o.pos {
		dk := o.key(grad, i)
		for h := range o.a.Cols {
			s, dk := o.share(h), dk[h*d:][:d]
			if p > 0 {
				if now, before := o.raw[i*c+h*d:], o.raw[(i-1)*c+h*d:]; da != nil {
					da[h] += s * (1 - s) * (vec.Dot(dk, now) - vec.Dot(dk, before))
				}
				vec.Scale(dk, s)
			}
			if i+1 < len(o.pos) && o.pos[i+1] > 0 {
				vec.Axpy(dk, 1-s, o.key(grad, i+1)[h*d:][:d])
			}
		}
	}
}
