package ngram

import "math/bits"

// Most histories have a handful of successors, and a few have thousands. Those few are looked up
// most often, and each step of a binary search is a branch that the processor mispredicts half the
// time. The successors of big histories are therefore also stored in a hash table, which takes one
// access instead of ten (the idea of KenLM's probing model, applied only to the part of the trie
// where it pays off).

// big is the number of successors above which the successors of a history are in the hash table.
const big = 32

// slot returns the first slot to try for a token after the history whose successors begin at lo.
func slot(lo, w uint32, indexBits int) uint64 {
	return (uint64(lo)<<32 | uint64(w)) * 0x9e3779b97f4a7c15 >> (64 - indexBits)
}

// indexBits returns the width of slot numbers for grams successors of big histories, such that at
// most half of the slots are used.
func indexBits(grams int) int {
	if grams == 0 {
		return 0
	}
	return bits.Len(uint(2*grams - 1))
}

// packIndex returns the hash table of a level, whose slots hold row + 1, or 0 if empty.
func packIndex(child, word []uint32) (data []byte, indexWidth int) {
	grams := 0
	for x := range child[1:] {
		if n := int(child[x+1] - child[x]); n > big {
			grams += n
		}
	}
	if indexWidth = indexBits(grams); indexWidth == 0 {
		return nil, 0
	}
	slots := make([]uint32, 1<<indexWidth)
	for x, lo := range child[:len(child)-1] {
		if child[x+1]-lo <= big {
			continue
		}
		for i := lo; i < child[x+1]; i++ {
			at := slot(lo, word[i], indexWidth)
			for slots[at] != 0 {
				at = (at + 1) & uint64(len(slots)-1)
			}
			slots[at] = i + 1
		}
	}
	return packRows(len(slots), []int{width(uint64(len(word)))},
		func(i int, row []uint64) { row[0] = uint64(slots[i]) }), indexWidth
}

// lookUp finds a token among the successors lo … hi−1 of a big history.
func (t *table) lookUp(lo, hi, w uint32) (uint32, bool) {
	at := slot(lo, w, t.indexBits)
	mask := uint64(1)<<t.indexBits - 1
	for range mask { // a damaged file may have no empty slot
		i := uint32(readBits(t.index, at*t.indexStride, t.indexField)) - 1
		if i == none {
			return none, false
		}
		if lo <= i && i < hi && t.wordAt(i) == w {
			return i, true
		}
		at = (at + 1) & mask
	}
	return none, false
}
