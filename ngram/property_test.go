package ngram

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// documents draws a small training text, in which some documents have lost their end.
func documents(t *rapid.T, vocab int) [][]lm.Token {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []lm.Token {
		doc := rapid.SliceOfN(rapid.Int32Range(1, int32(vocab-1)), 0, 12).Draw(t, "tokens")
		if len(doc) == 0 || rapid.IntRange(0, 4).Draw(t, "cut") > 0 {
			doc = append(doc, lm.BOS)
		}
		return doc
	}), 1, 12).Draw(t, "documents")
}

// Every smoothing, on any counts, gives a distribution after every history, and its three ways to
// compute it agree.
func TestSumsToOne(t *testing.T) {
	for _, smoothing := range Smoothings {
		t.Run(smoothing, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				vocab := rapid.IntRange(2, 9).Draw(t, "V")
				cfg := Config{
					Order: rapid.IntRange(1, 6).Draw(t, "order"), Smoothing: smoothing,
					Vocab: vocab,
					K:     rapid.Float64Range(0.01, 3).Draw(t, "k"),
					Unk:   rapid.Int32Range(-1, int32(vocab-1)).Draw(t, "unk"),
				}
				if rapid.Bool().Draw(t, "prune") && cfg.Order > 1 {
					cfg.Prune = []int{0, rapid.IntRange(0, 2).Draw(t, "threshold")}
				}
				m, _, err := Train(documents(t, vocab), cfg)
				require.NoError(t, err)
				text := rapid.SliceOfN(rapid.Int32Range(0, int32(vocab-1)), 0, 12).Draw(t, "text")
				scores, state := m.Score(nil, text), m.Start()
				for i := range len(text) + 1 {
					probs := m.NextLogProbs(nil, text[:i])
					sum := 0.0
					for _, p := range probs {
						require.False(t, math.IsNaN(p))
						require.LessOrEqual(t, p, 0.0)
						sum += math.Exp(p)
					}
					require.InDelta(t, 1, sum, 2e-6, "after %v", text[:i])
					require.Equal(t, probs, state.NextLogProbs(nil))
					if i < len(text) {
						if probs[text[i]] != scores[i] { // −Inf and −Inf are equal
							require.InDelta(t, probs[text[i]], scores[i], 1e-9)
						}
						state.Push(text[i])
					}
				}
			})
		})
	}
}
