package ngram

import (
	"fmt"
	"math"

	"lmzoo/lm"
)

// Cache raises the probability of recent tokens (Kuhn & De Mori 1990, "A Cache-Based Natural
// Language Model for Speech Recognition"). It interpolates another model with the relative
// frequencies of the last tokens of the same document,
//
//	P(w | h) = (1 − λ) P_base(w | h) + λ c(w) / n
//
// where c counts the last n ≤ Window tokens. Before the first token, it is the base model. An
// n-gram model stops counting when training ends. The cache continues to count and so captures the
// topic of a text, which a history of n−1 tokens cannot.
type Cache struct {
	Base   lm.Model
	Lambda float64  // λ
	Window int      // number of tokens to remember
	Skip   lm.Token // a token to ignore, such as <unk>; 0 or −1: none
}

// NewCache returns a cache on top of a model.
func NewCache(base lm.Model, lambda float64, window int, skip lm.Token) (*Cache, error) {
	if !(lambda >= 0 && lambda < 1) {
		return nil, fmt.Errorf("ngram: cache weight %g; want 0 or more, and less than 1", lambda)
	}
	if window < 1 {
		return nil, fmt.Errorf("ngram: cache of %d tokens; want at least 1", window)
	}
	return &Cache{Base: base, Lambda: lambda, Window: window, Skip: skip}, nil
}

// Vocab implements lm.Model.
func (c *Cache) Vocab() int { return c.Base.Vocab() }

// NextLogProbs implements lm.Model.
func (c *Cache) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	r := newRecent(c)
	for _, tok := range lm.SinceBOS(context) {
		r.push(tok)
	}
	return r.blend(c.Base.NextLogProbs(dst, context), c.Lambda)
}

// Score implements lm.Scorer.
func (c *Cache) Score(dst []float64, tokens []lm.Token) []float64 {
	base, r := lm.Score(c.Base, tokens), newRecent(c)
	dst = lm.Grow(dst, len(tokens))
	for i, tok := range tokens {
		dst[i] = r.mix(base[i], tok, c.Lambda)
		r.push(tok)
	}
	return dst
}

// Start implements lm.Stepper.
func (c *Cache) Start() lm.State {
	return &cacheState{c: c, base: lm.Start(c.Base), recent: newRecent(c)}
}

// Fit sets λ to maximise the likelihood of documents, by rounds of expectation maximisation: the
// new λ is the share of tokens attributed to the cache. It returns the nats per token. The
// documents should not be those that the base was trained on.
func (c *Cache) Fit(docs [][]lm.Token, rounds int) float64 {
	type pair struct{ base, cached float64 }
	var pairs []pair // the tokens that have a cache
	alone, tokens := 0.0, 0
	for _, doc := range docs {
		base, r := lm.Score(c.Base, doc), newRecent(c)
		for i, tok := range doc {
			if r.n == 0 {
				alone += base[i]
			} else {
				pairs = append(pairs, pair{math.Exp(base[i]), r.frequency(tok)})
			}
			r.push(tok)
			tokens++
		}
	}
	for round := 0; round < rounds && len(pairs) > 0; round++ {
		sum := 0.0
		for _, p := range pairs {
			if whole := (1-c.Lambda)*p.base + c.Lambda*p.cached; whole > 0 {
				sum += c.Lambda * p.cached / whole
			}
		}
		c.Lambda = sum / float64(len(pairs))
	}
	total := alone
	for _, p := range pairs {
		total += math.Log((1-c.Lambda)*p.base + c.Lambda*p.cached)
	}
	return -total / float64(max(tokens, 1))
}

// recent counts the last tokens of a document.
type recent struct {
	window int
	ring   []lm.Token // grows up to window tokens
	n, at  int        // number of tokens counted, and position of the next one
	count  map[lm.Token]int
	skip   lm.Token
}

func newRecent(c *Cache) *recent {
	skip := c.Skip
	if skip == lm.BOS {
		skip = -1
	}
	return &recent{window: c.Window, count: map[lm.Token]int{}, skip: skip}
}

func (r *recent) push(tok lm.Token) {
	switch {
	case tok == lm.BOS:
		r.n, r.at = 0, 0
		clear(r.count)
		return
	case tok == r.skip:
		return
	case r.n == r.window:
		old := r.ring[r.at]
		if r.count[old]--; r.count[old] == 0 {
			delete(r.count, old)
		}
	default:
		r.n++
	}
	if r.at == len(r.ring) {
		r.ring = append(r.ring, tok)
	}
	r.ring[r.at] = tok
	r.count[tok]++
	if r.at++; r.at == r.window {
		r.at = 0
	}
}

// frequency returns c(w)/n.
func (r *recent) frequency(tok lm.Token) float64 { return float64(r.count[tok]) / float64(r.n) }

// mix returns ln P of a token, given its ln P under the base.
func (r *recent) mix(base float64, tok lm.Token, lambda float64) float64 {
	if r.n == 0 || lambda == 0 {
		return base
	}
	return math.Log((1-lambda)*math.Exp(base) + lambda*r.frequency(tok))
}

// blend mixes the cache into a whole distribution.
func (r *recent) blend(dst []float64, lambda float64) []float64 {
	if r.n == 0 || lambda == 0 {
		return dst
	}
	given := math.Log1p(-lambda)
	for w, p := range dst {
		if r.count[lm.Token(w)] > 0 {
			dst[w] = r.mix(p, lm.Token(w), lambda)
		} else {
			dst[w] = p + given
		}
	}
	return dst
}

// cacheState is a document in progress.
type cacheState struct {
	c      *Cache
	base   lm.State
	recent *recent
}

func (s *cacheState) NextLogProbs(dst []float64) []float64 {
	return s.recent.blend(s.base.NextLogProbs(dst), s.c.Lambda)
}

func (s *cacheState) Push(tok lm.Token) {
	s.base.Push(tok)
	s.recent.push(tok)
}

func (s *cacheState) Clone() lm.State {
	r := *s.recent
	r.ring = append([]lm.Token(nil), r.ring...)
	r.count = make(map[lm.Token]int, len(s.recent.count))
	for tok, n := range s.recent.count {
		r.count[tok] = n
	}
	return &cacheState{c: s.c, base: s.base.Clone(), recent: &r}
}
