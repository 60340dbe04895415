package transformer

import (
	"lmzoo/autograd"
	"lmzoo/lm"
)

// llamaCache is the State of a Llama: the rotated keys and the values of every token in the window.
// Only the K heads of keys and values are kept, which is the purpose of grouped-query attention. A
// full window moves like that of a GPT: the oldest Stride tokens are dropped and the others are
// encoded again. Rotated keys would remain valid, but the vectors that they were computed from have
// seen the dropped tokens.
type llamaCache struct {
	window
	m    *Llama
	k, v [][]float32 // per layer [W, K·D]; rows 0 … done−1 are filled
	h    []float32   // [C] the last hidden vector
}

// Start returns the state after BOS.
func (m *Llama) Start() lm.State {
	s := m.newCache()
	s.Push(lm.BOS)
	return s
}

func (m *Llama) newCache() *llamaCache {
	c, layers := &m.Config, m.Config.NumHiddenLayers
	s := &llamaCache{
		window: newWindow(c.MaxPositionEmbeddings, c.Stride),
		m:      m,
		k:      make([][]float32, layers),
		v:      make([][]float32, layers),
		h:      make([]float32, c.HiddenSize),
	}
	size := c.MaxPositionEmbeddings * c.NumKeyValueHeads * c.headSize()
	for l := range layers {
		s.k[l], s.v[l] = make([]float32, size), make([]float32, size)
	}
	return s
}

// NextLogProbs stores ln P(v | the tokens so far) in dst[v] for every token v.
func (s *llamaCache) NextLogProbs(dst []float64) []float64 {
	return s.m.LogProbs(dst, func(t *autograd.Tape) *autograd.Tensor {
		s.encode(t)
		return t.LinearT(t.Const(1, len(s.h), s.h), s.m.output(), nil) // [1, V]
	})
}

// encode computes the keys, the values and the last hidden vector of the waiting tokens.
func (s *llamaCache) encode(t *autograd.Tape) {
	x, pos := s.waiting()
	if len(x) == 0 {
		return
	}
	h := s.m.forward(t, x, pos, s) // [n, C]
	copy(s.h, h.Row(h.Rows-1))
	s.done += len(x)
}

// attend stores the new keys and values and computes the attention of the new queries over all
// positions up to their own.
func (s *llamaCache) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	c := &s.m.Config
	q, kv := c.HiddenSize, c.NumKeyValueHeads*c.headSize()
	k, v := s.k[layer], s.v[layer] // [W, K·D]
	for i := range qkv.Rows {
		copy(k[(s.done+i)*kv:][:kv], qkv.Row(i)[q:])
		copy(v[(s.done+i)*kv:][:kv], qkv.Row(i)[q+kv:])
	}
	if s.done == 0 { // the cache is empty, so use the attention of training
		return t.GroupedAttention(qkv, 1, qkv.Rows, c.NumAttentionHeads, c.NumKeyValueHeads, nil,
			nil, 0)
	}
	att := t.New(qkv.Rows, q) // [n, C]
	for i := range qkv.Rows {
		t.AttentionStep(att.Row(i), qkv.Row(i)[:q], k, v, s.done+i+1, c.NumAttentionHeads,
			c.NumKeyValueHeads)
	}
	return att
}

// Clone returns an independent copy.
func (s *llamaCache) Clone() lm.State {
	twin := s.m.newCache()
	twin.tokens, twin.done = append(twin.tokens, s.tokens...), s.done
	copy(twin.h, s.h)
	n := s.done * s.m.Config.NumKeyValueHeads * s.m.Config.headSize()
	for l := range s.k {
		copy(twin.k[l][:n], s.k[l])
		copy(twin.v[l][:n], s.v[l])
	}
	return twin
}
