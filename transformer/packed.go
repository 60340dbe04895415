package transformer

import (
	"sync"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// packed is the memory of a batch: B rows of T tokens. A row may hold several documents; every
// position sees only its own.
type packed struct {
	m     *Model
	b, t  int
	start []int32 // [B·T] first column of the document of each position
	pos   []int32 // [B·T] position in the document
}

// pack finds the documents in a batch. On a recording tape, the result returns to the pool after
// the backward pass.
func (m *Model) pack(t *autograd.Tape, b, rowLen int, x []lm.Token) *packed {
	p := m.packs.Get().(*packed)
	autograd.Record(t, release{m.packs, p})
	p.m, p.b, p.t = m, b, rowLen
	p.start, p.pos = grow(p.start, b*rowLen), grow(p.pos, b*rowLen)
	spans(p.start, p.pos, rowLen, m.Config.NPositions, x)
	return p
}

// spans finds the documents in rows of tokens: the first column of the document of each position,
// and the position in it. A document begins at a BOS, at the beginning of a row, and after every
// full window.
func spans(start, pos []int32, rowLen, window int, x []lm.Token) {
	for i, tok := range x {
		col := int32(i % rowLen)
		if col == 0 || tok == lm.BOS || int(pos[i-1])+1 == window {
			start[i], pos[i] = col, 0
		} else {
			start[i], pos[i] = start[i-1], pos[i-1]+1
		}
	}
}

func (p *packed) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	smear(t, qkv, p.m.H[layer].Attn.Smear, p.pos, nil)
	return t.Attention(qkv, p.b, p.t, p.m.Config.NHead, p.start, nil, p.m.Config.Dropout)
}

type release struct {
	pool *sync.Pool
	p    *packed
}

func (r release) Backward() { r.pool.Put(r.p) }

// grow returns a slice of n elements, s itself if its capacity suffices.
func grow[E any](s []E, n int) []E {
	if cap(s) < n {
		return make([]E, n)
	}
	return s[:n]
}
