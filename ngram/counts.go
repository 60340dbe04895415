package ngram

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
)

// countTable holds the counts of one order, which Explain needs. Most n-grams occur once or twice,
// so counts are in Elias' gamma code (1975), in which small numbers are short: the number in
// binary, preceded by one zero for each of its digits after the first. A row holds the occurrences
// minus those of the rarest n-gram, and the occurrences minus the smoothed count. Counts are always
// read in sequence, from the nearest mark.
type countTable struct {
	bits  []byte
	marks []byte // the bit at which every markEvery-th row begins, in 8 bytes each
	shape countShape
}

// countShape describes how the counts of an order are stored.
type countShape struct {
	Least uint32 `json:"least"` // the smallest number of occurrences
	// Same is true if the smoothed counts are the occurrences; rows then have no second number
	Same bool `json:"same,omitempty"`
}

// markEvery is the number of rows per mark.
const markEvery = 128

// packCounts stores the counts of n-grams 0 … n−1.
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

// scan calls show with the occurrences and the smoothed counts of n-grams lo … hi−1.
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

// checkCounts creates the count tables that the header describes.
func (m *Model) checkCounts() error {
	if len(m.CountShapes) != 0 && len(m.CountShapes) != m.Order {
		return fmt.Errorf("%d count tables for order %d", len(m.CountShapes), m.Order)
	}
	for _, s := range m.CountShapes {
		m.counts = append(m.counts, countTable{shape: s})
	}
	return nil
}

// bitWriter appends numbers of any bit width, low bits first.
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

// gamma appends v+1: one zero for each binary digit after the first, then the digits.
func (w *bitWriter) gamma(v uint32) {
	n := uint64(v) + 1
	digits := bits.Len64(n) - 1
	w.put(0, digits)
	w.put(1, 1)
	w.put(n&(1<<digits-1), digits)
}

// finish returns the bits, padded so that whole words can be read at the end.
func (w *bitWriter) finish() []byte {
	return append(binary.LittleEndian.AppendUint64(w.data, w.word), make([]byte, rowPadding)...)
}

// bitReader reads the output of a bitWriter. After the end, or an invalid number, it reads zeros.
type bitReader struct {
	data []byte
	at   uint64
}

// next returns at least the next 56 bits.
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
