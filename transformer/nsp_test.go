package transformer

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// restored puts the targets of a batch back into the input.
func restored(b *MaskedBatch) {
	for i, y := range b.Y {
		if y >= 0 {
			b.X[i] = y
		}
	}
}

// TestPairs: half of the pairs continue in the same document, the others do not; all pairs are
// complete and fit.
func TestPairs(t *testing.T) {
	cfg := masking
	cfg.NSP = true
	for _, rowLen := range []int{5, 40, 100} {
		s := newSource(t, cfg, 4, rowLen, nil)
		var b MaskedBatch
		labels, goesOn, used := [2]int{}, [2]int{}, 0
		for step := range 200 {
			s.Batch(&b, step)
			restored(&b)
			pairs := 0
			for i, label := range b.Next {
				if label < 0 {
					continue
				}
				pairs++
				require.Equal(t, lm.BOS, b.X[i])
				labels[label]++
				row := b.X[i : i-i%rowLen+rowLen]
				first := slices.Index(row, s.cfg.SepToken)
				second := first + 1 + slices.Index(row[first+1:], s.cfg.SepToken)
				require.Greater(t, first, 1, "A is not empty")
				require.Greater(t, second, first+1, "B is not empty")
				used += second + 1
				if row[first+1] == 1+row[first-1]%50 { // the next number
					goesOn[label]++
				}
				if second+1 < len(row) {
					require.Equal(t, lm.BOS, row[second+1])
				}
			}
			require.Equal(t, pairs, b.Pairs)
		}
		total := labels[0] + labels[1]
		require.InDelta(t, 0.5, float64(labels[1])/float64(total), 0.05)
		require.Equal(t, labels[0], goesOn[0])
		require.Less(t, goesOn[1], labels[1]/10, "chance is one in 50")
		if rowLen > 5 {
			require.Greater(t, float64(used)/float64(200*4*rowLen), 0.8, "rows are filled")
		}
	}
}

// TestPairsAreCutAtSentences: a text that contains the end of a sentence is cut there.
func TestPairsAreCutAtSentences(t *testing.T) {
	cfg := masking
	cfg.NSP = true
	ends := func(tok lm.Token) bool { return tok%5 == 0 }
	s := newSource(t, cfg, 4, 40, ends)
	var b MaskedBatch
	for step := range 50 {
		s.Batch(&b, step)
		restored(&b)
		for i, label := range b.Next {
			if label != 0 {
				continue
			}
			row := b.X[i+1 : i-i%40+40]
			first := slices.Index(row, s.cfg.SepToken)
			second := first + 1 + slices.Index(row[first+1:], s.cfg.SepToken)
			a, b := row[:first], row[first+1:second-1]
			if slices.ContainsFunc(a, ends) || slices.ContainsFunc(b, ends) {
				require.True(t, ends(row[first-1]), "%v", row[:second])
			}
		}
	}
}
