package ngram

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// countTable keeps the counts of one order, from which a model explains itself. Few different counts
// occur, so a row holds two numbers into the list of those that do.
type countTable struct {
	rows   []byte
	values []byte // codebook of uint32, ascending
	stride uint64
	raw    field // occurrences
	count  field // what was smoothed: occurrences, or left neighbours
}

// countShape is how many bits the fields of a count table's rows take.
type countShape struct {
	Raw   int `json:"raw"`
	Count int `json:"count"` // 0: the same as raw
}

func (s countShape) widths() []int { return []int{s.Raw, s.Count} }

// packCounts keeps the counts of n-grams 0 … n−1.
func packCounts(raw, count []uint32) (countTable, countShape) {
	values := slices.Concat(raw, count, []uint32{0})
	slices.Sort(values)
	values = slices.Compact(values)
	code := func(v uint32) uint64 {
		i, _ := slices.BinarySearch(values, v)
		return uint64(i)
	}
	shape := countShape{Raw: width(uint64(len(values) - 1))}
	if !slices.Equal(raw, count) {
		shape.Count = max(1, width(code(slices.Max(count)))) // left neighbours are fewer, and so are their codes
	}
	c := countTable{}
	c.shape(shape)
	for _, v := range values {
		c.values = binary.LittleEndian.AppendUint32(c.values, v)
	}
	c.rows = packRows(len(raw), shape.widths(), func(i int, row []uint64) {
		row[0], row[1] = code(raw[i]), 0
		if shape.Count > 0 {
			row[1] = code(count[i])
		}
	})
	return c, shape
}

func (c *countTable) shape(s countShape) {
	fields, stride := layout(s.widths()...)
	c.raw, c.count, c.stride = fields[0], fields[1], stride
	if s.Count == 0 {
		c.count = c.raw
	}
}

// at returns how often n-gram i occurs, and the count that was smoothed.
func (c *countTable) at(i uint32) (raw, count uint32) {
	bit := uint64(i) * c.stride
	value := func(f field) uint32 {
		at := min(readBits(c.rows, bit, f)*4, uint64(len(c.values))-4)
		return binary.LittleEndian.Uint32(c.values[at:])
	}
	return value(c.raw), value(c.count)
}

// checkCounts makes the count tables that a header promises.
func (m *Model) checkCounts() error {
	if len(m.CountBits) != 0 && len(m.CountBits) != m.Order {
		return fmt.Errorf("%d count tables for order %d", len(m.CountBits), m.Order)
	}
	for k, s := range m.CountBits {
		if s.Raw < 0 || s.Raw > 32 || s.Count < 0 || s.Count > 32 {
			return fmt.Errorf("counts of %d and %d bits in order %d", s.Raw, s.Count, k+1)
		}
		c := countTable{}
		c.shape(s)
		m.counts = append(m.counts, c)
	}
	return nil
}
