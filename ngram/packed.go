package ngram

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// field is the position of a number in a row: shift bits from the beginning of the row, as wide as
// the mask.
type field struct {
	shift uint64
	mask  uint64
}

// rowPadding allows the last rows to be read in whole words.
const rowPadding = 8

// readBits returns the number of a field whose row begins at bit.
func readBits(data []byte, bit uint64, f field) uint64 {
	bit += f.shift
	return binary.LittleEndian.Uint64(data[bit>>3:]) >> (bit & 7) & f.mask
}

// width returns the number of bits that the numbers 0 … largest need.
func width(largest uint64) int { return bits.Len64(largest) }

// layout returns adjacent fields of the given widths.
func layout(widths ...int) (fields []field, stride uint64) {
	for _, w := range widths {
		fields = append(fields, field{shift: stride, mask: 1<<w - 1})
		stride += uint64(w)
	}
	return fields, stride
}

// rowBytes returns the size of n rows.
func rowBytes(n int, stride uint64) uint64 { return (uint64(n)*stride+7)/8 + rowPadding }

// packRows packs n rows of fields. get stores the numbers of row i in the order of widths.
func packRows(n int, widths []int, get func(i int, row []uint64)) []byte {
	_, stride := layout(widths...)
	data := make([]byte, rowBytes(n, stride))
	pieces := cut(n)
	parallel(len(pieces), func(p int) {
		// pieces begin at multiples of 64 rows and therefore at a byte boundary
		out := data[uint64(pieces[p].lo)*stride/8:]
		row := make([]uint64, len(widths))
		word, used, at := uint64(0), 0, 0
		for i := pieces[p].lo; i < pieces[p].hi; i++ {
			get(i, row)
			for f, w := range widths {
				word |= row[f] << used
				used += w
				for ; used >= 8; used -= 8 {
					out[at] = byte(word)
					word >>= 8
					at++
				}
			}
		}
		if used > 0 {
			out[at] = byte(word)
		}
	})
	return data
}

// Log-probabilities are at most 0, so their sign is not stored.
const signBit = 1 << 31

func packProb(p float32) uint64   { return uint64(math.Float32bits(min(p, 0)) &^ signBit) }
func unpackProb(b uint64) float32 { return math.Float32frombits(uint32(b) | signBit) }

// codebook lists the different values of a column if there are so few of them that their indices
// are shorter than the values. This holds for backoff weights, because histories with the same
// counts share a weight.
type codebook struct {
	values []float32
	number map[uint32]uint64
}

// maxCodes is the maximum size of a codebook.
const maxCodes = 1 << 14

// newCodebook returns the different values, or false if there are too many.
func newCodebook(column []float32) (codebook, bool) {
	c := codebook{number: map[uint32]uint64{}}
	limit := min(maxCodes, len(column)/4)
	for _, v := range column {
		if _, ok := c.number[math.Float32bits(v)]; ok {
			continue
		}
		if len(c.values) == limit {
			return codebook{}, false
		}
		c.number[math.Float32bits(v)] = uint64(len(c.values))
		c.values = append(c.values, v)
	}
	return c, len(c.values) > 0 // false for an order without n-grams
}

// pack returns a packer that replaces the values of a column with their indices, the width of the
// indices, and the values.
func (c codebook) pack(column []float32) (number func(i int) uint64, bits int, values []byte) {
	number = func(i int) uint64 { return c.number[math.Float32bits(column[i])] }
	return number, width(uint64(len(c.values) - 1)), packFloats(c.values)
}
