package refine

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// shingleTokens is the length of a shingle: five words, or five characters of Chinese (Lee et al.
// 2022, "Deduplicating Training Data Makes Language Models Better", use five words).
const shingleTokens = 5

// Shingles returns the set of a text's shingles as sorted hashes: every five consecutive tokens, or
// all tokens of a shorter text.
func Shingles(text string) []uint64 {
	tokens := Tokens(nil, text)
	if len(tokens) == 0 {
		return nil
	}
	set := ngrams(nil, tokens, min(shingleTokens, len(tokens)))
	slices.Sort(set)
	return slices.Compact(set)
}

// ngrams appends a hash of every n consecutive tokens to dst.
func ngrams(dst, tokens []uint64, n int) []uint64 {
	for i := range max(len(tokens)-n+1, 0) {
		h := uint64(n)
		for _, t := range tokens[i : i+n] {
			h = bits.RotateLeft64(h, 23) ^ t
			h *= fnvPrime
		}
		dst = append(dst, mix(h))
	}
	return dst
}

// Jaccard returns |A ∩ B| / |A ∪ B| of two sorted sets; 0 if both are empty.
func Jaccard(a, b []uint64) float64 {
	common, total := 0, len(a)+len(b)
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] < b[0]:
			a = a[1:]
		case a[0] > b[0]:
			b = b[1:]
		default:
			common++
			a, b = a[1:], b[1:]
		}
	}
	if total == 0 {
		return 0
	}
	return float64(common) / float64(total-common)
}

// Bands returns the number of bands, and of rows per band, into which up to n hashes are divided.
// Two documents of similarity s share a band with probability 1 − (1 − s^r)^b. More rows find fewer
// false candidates; Bands returns the largest number of rows with which a pair at the threshold is
// still found with probability recall.
func Bands(threshold, recall float64, n int) (bands, rows int) {
	bands, rows = n, 1
	for r := 2; r <= n; r++ {
		if FoundWith(threshold, n/r, r) >= recall {
			bands, rows = n/r, r
		}
	}
	return bands, rows
}

// FoundWith returns the probability that a pair of similarity s shares at least one band.
func FoundWith(s float64, bands, rows int) float64 {
	return 1 - math.Pow(1-math.Pow(s, float64(rows)), float64(bands))
}

// minHash makes signatures: the k-th entry is the minimum of the k-th hash function over the
// shingles, and is equal for two sets with the probability of their Jaccard similarity (Broder
// 1997). The functions are h(x) = (a·x + b) mod 2^64, of which the high 32 bits are used.
type minHash struct {
	bands, rows int
	a, b        []uint64
}

func newMinHash(bands, rows int) *minHash {
	rng := rand.New(rand.NewPCG(1997, 5))
	m := &minHash{bands: bands, rows: rows}
	for range bands * rows {
		m.a, m.b = append(m.a, rng.Uint64()|1), append(m.b, rng.Uint64())
	}
	return m
}

// signature returns the minima of the hash functions over shingles.
func (m *minHash) signature(shingles []uint64) []uint32 {
	sig := make([]uint32, len(m.a))
	for i := range sig {
		a, b, least := m.a[i], m.b[i], uint64(math.MaxUint64)
		for _, x := range shingles {
			least = min(least, a*x+b)
		}
		sig[i] = uint32(least >> 32)
	}
	return sig
}

// keys appends a key for each band of a signature.
func (m *minHash) keys(dst []uint64, sig []uint32) []uint64 {
	for band := range m.bands {
		h := uint64(band)
		for _, v := range sig[band*m.rows : (band+1)*m.rows] {
			h = mix(h ^ uint64(v))
		}
		dst = append(dst, h)
	}
	return dst
}
