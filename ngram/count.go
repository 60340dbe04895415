package ngram

import (
	"math"
	"slices"

	"lmzoo/lm"
)

// none marks a missing n-gram and, in a text, a cut that n-grams do not cross.
const none = math.MaxUint32

// level holds the distinct n-grams of one order, sorted by their tokens. The successors of a
// history are therefore adjacent: the successors of n-gram i are child[i] … child[i+1]−1 in the
// next level. In level 1 the index is the token itself.
type level struct {
	word   []uint32 // the last token
	child  []uint32 // len+1 entries; nil at the highest order
	suffix []uint32 // the n-gram without its first token, in the level below
	raw    []uint32 // number of occurrences
	count  []uint32 // the count to smooth: raw, or the number of distinct left neighbours
}

// text is the training text as one stream. A BOS is the </s> of the preceding document and the <s>
// of the following document; none marks a document that ends without </s>.
type text []uint32

// count counts every n-gram of t up to an order, if it begins before limit. A unigram counts as
// beginning one token earlier, because <s> is never counted.
//
// The n-gram of order k+1 at position i consists of the n-gram of order k and the next token. Each
// order therefore takes the positions sorted by that token (one counting sort serves all orders)
// and deals them into a bucket per k-gram, where equal (k+1)-grams are adjacent. The time is linear
// in the text for any order.
func count(t text, limit, order, vocab int) []level {
	levels := make([]level, order)
	levels[0] = level{raw: make([]uint32, vocab)}
	for p := 1; p < len(t) && p <= limit; p++ {
		if t[p] != none && t[p-1] != none {
			levels[0].raw[t[p]]++
		}
	}
	byToken := sortPositions(t, vocab)
	node := []uint32(t) // node[i] is the k-gram that begins at i
	size := make([]uint32, vocab)
	for i := 0; i+1 < len(t); i++ {
		if t[i] != none {
			size[t[i]]++ // number of successors of a token; raw does not count <s>
		}
	}
	for k := 1; k < order; k++ {
		deck := deal(t, limit, byToken, node, size, k)
		next := make([]uint32, len(t))
		for i := range next {
			next[i] = none
		}
		levels[k-1].child, levels[k] = deck.group(node, next)
		node, size = next, levels[k].raw
	}
	return levels
}

// sortPositions returns the positions of t sorted by their tokens, without cuts (a counting sort).
func sortPositions(t text, vocab int) []uint32 {
	start := make([]uint32, vocab+1)
	for _, tok := range t {
		if tok != none {
			start[tok+1]++
		}
	}
	for i := range vocab {
		start[i+1] += start[i]
	}
	positions := make([]uint32, start[vocab])
	for p, tok := range t {
		if tok != none {
			positions[start[tok]] = uint32(p)
			start[tok]++
		}
	}
	return positions
}

// dealt is a text in buckets, one per k-gram, sorted by the next token within each bucket. A bucket
// is filled from both ends, so that two threads can deal: [start, front) and [back, next start).
type dealt struct {
	start, front, back []uint32
	card               []uint64 // next token << 32 | position
}

// deal puts each position i into the bucket of its k-gram, in the order of the token at i+k.
func deal(t text, limit int, byToken, node, size []uint32, k int) dealt {
	d := dealt{start: make([]uint32, len(size)+1)}
	for i, n := range size {
		d.start[i+1] = d.start[i] + n
	}
	d.front, d.back = slices.Clone(d.start[:len(size)]), slices.Clone(d.start[1:])
	d.card = make([]uint64, d.start[len(size)])
	put := func(p uint32) (bucket uint32, card uint64) {
		if int(p) < k || int(p)-k >= limit || k > 1 && t[p-1] == uint32(lm.BOS) {
			return none, 0 // the n-gram would cross the end of a document
		}
		return node[int(p)-k], uint64(t[p])<<32 | uint64(int(p)-k)
	}
	half := len(byToken) / 2
	parallel(2, func(side int) {
		if side == 0 {
			for _, p := range byToken[:half] {
				if b, card := put(p); b != none {
					d.card[d.front[b]] = card
					d.front[b]++
				}
			}
			return
		}
		for _, p := range slices.Backward(byToken[half:]) {
			if b, card := put(p); b != none {
				d.back[b]--
				d.card[d.back[b]] = card
			}
		}
	})
	return d
}

// group numbers the (k+1)-grams, of which equal ones are adjacent, and stores in next the
// (k+1)-gram at each position.
func (d dealt) group(node, next []uint32) (child []uint32, l level) {
	pieces := cut(len(d.front))
	distinct := make([]uint32, len(pieces)+1)
	parallel(len(pieces), func(i int) {
		n := uint32(0)
		for b := pieces[i].lo; b < pieces[i].hi; b++ {
			last := uint64(none)
			d.each(b, func(tok uint64, _ uint32) {
				if tok != last {
					n, last = n+1, tok
				}
			})
		}
		distinct[i+1] = n
	})
	for i := range pieces {
		distinct[i+1] += distinct[i]
	}
	n := distinct[len(pieces)]
	child = make([]uint32, len(d.front)+1)
	child[len(d.front)] = n
	l = level{word: make([]uint32, n), suffix: make([]uint32, n), raw: make([]uint32, n)}
	parallel(len(pieces), func(i int) {
		id := distinct[i]
		for b := pieces[i].lo; b < pieces[i].hi; b++ {
			child[b] = id
			last := uint64(none)
			d.each(b, func(tok uint64, pos uint32) {
				if tok != last {
					last = tok
					l.word[id], l.suffix[id] = uint32(tok), node[pos+1]
					id++
				}
				l.raw[id-1]++
				next[pos] = id - 1
			})
		}
	})
	return child, l
}

// each calls show for the cards of a bucket in order.
func (d dealt) each(bucket int, show func(tok uint64, pos uint32)) {
	for _, card := range d.card[d.start[bucket]:d.front[bucket]] {
		show(card>>32, uint32(card))
	}
	for _, card := range d.card[d.back[bucket]:d.start[bucket+1]] {
		show(card>>32, uint32(card))
	}
}
