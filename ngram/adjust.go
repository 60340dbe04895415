package ngram

import (
	"slices"

	"lmzoo/lm"
)

// adjust sets the counts to smooth. At the lower orders, occurrences mislead: "Francisco" is
// frequent but follows only "San", so it should be unlikely after an unseen history. Kneser & Ney
// (1995) count the different tokens to the left instead, N1+(· w), because lower orders are used
// after unseen histories. N-grams that begin a document have no left neighbour and keep their
// occurrences.
func adjust(levels []level, continuation bool) {
	for k := range levels {
		levels[k].count = levels[k].raw
	}
	if !continuation {
		return
	}
	// n-grams that begin with <s> come first; the unigram 0 is the prediction </s>
	opening := uint32(0)
	for k := range levels[:len(levels)-1] {
		l, above := &levels[k], &levels[k+1]
		left := make([]uint32, len(l.raw))
		copy(left, l.raw[:opening])
		for _, s := range above.suffix {
			left[s]++ // each n-gram of the next order is a left neighbour of its suffix
		}
		l.count = left
		if k == 0 {
			opening = 1
		}
		opening = l.child[opening]
	}
}

// forget drops the unknown word as a prediction: its unigram gets the probability of unseen tokens,
// and every longer n-gram with it is treated as pruned. It remains a left neighbour of the tokens
// after it.
func forget(levels []level, unk lm.Token) (withUnk [][]bool) {
	if unk < 0 || levels[0].raw[unk] == 0 {
		return nil
	}
	levels[0].count = slices.Clone(levels[0].count)
	levels[0].count[unk] = 0
	withUnk = make([][]bool, len(levels))
	withUnk[0] = make([]bool, len(levels[0].raw))
	withUnk[0][unk] = true
	for k := 1; k < len(levels); k++ {
		withUnk[k] = make([]bool, len(levels[k].raw))
		for history, has := range withUnk[k-1] {
			for i := levels[k-1].child[history]; i < levels[k-1].child[history+1]; i++ {
				withUnk[k][i] = has || levels[k].word[i] == uint32(unk)
			}
		}
	}
	return withUnk
}

// countsOfCounts returns in t[j] the number of n-grams of a level with the count j, for j = 1 … 4.
func countsOfCounts(count []uint32) (t [5]int) {
	for _, c := range count {
		if 0 < c && c < 5 {
			t[c]++
		}
	}
	return t
}
