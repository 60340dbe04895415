package ngram

import (
	"math"
	"slices"

	"lmzoo/lm"
)

// none stands for an n-gram that is not there, and in a text for a cut: nothing reaches across it.
const none = math.MaxUint32

// level holds the distinct n-grams of one order, sorted by their tokens, so that the successors of a
// history stand side by side: those of n-gram i are child[i] … child[i+1]−1 in the next level.
// In level 1 the index is the token itself.
type level struct {
	word   []uint32 // the last token
	child  []uint32 // len+1 entries; nil at the highest order
	suffix []uint32 // the n-gram without its first token, in the level below
	raw    []uint32 // how often it occurs
	count  []uint32 // the count that is smoothed: raw, or the number of distinct left neighbours
}

// text is the training text as one stream: a BOS is </s> of the document before it and <s> of the one
// after it; none cuts where a document ends without </s>.
type text []uint32

// count finds every n-gram of t up to an order that begins before a limit; a unigram counts as one that
// begins a token earlier, since <s> is never counted.
//
// The n-grams of order k+1 that begin at position i are those of order k there and the token behind. So
// each order takes the positions in the order of that token (one counting sort serves all orders), deals
// them into a bucket per k-gram, and finds equal ones side by side: time linear in the text, at any order.
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
			size[t[i]]++ // how often a token has a successor; raw is not enough, since it does not count <s>
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

// sortPositions returns the positions of t in the order of their tokens, cuts left out (a counting sort).
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

// dealt is a text dealt into buckets, one per k-gram, and sorted by the next token within each. A bucket
// is filled from both ends at once, so that two processors can deal: [start, front) and [back, next start).
type dealt struct {
	start, front, back []uint32
	card               []uint64 // next token << 32 | position
}

// deal puts position i of every k-gram into the bucket of the k-gram, in the order of the token at i+k.
func deal(t text, limit int, byToken, node, size []uint32, k int) dealt {
	d := dealt{start: make([]uint32, len(size)+1)}
	for i, n := range size {
		d.start[i+1] = d.start[i] + n
	}
	d.front, d.back = slices.Clone(d.start[:len(size)]), slices.Clone(d.start[1:])
	d.card = make([]uint64, d.start[len(size)])
	put := func(p uint32) (bucket uint32, card uint64) {
		if int(p) < k || int(p)-k >= limit || k > 1 && t[p-1] == uint32(lm.BOS) {
			return none, 0 // a BOS inside: its document is over
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

// group numbers the (k+1)-grams, which now stand side by side, and notes in next which one begins where.
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

// each shows the cards of a bucket in order.
func (d dealt) each(bucket int, show func(tok uint64, pos uint32)) {
	for _, card := range d.card[d.start[bucket]:d.front[bucket]] {
		show(card>>32, uint32(card))
	}
	for _, card := range d.card[d.back[bucket]:d.start[bucket+1]] {
		show(card>>32, uint32(card))
	}
}
