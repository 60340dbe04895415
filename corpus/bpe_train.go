package corpus

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"unicode/utf8"

	"lmzoo/lm"
)

// defaultBPEVocab is enough for a megabyte of text in a script with few letters.
const defaultBPEVocab = 1024

// A pair must occur more than once to be merged. The length of a token is bounded, so that a page
// of one repeated character does not become a token.
const (
	minMergeCount = 2
	maxTokenBytes = 256
)

// TrainBPE learns merges until there are vocab tokens, or until no pair occurs twice:
//
//	repeat: join the most frequent pair of neighbours, everywhere
//
// Among equally frequent pairs, the pair of older tokens is merged first. Rescanning the text for
// every merge would take hours. Instead, each distinct piece is stored once with its count, every
// pair has a list of its positions, and a heap yields the most frequent pair.
//
// If vocab is 0, the vocabulary has 1024 tokens, or more if the alphabet of the text needs more.
func TrainBPE(docs []Document, vocab int) (*BPE, error) {
	pieces := countPieces(textsOf(docs), nextPiece)
	return learnBPE(pieces, cmp.Or(vocab, max(defaultBPEVocab, bpeAlphabet(pieces))))
}

// trainBPE is TrainBPE for any sequence of texts. It refuses a vocabulary that cannot hold every
// character of the text: Chinese in single bytes is three times as long as in characters, and a
// model learns it badly.
func trainBPE(texts iter.Seq[string], vocab int) (*BPE, error) {
	pieces := countPieces(texts, nextPiece)
	needed := bpeAlphabet(pieces)
	if vocab == 0 {
		vocab = max(defaultBPEVocab, needed)
	}
	if vocab >= byteTokens && vocab < needed {
		return nil, tooSmall("bpe", vocab, needed, fmt.Sprintf("one for each byte, %d characters "+
			"of several bytes and the document boundary", needed-byteTokens))
	}
	return learnBPE(pieces, vocab)
}

// bpeAlphabet returns the number of tokens for the bytes and for those characters of several bytes
// that occur often enough to be joined.
func bpeAlphabet(pieces map[string]int) int {
	counts := map[rune]int{}
	for piece, n := range pieces {
		for i, r := range piece {
			if _, size := utf8.DecodeRuneInString(piece[i:]); size > 1 {
				counts[r] += n
			}
		}
	}
	tokens := byteTokens
	for _, n := range counts {
		if n >= minMergeCount {
			tokens++
		}
	}
	return tokens
}

func learnBPE(pieces map[string]int, vocab int) (*BPE, error) {
	if vocab < byteTokens {
		return nil, tooSmall("bpe", vocab, byteTokens,
			"one for each byte and the document boundary")
	}
	t := newBPETrainer(pieces)
	var merges []Merge
	length := make([]int, byteTokens)
	for i := range length {
		length[i] = 1
	}
	for len(length) < vocab {
		pair, ok := t.mostFrequent()
		if !ok {
			break
		}
		n := length[pair[0]] + length[pair[1]]
		if n > maxTokenBytes {
			continue // it has left the heap for good
		}
		t.join(pair, lm.Token(len(length)))
		length = append(length, n)
		merges = append(merges, pair)
	}
	return newBPE(merges), nil
}

// bpeTrainer holds the text as symbols, each distinct piece once, and the positions of each pair.
type bpeTrainer struct {
	symbols    []symbol
	pairs      map[Merge]*pairStat
	byCount    heap[pairCount] // counts may be out of date, but only too high
	touched    []Merge         // pairs that the last merge made more frequent
	touchedSet map[Merge]bool
}

// symbol is a token of a piece. Positions are stable: a symbol that has been joined to the previous
// one is dead.
type symbol struct {
	token      lm.Token // 0: dead
	prev, next int32    // −1: the end of the piece
	count      int      // occurrences of the piece
}

type pairStat struct {
	count int
	at    []int32 // positions where the pair was found; it may be gone by now
}

type pairCount struct {
	count int
	pair  Merge
}

//lint:ignore U1000 heap calls it through its type parameter
func (p pairCount) before(q pairCount) bool {
	if p.count != q.count {
		return p.count > q.count
	}
	return p.pair[0] < q.pair[0] || p.pair[0] == q.pair[0] && p.pair[1] < q.pair[1]
}

func newBPETrainer(pieces map[string]int) *bpeTrainer {
	t := &bpeTrainer{pairs: map[Merge]*pairStat{}, touchedSet: map[Merge]bool{}}
	for _, piece := range slices.Sorted(maps.Keys(pieces)) {
		for i := range len(piece) {
			at := int32(len(t.symbols))
			s := symbol{token: 1 + lm.Token(piece[i]), prev: at - 1, next: at + 1,
				count: pieces[piece]}
			if i == 0 {
				s.prev = -1
			}
			if i == len(piece)-1 {
				s.next = -1
			}
			t.symbols = append(t.symbols, s)
		}
	}
	for at := range t.symbols {
		t.add(int32(at))
	}
	t.pushTouched()
	return t
}

// pairAt returns the pair that begins at a position.
func (t *bpeTrainer) pairAt(at int32) (Merge, bool) {
	if at < 0 || t.symbols[at].token == 0 || t.symbols[at].next < 0 {
		return Merge{}, false
	}
	return Merge{t.symbols[at].token, t.symbols[t.symbols[at].next].token}, true
}

// add counts the pair that begins at a position.
func (t *bpeTrainer) add(at int32) {
	pair, ok := t.pairAt(at)
	if !ok {
		return
	}
	s := t.pairs[pair]
	if s == nil {
		s = &pairStat{}
		t.pairs[pair] = s
	}
	s.count += t.symbols[at].count
	s.at = append(s.at, at)
	if !t.touchedSet[pair] {
		t.touchedSet[pair] = true
		t.touched = append(t.touched, pair)
	}
}

// remove subtracts the pair that begins at a position from its count. The list of positions is
// cleaned up when it is used.
func (t *bpeTrainer) remove(at int32) {
	if pair, ok := t.pairAt(at); ok {
		t.pairs[pair].count -= t.symbols[at].count
	}
}

func (t *bpeTrainer) pushTouched() {
	for _, pair := range t.touched {
		t.byCount.push(pairCount{t.pairs[pair].count, pair})
	}
	t.touched = t.touched[:0]
	clear(t.touchedSet)
}

// mostFrequent removes the most frequent pair from the heap.
func (t *bpeTrainer) mostFrequent() (Merge, bool) {
	for len(t.byCount) > 0 {
		top := t.byCount.pop()
		now := t.pairs[top.pair].count
		if now < minMergeCount {
			continue
		}
		if now == top.count {
			return top.pair, true
		}
		t.byCount.push(pairCount{now, top.pair})
	}
	return Merge{}, false
}

// join replaces every occurrence of the pair with a token, from left to right.
func (t *bpeTrainer) join(pair Merge, token lm.Token) {
	for _, i := range t.pairs[pair].at {
		if now, ok := t.pairAt(i); !ok || now != pair {
			continue
		}
		left, j := t.symbols[i].prev, t.symbols[i].next
		t.remove(left)
		t.remove(j)
		right := t.symbols[j].next
		t.symbols[i].token, t.symbols[i].next = token, right
		t.symbols[j].token = 0
		if right >= 0 {
			t.symbols[right].prev = i
		}
		t.add(left)
		t.add(i)
	}
	t.pairs[pair].count, t.pairs[pair].at = 0, nil
	t.pushTouched()
}
