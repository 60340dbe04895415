package ngram

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// countTable keeps the counts of one order, from which a model explains itself. Most n-grams occur once or
// twice, so counts are written in Elias' gamma code (1975), in which a small number is short: the number
// in binary, behind one zero for each of its digits but the first. A row is what an n-gram occurs more
// than the rarest does, and how much less the count is that was smoothed. Nobody asks for the counts of one
// n-gram only, so they are read in order, from the nearest mark.
type countTable struct {
	bits  []byte
	marks []byte // the bit at which each markEvery-th row begins, in 8 bytes
	shape countShape
}

// countShape says how the counts of an order are written.
type countShape struct {
	Least uint32 `json:"least"`          // the smallest number of occurrences
	Same  bool   `json:"same,omitempty"` // occurrences are what was smoothed; a row has no second number
}

// markEvery is how many rows share a mark.
const markEvery = 128

// packCounts keeps the counts of n-grams 0 … n−1.
func packCounts(raw, count []uint32) countTable {
	c := countTable{shape: countShape{Same: slices.Equal(raw, count)}}
	if len(raw) > 0 {
		c.shape.Least = slices.Min(raw)
	}
	c.marks = make([]byte, markBytes(len(raw)))
	var w bitWriter
	for i, n := range raw {
		if i%markEvery == 0 {
			binary.LittleEndian.PutUint64(c.marks[i/markEvery*8:], w.length())
		}
		w.gamma(n - c.shape.Least)
		if !c.shape.Same {
			w.gamma(n - count[i])
		}
	}
	c.bits = w.finish()
	return c
}

func markBytes(n int) int { return (n + markEvery - 1) / markEvery * 8 }

// scan shows how often the n-grams lo … hi−1 occur, and the counts that were smoothed.
func (c *countTable) scan(lo, hi uint32, show func(i, raw, count uint32)) {
	if lo >= hi || uint64(lo)/markEvery*8+8 > uint64(len(c.marks)) {
		return
	}
	i := lo / markEvery * markEvery
	r := bitReader{data: c.bits, at: binary.LittleEndian.Uint64(c.marks[i/markEvery*8:])}
	for ; i < hi; i++ {
		raw := c.shape.Least + r.gamma()
		count := raw
		if !c.shape.Same {
			count -= r.gamma()
		}
		if i >= lo {
			show(i, raw, count)
		}
	}
}

// checkCounts makes the count tables that a header promises.
func (m *Model) checkCounts() error {
	if len(m.CountShapes) != 0 && len(m.CountShapes) != m.Order {
		return fmt.Errorf("%d count tables for order %d", len(m.CountShapes), m.Order)
	}
	for _, s := range m.CountShapes {
		m.counts = append(m.counts, countTable{shape: s})
	}
	return nil
}

// bitWriter appends numbers of any width, low bits first.
type bitWriter struct {
	data []byte
	word uint64
	used int // bits of word
}

func (w *bitWriter) length() uint64 { return uint64(len(w.data))*8 + uint64(w.used) }

// put appends at most 32 bits.
func (w *bitWriter) put(v uint64, width int) {
	w.word |= v << w.used
	w.used += width
	if w.used >= 32 {
		w.data = binary.LittleEndian.AppendUint32(w.data, uint32(w.word))
		w.word >>= 32
		w.used -= 32
	}
}

// gamma appends v+1 as so many zeros as it has digits after the first, a one, and these digits.
func (w *bitWriter) gamma(v uint32) {
	n := uint64(v) + 1
	digits := bits.Len64(n) - 1
	w.put(0, digits)
	w.put(1, 1)
	w.put(n&(1<<digits-1), digits)
}

// finish returns the bits, with room to read whole words at the end.
func (w *bitWriter) finish() []byte {
	return append(binary.LittleEndian.AppendUint64(w.data, w.word), make([]byte, rowPadding)...)
}

// bitReader reads what a bitWriter wrote; behind the end, and after a number that cannot be, there are zeros only.
type bitReader struct {
	data []byte
	at   uint64
}

// next returns the bits that follow, at least 56 of them.
func (r *bitReader) next() uint64 {
	if r.at>>3+8 > uint64(len(r.data)) {
		return 0
	}
	return binary.LittleEndian.Uint64(r.data[r.at>>3:]) >> (r.at & 7)
}

func (r *bitReader) gamma() uint32 {
	digits := uint64(bits.TrailingZeros64(r.next()))
	if digits > 32 {
		r.at = uint64(len(r.data)) * 8
		return 0
	}
	r.at += digits + 1
	n := uint64(1)<<digits | r.next()&(1<<digits-1)
	r.at += digits
	return uint32(n - 1)
}
