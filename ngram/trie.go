package ngram

import (
	"encoding/binary"
	"math"
	"sync"
)

// Model is a trie of n-grams. The successors of a history are adjacent and sorted by token, so that
// they can be searched and listed. Each n-gram has log10 P of its last token after the others and,
// as a history, a backoff weight log10 γ. A token that is not a successor costs the weight and is
// looked up after the shorter history. (An ARPA file has the same columns. The layout is the
// reverse of Heafield's trie of 2011, which goes from the last token to the left, and so cannot
// list successors.)
//
// A row of level 1 is three 32-bit words; a row of a higher level is a few bit fields.
type Model struct {
	header
	unigrams []byte // rows of 12 bytes: log10 P, log10 γ, first successor
	tables   []table
	counts   []countTable // empty when they were left out
	close    func() error

	sortOnce sync.Once
	byProb   []uint32 // tokens by descending probability, computed on first use
}

const unigramRow = 12

// table holds the n-grams of one order above 1.
type table struct {
	rows   []byte
	bases  []byte // for every 64 rows, the first successor of the first row
	n      uint32 // n-grams
	above  uint32 // n-grams of the next order
	stride uint64

	word, prob, backoff, child field  // child: the first successor, counted from the base
	probs, backoffs            []byte // codebooks of float32; empty: the fields are the values

	index       []byte // hash table for big histories
	indexBits   int
	indexStride uint64
	indexField  field
}

// baseEvery is the number of rows that share a base for their successors.
const baseEvery = 64

func (m *Model) unigramProb(w uint32) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(m.unigrams[uint64(w)*unigramRow:]))
}

func (m *Model) unigramBackoff(w uint32) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(m.unigrams[uint64(w)*unigramRow+4:]))
}

// successors returns the range of the successors of n-gram i of level k ≥ 1 in the table of the
// next level. Bounds from a damaged file are clamped to the table.
func (m *Model) successors(k int, i uint32) (lo, hi uint32) {
	if k == 1 {
		at := uint64(i) * unigramRow
		lo = binary.LittleEndian.Uint32(m.unigrams[at+8:])
		hi = binary.LittleEndian.Uint32(m.unigrams[at+8+unigramRow:])
		return lo, min(hi, m.tables[0].n)
	}
	t := &m.tables[k-2]
	bit := uint64(i) * t.stride
	lo = uint32(readBits(t.rows, bit, t.child)) + t.base(i)
	hi = uint32(readBits(t.rows, bit+t.stride, t.child)) + t.base(i+1)
	return lo, min(hi, t.above)
}

func (t *table) base(i uint32) uint32 {
	return binary.LittleEndian.Uint32(t.bases[i/baseEvery*4:])
}

// backoffWeight returns log10 γ of n-gram i of level k ≥ 1.
func (m *Model) backoffWeight(k int, i uint32) float32 {
	if k == 1 {
		return m.unigramBackoff(i)
	}
	t := &m.tables[k-2]
	v := readBits(t.rows, uint64(i)*t.stride, t.backoff)
	if len(t.backoffs) == 0 {
		return math.Float32frombits(uint32(v))
	}
	return codeValue(t.backoffs, v)
}

// probAt returns log10 P of row i.
func (t *table) probAt(i uint32) float32 {
	v := readBits(t.rows, uint64(i)*t.stride, t.prob)
	if len(t.probs) == 0 {
		return unpackProb(v)
	}
	return codeValue(t.probs, v)
}

// codeValue returns a value of a codebook. Numbers from a damaged file are clamped.
func codeValue(book []byte, number uint64) float32 {
	at := min(number*4, uint64(len(book))-4)
	return math.Float32frombits(binary.LittleEndian.Uint32(book[at:]))
}

func (t *table) wordAt(i uint32) uint32 {
	return uint32(readBits(t.rows, uint64(i)*t.stride, t.word))
}

// linear is the length up to which a range is searched linearly.
const linear = 8

// find returns the row of a token among the successors lo … hi−1, or none.
func (t *table) find(lo, hi, w uint32) (uint32, bool) {
	if hi > lo+big && t.indexBits > 0 {
		return t.lookUp(lo, hi, w)
	}
	for lo+linear < hi {
		mid := lo + (hi-lo)/2
		if t.wordAt(mid) <= w {
			lo = mid
		} else {
			hi = mid
		}
	}
	for bit := uint64(lo) * t.stride; lo < hi; lo++ {
		if got := uint32(readBits(t.rows, bit, t.word)); got == w {
			return lo, true
		} else if got > w {
			break
		}
		bit += t.stride
	}
	return none, false
}
