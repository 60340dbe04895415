package transformer

import (
	"slices"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// cache is the State of a GPT or a Llama: the keys and values of every token in the window (the KV
// cache). They never change, and later positions need nothing else from a token. Pushed tokens wait
// until a prediction is requested and are then encoded together, so a prompt is read as fast as a
// training batch.
//
// A full window moves by Stride tokens: the oldest tokens are dropped and the others are encoded
// again from position 0. The model's NextLogProbs and Score follow the same rule.
type cache struct {
	window
	m      cached
	heads  int         // H, number of query heads
	groups int         // K, number of heads of keys and values
	k, v   [][]float32 // per layer [W, K·D]; rows 0 … done−1 are filled
	h      []float32   // [C] the last hidden vector

	logits func(*autograd.Tape) *autograd.Tensor // next, bound once to avoid an allocation

	smear []*autograd.Tensor // per layer [1, H]; nil: none
	raw   [][]float32        // per layer [C] the last key before smearing
}

// cached is a model that generates from a cache.
type cached interface {
	forward(t *autograd.Tape, x, pos []int32, memory memory) *autograd.Tensor
	output() *autograd.Tensor
	LogProbs(dst []float64, logits func(*autograd.Tape) *autograd.Tensor) []float64
	WithCrew(f func(t *autograd.Tape))
}

func newCache(m cached, w, stride, layers, channels, heads, groups int) *cache {
	s := &cache{
		window: newWindow(w, stride), m: m, heads: heads, groups: groups,
		k: make([][]float32, layers), v: make([][]float32, layers), h: make([]float32, channels),
	}
	s.logits = s.next
	for l := range layers {
		s.k[l], s.v[l] = make([]float32, w*s.width()), make([]float32, w*s.width())
	}
	return s
}

// width returns K·D, the channels of a position's keys.
func (s *cache) width() int { return len(s.h) / s.heads * s.groups }

// window holds the tokens that a State sees.
type window struct {
	tokens []lm.Token // at most W tokens, the newest last
	pos    []int32    // 0 … W−1
	done   int        // number of encoded tokens
	stride int
}

func newWindow(w, stride int) window {
	s := window{tokens: make([]lm.Token, 0, w), pos: make([]int32, w), stride: stride}
	for i := range s.pos {
		s.pos[i] = int32(i)
	}
	return s
}

// Push appends a token; BOS clears the window.
func (s *window) Push(tok lm.Token) {
	switch {
	case tok == lm.BOS:
		s.tokens, s.done = s.tokens[:0], 0
	case len(s.tokens) == cap(s.tokens):
		s.tokens, s.done = slices.Delete(s.tokens, 0, s.stride), 0
	}
	s.tokens = append(s.tokens, tok)
}

// read starts a document and appends its tokens.
func (s *window) read(tokens []lm.Token) {
	s.Push(lm.BOS)
	for _, tok := range tokens {
		s.Push(tok)
	}
}

// waiting returns the tokens that are not yet encoded, and their positions.
func (s *window) waiting() (tokens []lm.Token, pos []int32) {
	return s.tokens[s.done:], s.pos[s.done:len(s.tokens)]
}

// Start returns the state after BOS.
func (m *Model) Start() lm.State {
	s := m.newCache()
	s.Push(lm.BOS)
	return s
}

func (m *Model) newCache() *cache {
	c := &m.Config
	s := newCache(m, c.NPositions, c.Stride, len(m.H), c.NEmbd, c.NHead, c.NHead)
	if c.Smear {
		for _, b := range m.H {
			s.smear = append(s.smear, b.Attn.Smear)
			s.raw = append(s.raw, make([]float32, c.NEmbd))
		}
	}
	return s
}

// NextLogProbs stores ln P(v | the tokens so far) in dst[v] for every token v.
func (s *cache) NextLogProbs(dst []float64) []float64 { return s.m.LogProbs(dst, s.logits) }

// next encodes the waiting tokens and returns the logits of the next token.
func (s *cache) next(t *autograd.Tape) *autograd.Tensor {
	s.encode(t)
	return t.LinearT(t.Const(1, len(s.h), s.h), s.m.output(), nil) // [1, V]
}

// encode computes the keys, the values and the last hidden vector of the waiting tokens.
func (s *cache) encode(t *autograd.Tape) {
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
func (s *cache) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	s.store(t, layer, qkv)
	if s.done == 0 { // the cache is empty, so use the attention of training
		return t.GroupedAttention(qkv, 1, qkv.Rows, s.heads, s.groups, nil, nil, 0)
	}
	c := len(s.h)
	att := t.New(qkv.Rows, c) // [n, C]
	for i := range qkv.Rows {
		t.AttentionStep(att.Row(i), qkv.Row(i)[:c], s.k[layer], s.v[layer], s.done+i+1, s.heads,
			s.groups)
	}
	return att
}

// store copies the new keys, smeared, and the new values into the cache.
func (s *cache) store(t *autograd.Tape, layer int, qkv *autograd.Tensor) {
	if s.smear != nil {
		_, pos := s.waiting()
		smear(t, qkv, s.smear[layer], pos, s.raw[layer])
	}
	for i := range qkv.Rows {
		s.storeRow(layer, s.done+i, qkv.Row(i))
	}
}

// storeRow copies the key and the value of a position into the cache.
func (s *cache) storeRow(layer, at int, qkv []float32) {
	c, w := len(s.h), s.width()
	copy(s.k[layer][at*w:][:w], qkv[c:])
	copy(s.v[layer][at*w:][:w], qkv[c+w:])
}

// Clone returns an independent copy.
func (s *cache) Clone() lm.State {
	twin := newCache(s.m, cap(s.tokens), s.stride, len(s.k), len(s.h), s.heads, s.groups)
	twin.tokens, twin.done = append(twin.tokens, s.tokens...), s.done
	copy(twin.h, s.h)
	for l := range s.k {
		n := s.done * s.width()
		copy(twin.k[l][:n], s.k[l])
		copy(twin.v[l][:n], s.v[l])
	}
	twin.smear = s.smear
	for _, raw := range s.raw {
		twin.raw = append(twin.raw, slices.Clone(raw))
	}
	return twin
}
