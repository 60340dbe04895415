package report

import (
	"math/bits"
	"unicode"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/eval"
)

// Bucket holds the words that occur From to To times in the training text.
type Bucket struct {
	From  int `json:"from"`
	To    int `json:"to"`
	Words int `json:"words"` // number of occurrences in the evaluated text
	Bytes int `json:"bytes"` // bytes of all these words
}

// maxBucket is the index of the last bucket, which has no upper limit.
const maxBucket = 20

// newBucket returns the i-th of 0, 1, 2–3, 4–7, …
func newBucket(i int) Bucket {
	if i == 0 {
		return Bucket{}
	}
	return Bucket{From: 1 << (i - 1), To: 1<<i - 1}
}

// bucketOf returns the bucket of a count.
func bucketOf(count int) int { return min(bits.Len(uint(count)), maxBucket) }

// eachWord calls yield with every word of a text: a run of letters, digits and marks.
func eachWord(text string, yield func(from, to int)) {
	from := -1
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if inWord(r, size) {
			if from < 0 {
				from = i
			}
		} else if from >= 0 {
			yield(from, i)
			from = -1
		}
		i += size
	}
	if from >= 0 {
		yield(from, len(text))
	}
}

func inWord(r rune, size int) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '\''
	}
	return size > 1 && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

// countWords counts the words of the evaluated text in the training text.
func countWords(train, test []corpus.Document) map[string]int {
	counts := map[string]int{}
	for _, d := range test {
		eachWord(d.Text, func(from, to int) { counts[d.Text[from:to]] = 0 })
	}
	for _, d := range train {
		eachWord(d.Text, func(from, to int) {
			if n, ok := counts[d.Text[from:to]]; ok {
				counts[d.Text[from:to]] = n + 1
			}
		})
	}
	return counts
}

// buckets groups the words of documents by their counts.
func buckets(counts map[string]int, docs []corpus.Document) []Bucket {
	var all []Bucket
	for _, d := range docs {
		eachWord(d.Text, func(from, to int) {
			i := bucketOf(counts[d.Text[from:to]])
			for len(all) <= i {
				all = append(all, newBucket(len(all)))
			}
			all[i].Words++
			all[i].Bytes += to - from
		})
	}
	return all
}

// byWords returns nats per word for each of n buckets, null for an empty one. The cost of a word is
// the sum over the tokens that end in it. It returns nil for a closed vocabulary.
func (t tokenized) byWords(counts map[string]int, n int) []*eval.Number {
	nats, words := make([]float64, n), make([]int, n)
	for doc, d := range t.docs {
		ends := t.ends(doc)
		if ends == nil {
			return nil
		}
		token := 0
		eachWord(d.Text, func(from, to int) {
			i := bucketOf(counts[d.Text[from:to]])
			words[i]++
			for token < len(ends) && ends[token] <= from {
				token++
			}
			for ; token < len(ends) && ends[token] <= to && t.ids[doc][token] != 0; token++ {
				nats[i] += t.nats[doc][token]
			}
		})
	}
	column := make([]*eval.Number, n)
	for i := range column {
		if words[i] > 0 {
			column[i] = finite(round(nats[i] / float64(words[i])))
		}
	}
	return column
}
