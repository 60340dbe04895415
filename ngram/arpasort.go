package ngram

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// grams returns the n-grams as sorted levels.
func (a *arpaReader) grams() (grams, error) {
	if len(a.words) == 0 {
		return grams{}, errors.New("no unigrams")
	}
	for k := 2; k <= len(a.orders); k++ {
		if i := a.orders[k-1].sort(k, len(a.words)); i >= 0 {
			var text []string
			for _, w := range a.orders[k-1].row(i, k) {
				text = append(text, a.words[w])
			}
			return grams{}, fmt.Errorf("the %d-gram %q occurs twice", k, strings.Join(text, " "))
		}
	}
	for k := len(a.orders); k > 2; k-- {
		a.orders[k-2].addHistories(&a.orders[k-1], k, len(a.words))
	}
	g := grams{order: len(a.orders), word: make([][]uint32, len(a.orders)),
		child: make([][]uint32, len(a.orders))}
	for k := range a.orders {
		a.fillBlanks(k + 1)
		o := &a.orders[k]
		g.prob, g.backoff = append(g.prob, o.prob), append(g.backoff, o.backoff)
		if k > 0 {
			g.word[k], g.child[k-1] = link(k, o, &a.orders[k-1])
		}
	}
	g.backoff[g.order-1] = nil
	return g, nil
}

// row returns the words of entry i.
func (o *arpaOrder) row(i, k int) []uint32 { return o.words[i*k : (i+1)*k] }

// find returns the entry of an n-gram, or −1. The entries must be sorted.
func (o *arpaOrder) find(gram []uint32) int {
	k := len(gram)
	if k == 1 {
		return int(gram[0])
	}
	i, ok := sort.Find(len(o.prob), func(i int) int { return slices.Compare(gram, o.row(i, k)) })
	if !ok {
		return -1
	}
	return i
}

// sort sorts the entries by their tokens, and returns a duplicate, or −1. It is a radix sort:
// stable passes from the last token to the first.
func (o *arpaOrder) sort(k, vocab int) int {
	if o.sorted(k) {
		return -1
	}
	order, next := make([]uint32, len(o.prob)), make([]uint32, len(o.prob))
	for i := range order {
		order[i] = uint32(i)
	}
	for column := k - 1; column >= 0; column-- {
		start := make([]uint32, vocab+1)
		for i := range order {
			start[o.words[i*k+column]+1]++
		}
		for w := range vocab {
			start[w+1] += start[w]
		}
		for _, i := range order {
			w := o.words[int(i)*k+column]
			next[start[w]] = i
			start[w]++
		}
		order, next = next, order
	}
	out := arpaOrder{words: make([]uint32, 0, len(o.words)), prob: pick(o.prob, order),
		backoff: pick(o.backoff, order)}
	for n, i := range order {
		if n > 0 && slices.Equal(o.row(int(order[n-1]), k), o.row(int(i), k)) {
			return int(i)
		}
		out.words = append(out.words, o.row(int(i), k)...)
	}
	*o = out
	return -1
}

// sorted reports whether the entries are in strictly ascending order.
func (o *arpaOrder) sorted(k int) bool {
	for i := 1; i < len(o.prob); i++ {
		if slices.Compare(o.row(i-1, k), o.row(i, k)) >= 0 {
			return false
		}
	}
	return true
}

// addHistories adds the histories of n-grams of order k that are missing from order k−1, as in some
// pruned files. They are blank: their probability is NaN.
func (o *arpaOrder) addHistories(above *arpaOrder, k, vocab int) {
	at, n := 0, len(o.prob)
	for i := range above.prob {
		history := above.row(i, k)[:k-1]
		if i > 0 && slices.Equal(history, above.row(i-1, k)[:k-1]) {
			continue
		}
		for at < n && slices.Compare(o.row(at, k-1), history) < 0 {
			at++
		}
		if at == n || !slices.Equal(o.row(at, k-1), history) {
			o.words = append(o.words, history...)
			o.prob, o.backoff = append(o.prob, float32(math.NaN())), append(o.backoff, 0)
		}
	}
	o.sort(k-1, vocab)
}

// fillBlanks sets the probability of blank n-grams to that of backing off.
func (a *arpaReader) fillBlanks(k int) {
	o := &a.orders[k-1]
	for i, p := range o.prob {
		if p != p {
			gram := o.row(i, k)
			o.prob[i] = min(a.weight(gram[:k-1])+a.log(gram[1:]), 0)
		}
	}
}

// log returns log10 P of the last token of an n-gram after the others, as ARPA files define it.
func (a *arpaReader) log(gram []uint32) float32 {
	if i := a.orders[len(gram)-1].find(gram); i >= 0 {
		return a.orders[len(gram)-1].prob[i]
	}
	return a.weight(gram[:len(gram)-1]) + a.log(gram[1:])
}

// weight returns log10 γ of a history.
func (a *arpaReader) weight(history []uint32) float32 {
	o := &a.orders[len(history)-1]
	if i := o.find(history); i >= 0 {
		return o.backoff[i]
	}
	return 0
}

// link returns the last words of level k, and where the successors of each history of level k−1
// begin in it.
func link(k int, o, below *arpaOrder) (word, child []uint32) {
	n := len(o.prob)
	word, child = make([]uint32, n), make([]uint32, len(below.prob)+1)
	i := 0
	for x := range below.prob {
		child[x] = uint32(i)
		history := []uint32{uint32(x)}
		if k > 1 {
			history = below.row(x, k)
		}
		for i < n && slices.Equal(o.row(i, k+1)[:k], history) {
			word[i] = o.row(i, k+1)[k]
			i++
		}
	}
	child[len(below.prob)] = uint32(n)
	return word, child
}
