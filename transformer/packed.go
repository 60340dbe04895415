package transformer

import (
	"sync"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// packed is the memory of a batch: B rows of T tokens, where a row may hold several documents one after
// the other and every position sees its own document only.
type packed struct {
	m     *Model
	b, t  int
	start []int32 // [B·T] where in its row the document of each position begins
	pos   []int32 // [B·T] position in the document
}

// pack finds the documents in a batch. The record it leaves on the tape gives the memory back once the
// last gradient has been computed.
func (m *Model) pack(t *autograd.Tape, b, rowLen int, x []lm.Token) *packed {
	p := m.packs.Get().(*packed)
	autograd.Record(t, unpack{m.packs, p})
	p.m, p.b, p.t = m, b, rowLen
	p.start, p.pos = grow(p.start, b*rowLen), grow(p.pos, b*rowLen)
	for i, tok := range x {
		col := int32(i % rowLen)
		begin := col == 0 || tok == lm.BOS || int(p.pos[i-1])+1 == m.Config.NPositions
		if begin { // also where a document outgrows the window, which has no more positions
			p.start[i], p.pos[i] = col, 0
		} else {
			p.start[i], p.pos[i] = p.start[i-1], p.pos[i-1]+1
		}
	}
	return p
}

func (p *packed) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	smear(t, qkv, p.m.H[layer].Attn.Smear, p.pos, nil)
	return t.Attention(qkv, p.b, p.t, p.m.Config.NHead, p.start, nil, p.m.Config.Dropout)
}

type unpack struct {
	pool *sync.Pool
	p    *packed
}

func (u unpack) Backward() { u.pool.Put(u.p) }

// grow returns a slice of n elements, s itself if it is large enough.
func grow[E any](s []E, n int) []E {
	if cap(s) < n {
		return make([]E, n)
	}
	return s[:n]
}
