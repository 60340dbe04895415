package transformer

import (
	"slices"

	"lmzoo/autograd"
	"lmzoo/lm"
)

// streams continues several texts together. Every layer multiplies the waiting tokens of all open
// texts by its weights in one product, so the weights are read once for all texts and not once for
// each. Only the attention is computed text by text, because each text has its own keys and values.
//
// The prompts are read in one packed batch, whatever their lengths, and equal prompts are read only
// once: their other streams get copies of the keys and values. A full window moves like the window
// of a State, independently of the other texts: its remaining tokens are encoded again, in the next
// batch.
type streams struct {
	m     cached
	texts []*cache // nil: closed

	// The fields below describe the current batch.
	fresh, later []*cache // texts with waiting tokens; fresh texts have no keys yet
	x, pos       []int32  // the waiting tokens, beginning with the fresh texts
	start        []int32  // start of the text of each token, for fresh texts
	dst          [][]float64

	run func(*autograd.Tape) // predict, bound once to avoid an allocation
}

// Streams returns one stream for each context.
func (m *Model) Streams(contexts [][]lm.Token) lm.Streams {
	return newStreams(m, m.newCache, contexts)
}

// Streams returns one stream for each context.
func (m *Llama) Streams(contexts [][]lm.Token) lm.Streams {
	return newStreams(m, m.newCache, contexts)
}

func newStreams(m cached, newCache func() *cache, contexts [][]lm.Token) *streams {
	s := &streams{m: m, texts: make([]*cache, len(contexts))}
	s.run = s.predict
	first := map[string]int{} // index of the first of equal contexts, by key
	for i, context := range contexts {
		key := keyOf(context)
		if _, ok := first[key]; ok {
			continue
		}
		first[key] = i
		s.texts[i] = newCache()
		s.texts[i].Push(lm.BOS)
		for _, t := range context {
			s.texts[i].Push(t)
		}
	}
	m.WithCrew(s.encode)
	for i, context := range contexts {
		if s.texts[i] == nil {
			s.texts[i] = s.texts[first[keyOf(context)]].Clone().(*cache)
		}
	}
	return s
}

// keyOf returns the tokens as the key of a map.
func keyOf(tokens []lm.Token) string {
	key := make([]byte, 0, 4*len(tokens))
	for _, t := range tokens {
		key = append(key, byte(t), byte(t>>8), byte(t>>16), byte(t>>24))
	}
	return string(key)
}

// Push appends a token to stream i.
func (s *streams) Push(i int, t lm.Token) { s.texts[i].Push(t) }

// Close ends stream i.
func (s *streams) Close(i int) { s.texts[i] = nil }

// NextLogProbs stores ln P(v | stream i) in dst[i][v] for every open stream.
func (s *streams) NextLogProbs(dst [][]float64) [][]float64 {
	for len(dst) < len(s.texts) {
		dst = append(dst, nil)
	}
	s.dst = dst
	s.m.WithCrew(s.run)
	s.dst = nil
	return dst
}

// predict encodes the waiting tokens and computes the distributions of all open streams.
func (s *streams) predict(t *autograd.Tape) {
	s.encode(t)
	n, v := 0, s.m.output().Rows
	for _, text := range s.texts {
		if text != nil {
			n++
		}
	}
	if n == 0 {
		return
	}
	h := t.New(n, s.m.output().Cols) // [n, C]
	i := 0
	for _, text := range s.texts {
		if text != nil {
			copy(h.Row(i), text.h)
			i++
		}
	}
	logits := t.LinearT(h, s.m.output(), nil) // [n, V]
	i = 0
	for j, text := range s.texts {
		if text == nil {
			continue
		}
		s.dst[j] = lm.Grow(s.dst[j], v)
		t.LogSoftmax(s.dst[j], logits.Row(i))
		i++
	}
}

// encode computes the keys, the values and the last hidden vectors of all waiting tokens.
func (s *streams) encode(t *autograd.Tape) {
	s.gather()
	if len(s.x) == 0 {
		return
	}
	h := s.m.forward(t, s.x, s.pos, s) // [n, C]
	i := 0
	for _, texts := range [2][]*cache{s.fresh, s.later} {
		for _, text := range texts {
			x, _ := text.waiting()
			i += len(x)
			copy(text.h, h.Row(i-1))
			text.done += len(x)
		}
	}
}

// gather collects the waiting tokens of the open texts.
func (s *streams) gather() {
	s.fresh, s.later = s.fresh[:0], s.later[:0]
	s.x, s.pos, s.start = s.x[:0], s.pos[:0], s.start[:0]
	for _, text := range s.texts {
		switch {
		case text == nil || text.done == len(text.tokens):
		case text.done == 0:
			s.fresh = append(s.fresh, text)
		default:
			s.later = append(s.later, text)
		}
	}
	for _, text := range s.fresh {
		s.start = append(s.start, slices.Repeat([]int32{int32(len(s.x))}, len(text.tokens))...)
		s.add(text)
	}
	for _, text := range s.later {
		s.add(text)
	}
}

func (s *streams) add(text *cache) {
	x, pos := text.waiting()
	s.x, s.pos = append(s.x, x...), append(s.pos, pos...)
}

// attend stores the new keys and values of every text and computes the attention of its new
// queries. The fresh texts form one packed row, as documents of a training batch do.
func (s *streams) attend(t *autograd.Tape, layer int, qkv *autograd.Tensor) *autograd.Tensor {
	i := 0
	for _, texts := range [2][]*cache{s.fresh, s.later} {
		for _, text := range texts {
			x, _ := text.waiting()
			if len(x) == 1 && text.smear == nil { // without a view, for speed
				text.storeRow(layer, text.done, qkv.Row(i))
			} else {
				text.store(t, layer, t.Const(len(x), qkv.Cols, qkv.Data[i*qkv.Cols:]))
			}
			i += len(x)
		}
	}
	n := len(s.start)
	if n == 0 {
		return s.continued(t, layer, qkv, t.New(qkv.Rows, s.m.output().Cols), 0)
	}
	packed := t.Const(n, qkv.Cols, qkv.Data)
	first := s.fresh[0]
	att := t.GroupedAttention(packed, 1, n, first.heads, first.groups, s.start, nil, 0) // [n, C]
	if n == qkv.Rows {
		return att
	}
	all := t.New(qkv.Rows, att.Cols)
	copy(all.Data, att.Data)
	return s.continued(t, layer, qkv, all, n)
}

// continued fills att from row on, with the attention over the caches.
func (s *streams) continued(
	t *autograd.Tape, layer int, qkv, att *autograd.Tensor, row int,
) *autograd.Tensor {
	for _, text := range s.later {
		x, _ := text.waiting()
		for j := range x {
			t.AttentionStep(att.Row(row), qkv.Row(row)[:att.Cols], text.k[layer], text.v[layer],
				text.done+j+1, text.heads, text.groups)
			row++
		}
	}
	return att
}
