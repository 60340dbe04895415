package ngram

import (
	"sort"

	"lmzoo/lm"
)

// asKenLM makes counts of counts equal to those of KenLM, which enters the last n-gram of each
// lower order with its occurrences instead of its left neighbours (adjust_counts.cc, the loop after
// the last n-gram). With thousands of words this has no effect, but with a hundred characters it
// changes the discounts, and with them the probabilities, by about one per cent.
//
// KenLM sorts n-grams from the last token to the first, and tokens by first appearance; the last
// unigram is therefore the token that appeared last, the last bigram ends in it, and so on, until
// an n-gram begins with <s>.
func asKenLM(levels []level, appeared []uint32, counts [][5]int) {
	last := uint32(0)
	for w, n := range appeared {
		if levels[0].raw[w] > 0 && n > appeared[last] {
			last = uint32(w)
		}
	}
	for k := range levels[:len(levels)-1] {
		l := &levels[k]
		move(&counts[k], l.count[last], l.raw[last])
		if k > 0 && firstToken(levels, k, last) == uint32(lm.BOS) {
			return
		}
		next, newest := uint32(none), uint32(0)
		for i, s := range levels[k+1].suffix {
			if s != last {
				continue
			}
			if n := appeared[firstToken(levels, k+1, uint32(i))]; next == none || n > newest {
				next, newest = uint32(i), n
			}
		}
		if next == none {
			return
		}
		last = next
	}
}

// move moves an n-gram from one count to another in the counts of counts.
func move(t *[5]int, from, to uint32) {
	if 0 < from && from < 5 {
		t[from]--
	}
	if 0 < to && to < 5 {
		t[to]++
	}
}

// firstToken returns the first token of n-gram i of level k.
func firstToken(levels []level, k int, i uint32) uint32 {
	for ; k > 0; k-- {
		child := levels[k-1].child
		i = uint32(sort.Search(len(child)-1, func(x int) bool { return child[x+1] > i }))
	}
	return i
}

// appearance numbers the tokens of a text by their first appearance, from 1; BOS has 0.
func appearance(appeared []uint32, t text) {
	n := uint32(0)
	for _, a := range appeared {
		n = max(n, a)
	}
	for _, tok := range t {
		if tok != none && tok != uint32(lm.BOS) && appeared[tok] == 0 {
			n++
			appeared[tok] = n
		}
	}
}
