package corpus

import (
	"slices"
	"strings"
	"sync"

	"lmzoo/lm"
)

// BPE is byte-pair encoding (Gage 1994; for words, Sennrich et al. 2016; over bytes, Radford et al.
// 2019). Encoding starts from single bytes and repeatedly joins the pair that was learned earliest,
// until no learned pair is left. Frequent words become one token, rare words a few, and nothing is
// unknown. Token 1+b is the byte b; token 257+i is the result of merge i. A BPE is safe for
// concurrent use.
type BPE struct {
	merges []Merge
	rank   map[Merge]lm.Token // the token of a pair; pairs learned earlier have smaller tokens
	bytes  []string           // the bytes of each token
	cache  pieceCache
}

// Merge is a pair of adjacent tokens that become one.
type Merge [2]lm.Token

func newBPE(merges []Merge) *BPE {
	b := &BPE{merges: merges, rank: make(map[Merge]lm.Token, len(merges)),
		bytes: make([]string, byteTokens, byteTokens+len(merges))}
	for i := range 256 {
		b.bytes[1+i] = string([]byte{byte(i)})
	}
	for _, m := range merges {
		b.rank[m] = lm.Token(len(b.bytes))
		b.bytes = append(b.bytes, b.bytes[m[0]]+b.bytes[m[1]])
	}
	return b
}

// Name returns "bpe".
func (b *BPE) Name() string { return "bpe" }

// Vocab returns the number of tokens: BOS, 256 bytes and the merges.
func (b *BPE) Vocab() int { return len(b.bytes) }

// Merges returns the pairs in the order in which they were learned.
func (b *BPE) Merges() []Merge { return slices.Clone(b.merges) }

// Encode appends the tokens of text; no token crosses the boundary between two pieces.
func (b *BPE) Encode(dst []lm.Token, text string) []lm.Token {
	for text != "" {
		n := nextPiece(text)
		dst = b.encodePiece(dst, text[:n])
		text = text[n:]
	}
	return dst
}

// scanLimit is the longest piece for which scanning for the best pair is faster than a heap of all
// pairs.
const scanLimit = 32

func (b *BPE) encodePiece(dst []lm.Token, piece string) []lm.Token {
	if len(piece) == 1 {
		return append(dst, 1+lm.Token(piece[0]))
	}
	if tokens, ok := b.cache.get(piece); ok {
		return append(dst, tokens...)
	}
	begin := len(dst)
	dst = Byte{}.Encode(dst, piece)
	if len(piece) <= scanLimit {
		dst = dst[:begin+len(b.mergeScan(dst[begin:]))]
	} else {
		dst = dst[:begin+len(b.mergeHeap(dst[begin:]))]
	}
	b.cache.put(piece, dst[begin:])
	return dst
}

// mergeScan joins the earliest learned pair, the leftmost if it occurs several times, until none is
// left. It works in place, in quadratic time.
func (b *BPE) mergeScan(s []lm.Token) []lm.Token {
	for {
		best, at := lm.Token(0), 0
		for i := range len(s) - 1 {
			if t, ok := b.rank[Merge{s[i], s[i+1]}]; ok && (best == 0 || t < best) {
				best, at = t, i
			}
		}
		if best == 0 {
			return s
		}
		s[at] = best
		s = slices.Delete(s, at+1, at+2)
	}
}

// mergeHeap is mergeScan in n log n time, for very long pieces, such as a text without spaces. The
// tokens form a linked list; a heap holds the pairs, some of them out of date.
func (b *BPE) mergeHeap(s []lm.Token) []lm.Token {
	n := len(s)
	next, prev := make([]int32, n), make([]int32, n)
	var todo heap[candidate]
	push := func(i int32) {
		if j := next[i]; int(j) < n {
			if t, ok := b.rank[Merge{s[i], s[j]}]; ok {
				todo.push(candidate{t, i})
			}
		}
	}
	for i := range n {
		next[i], prev[i] = int32(i+1), int32(i-1)
	}
	for i := range n {
		push(int32(i))
	}
	for len(todo) > 0 {
		c := todo.pop()
		i := c.at
		j := next[i]
		if s[i] == 0 || int(j) >= n || b.rank[Merge{s[i], s[j]}] != c.token {
			continue // one of the two has since been joined to another token
		}
		s[i], s[j] = c.token, 0
		next[i] = next[j]
		if int(next[i]) < n {
			prev[next[i]] = i
		}
		if prev[i] >= 0 {
			push(prev[i])
		}
		push(i)
	}
	return slices.DeleteFunc(s, func(t lm.Token) bool { return t == 0 })
}

// candidate is the token that a pair would become, and the position of the pair.
type candidate struct {
	token lm.Token
	at    int32
}

//lint:ignore U1000 heap calls it through its type parameter
func (c candidate) before(d candidate) bool {
	return c.token < d.token || c.token == d.token && c.at < d.at
}

// Decode joins the bytes of the tokens.
func (b *BPE) Decode(tokens []lm.Token) string {
	var text []byte
	for _, t := range tokens {
		if t > lm.BOS && int(t) < len(b.bytes) {
			text = append(text, b.bytes[t]...)
		}
	}
	return string(text)
}

// Text returns a printable form of the bytes of the token, which need not be whole characters.
func (b *BPE) Text(t lm.Token) string {
	if t == lm.BOS {
		return bosText
	}
	return visible(b.Decode([]lm.Token{t}))
}

// Bytes returns the number of bytes of the token.
func (b *BPE) Bytes(t lm.Token) int {
	if t > lm.BOS && int(t) < len(b.bytes) {
		return len(b.bytes[t])
	}
	return 0
}

// pieceCache stores the tokens of pieces. By Zipf's law a few pieces make up most of any text.
type pieceCache struct {
	mu     sync.RWMutex
	tokens map[string][]lm.Token
}

// A full cache is not changed, because frequent pieces come early.
const (
	cachedPieces = 1 << 16
	cachedBytes  = 64 // longer pieces rarely recur
)

func (c *pieceCache) get(piece string) ([]lm.Token, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	tokens, ok := c.tokens[piece]
	return tokens, ok
}

func (c *pieceCache) put(piece string, tokens []lm.Token) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(piece) > cachedBytes || len(c.tokens) >= cachedPieces {
		return
	}
	if c.tokens == nil {
		c.tokens = map[string][]lm.Token{}
	}
	c.tokens[strings.Clone(piece)] = slices.Clone(tokens)
}
