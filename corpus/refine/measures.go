package refine

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// measures computes the numbers by which the rules judge a document.
type measures struct {
	d      *Document
	words  []string
	lines  []string
	hashes []uint64 // of the words
	at     []int    // offset of each word in characters, and the total
	n      int      // number of words in English terms: 2 characters of Chinese count as one
	table  counter
}

func newMeasures(d *Document) *measures {
	m := &measures{d: d, words: d.Words(), lines: d.Lines(), n: 1}
	if d.Group() == Unspaced {
		m.n = 2
	}
	total := 0
	for _, w := range m.words {
		m.at = append(m.at, total)
		total += utf8.RuneCountInString(w)
		h := uint64(fnvOffset)
		for i := range len(w) {
			h = (h ^ uint64(w[i])) * fnvPrime
		}
		m.hashes = append(m.hashes, mix(h))
	}
	m.at = append(m.at, total)
	return m
}

// characters returns the number of characters of all words.
func (m *measures) characters() float64 { return float64(max(m.at[len(m.words)], 1)) }

func (m *measures) wordCount() float64 { return float64(len(m.words)) }

func (m *measures) wordLength() float64 {
	return m.characters() / float64(max(len(m.words), 1))
}

func (m *measures) symbols() float64 {
	n := strings.Count(m.d.Text, "#") + strings.Count(m.d.Text, "…") +
		strings.Count(m.d.Text, "...")
	return float64(n) / float64(max(len(m.words), 1))
}

// share returns the fraction of lines for which is returns true.
func (m *measures) share(is func(line string) bool) float64 {
	n := 0
	for _, line := range m.lines {
		if is(line) {
			n++
		}
	}
	return float64(n) / float64(max(len(m.lines), 1))
}

func (m *measures) bullets() float64 {
	return m.share(func(line string) bool {
		r, _ := utf8.DecodeRuneInString(strings.TrimLeft(line, " \t"))
		return strings.ContainsRune("-*•●○▪◦‣–·", r)
	})
}

func (m *measures) ellipses() float64 {
	return m.share(func(line string) bool {
		return strings.HasSuffix(line, "…") || strings.HasSuffix(line, "...")
	})
}

func (m *measures) letters() float64 {
	n := 0
	for _, w := range m.words {
		if strings.IndexFunc(w, unicode.IsLetter) >= 0 {
			n++
		}
	}
	return float64(n) / float64(max(len(m.words), 1))
}

// stopWords returns how many different words of a list occur: Gopher's eight words of English, or
// eight characters of Chinese. For other languages without spaces it returns infinity.
func (m *measures) stopWords() float64 {
	list := englishStops
	if m.n == 2 {
		if list = chineseStops; m.d.Language != "cmn" {
			return math.Inf(1)
		}
	}
	seen := map[string]bool{}
	for _, w := range m.words {
		if len(w) > 8 {
			continue
		}
		if w = strings.ToLower(strings.Trim(w, ".,;:!?\"'()“”‘’")); list[w] {
			seen[w] = true
		}
	}
	return float64(len(seen))
}

var (
	englishStops = set("the be to of and that have with")
	chineseStops = set("的 一 是 不 了 在 有 我")
)

func set(words string) map[string]bool {
	s := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		s[w] = true
	}
	return s
}

// sentences counts the marks that end sentences before a space, a closing quote or the end.
func (m *measures) sentences() float64 {
	n, text := 0, m.d.Text
	for i, r := range text {
		switch r {
		case '.', '!', '?':
			if i+1 == len(text) || strings.IndexByte(" \n\t\"')", text[i+1]) >= 0 ||
				strings.HasPrefix(text[i+1:], "”") {
				n++
			}
		case '。', '！', '？', '।', '؟':
			n++
		}
	}
	return float64(n)
}

// occurrences counts a phrase in any case.
func occurrences(phrase string) func(*measures) float64 {
	return func(m *measures) float64 {
		return float64(strings.Count(strings.ToLower(m.d.Text), phrase))
	}
}

// duplicates returns the fraction of lines or paragraphs that repeat an earlier one, or the
// fraction of characters in them.
func duplicates(separator string, characters bool) func(*measures) float64 {
	return func(m *measures) float64 {
		seen := map[string]bool{}
		n, again, size, sizeAgain := 0, 0, 0, 0
		for part := range strings.SplitSeq(m.d.Text, separator) {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			n++
			size += len(part)
			if seen[part] {
				again++
				sizeAgain += len(part)
			}
			seen[part] = true
		}
		if characters {
			return float64(sizeAgain) / float64(max(size, 1))
		}
		return float64(again) / float64(max(n, 1))
	}
}

// gram returns a hash of the n words at i.
func (m *measures) gram(i, n int) uint64 {
	h := uint64(n)
	for _, w := range m.hashes[i : i+n] {
		h = (h<<7|h>>57)*fnvPrime ^ w
	}
	return mix(h)
}

// top returns the fraction of the characters that the most frequent n-gram covers.
func top(n int) func(*measures) float64 {
	return func(m *measures) float64 {
		n := n * m.n
		m.table.reset(len(m.words))
		most, at := uint32(1), -1
		for i := range max(len(m.words)-n+1, 0) {
			if c := m.table.add(m.gram(i, n)); c > most {
				most, at = c, i
			}
		}
		if at < 0 {
			return 0
		}
		return float64(int(most)*(m.at[at+n]-m.at[at])) / m.characters()
	}
}

// repeated returns the fraction of the characters that are in repeated n-grams; characters in
// overlapping n-grams count once.
func repeated(n int) func(*measures) float64 {
	return func(m *measures) float64 {
		n := n * m.n
		m.table.reset(len(m.words))
		covered, from := 0, 0
		for i := range max(len(m.words)-n+1, 0) {
			if m.table.add(m.gram(i, n)) > 1 {
				covered += m.at[i+n] - m.at[max(i, from)]
				from = i + n
			}
		}
		return float64(covered) / m.characters()
	}
}

// counter counts hashes in an open-addressing table that is reused.
type counter struct {
	keys   []uint64
	counts []uint32
}

// reset empties the table and makes room for n keys.
func (c *counter) reset(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if len(c.keys) < size {
		c.keys, c.counts = make([]uint64, size), make([]uint32, size)
		return
	}
	clear(c.counts)
}

// add counts a key and returns its count.
func (c *counter) add(key uint64) uint32 {
	mask := uint64(len(c.keys) - 1)
	for i := key & mask; ; i = (i + 1) & mask {
		if c.counts[i] == 0 {
			c.keys[i] = key
		}
		if c.keys[i] == key {
			c.counts[i]++
			return c.counts[i]
		}
	}
}
