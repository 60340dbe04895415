package ngram

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Packed counts are read back unchanged, even from the middle of a table; a damaged table returns
// arbitrary counts.
func TestCountTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Uint32Max(3), rapid.Uint32())
		raw := rapid.SliceOfN(number, 0, 400).Draw(t, "raw")
		count := rapid.SliceOfN(number, len(raw), len(raw)).Draw(t, "count")
		if rapid.Bool().Draw(t, "same") {
			count = raw
		}
		c := packCounts(raw, count)
		lo := rapid.IntRange(0, len(raw)).Draw(t, "lo")
		hi := rapid.IntRange(lo, len(raw)).Draw(t, "hi")
		next := uint32(lo)
		c.scan(uint32(lo), uint32(hi), func(i, r, n uint32) {
			require.Equal(t, next, i)
			require.Equal(t, []uint32{raw[i], count[i]}, []uint32{r, n})
			next++
		})
		require.Equal(t, uint32(hi), next)
		for i := range c.bits {
			c.bits[i] = rapid.Byte().Draw(t, "damage")
		}
		c.bits = c.bits[:rapid.IntRange(0, len(c.bits)).Draw(t, "cut")]
		seen := 0
		c.scan(0, uint32(len(raw)), func(uint32, uint32, uint32) { seen++ })
		require.Equal(t, len(raw), seen)
	})
}

// A count of one, the most common count, takes one bit.
func TestCountsAreShort(t *testing.T) {
	ones := make([]uint32, 64000)
	for i := range ones {
		ones[i] = 1
	}
	c := packCounts(ones, ones)
	require.Less(t, len(c.bits)+len(c.marks), len(ones)/8*2)
}
