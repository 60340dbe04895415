package ngram

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// The derivation ends at the model's probability, and each of its steps adds up.
func TestExplainAddsUp(t *testing.T) {
	for _, smoothing := range Smoothings {
		t.Run(smoothing, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				vocab := rapid.IntRange(2, 7).Draw(t, "V")
				cfg := Config{Order: rapid.IntRange(1, 5).Draw(t, "order"), Smoothing: smoothing,
					Vocab: vocab,
					Unk:   rapid.Int32Range(-1, int32(vocab-1)).Draw(t, "unk")}
				if rapid.Bool().Draw(t, "prune") && cfg.Order > 1 {
					cfg.Prune = []int{0, 1}
				}
				m, _, err := Train(documents(t, vocab), cfg)
				require.NoError(t, err)
				context := rapid.SliceOfN(rapid.Int32Range(0, int32(vocab-1)), 0, 8).Draw(t,
					"context")
				probs := m.NextLogProbs(nil, context)
				for w, p := range probs {
					e, err := m.Explain(context, lm.Token(w))
					require.NoError(t, err)
					require.InDelta(t, math.Exp(p), e.Prob, 1e-6)
					lower := e.Uniform
					for _, s := range e.Steps {
						require.Equal(t, lower, s.Lower)
						if !s.Known {
							require.Equal(t, lower, s.Prob)
						} else if smoothing != "stupid-backoff" {
							require.InDelta(t, s.Alpha+s.Gamma*s.Lower, s.Prob, 2e-6)
						}
						lower = s.Prob
					}
					var b strings.Builder
					require.NoError(t, e.Write(&b, func(lm.Token) string { return "w" }))
					require.NotContains(t, b.String(), "NaN")
				}
			})
		})
	}
}

// The counts for "river" after "by the" in the story of the mill, counted by hand in the text: "by
// the" is followed by door (twice), river, dam and mill (three times); "river" occurs only after
// "the".
func TestExplainCounts(t *testing.T) {
	m, w := mill(t, Config{Order: 3})
	e, err := m.Explain(w.document("stood by the", false)[:3], w.id["river"])
	require.NoError(t, err)
	require.Len(t, e.Steps, 3)
	one, two, three := e.Steps[0], e.Steps[1], e.Steps[2]
	require.EqualValues(t, strings.Count(testText(t, "mill.txt"), "river"), one.Occurs)
	require.EqualValues(t, 1, one.Count)
	require.True(t, one.Continuation)
	require.EqualValues(t, strings.Count(testText(t, "mill.txt"), "the river"), two.Occurs)
	require.True(t, two.Continuation)
	require.False(t, three.Continuation)
	require.EqualValues(t, 1, three.Occurs)
	require.EqualValues(t, 1, three.Count)
	require.EqualValues(t, 4, three.Types)
	require.EqualValues(t, 7, three.Total)

	e, err = m.Explain(nil, w.id["every"])
	require.NoError(t, err)
	require.Equal(t, []lm.Token{lm.BOS}, e.Steps[1].History)
	require.False(t, e.Steps[1].Continuation, "n-grams that begin with <s> count occurrences")
	require.EqualValues(t, 3, e.Steps[1].Count)

	pruned, _ := mill(t, Config{Order: 3, Prune: []int{0, 0, 1}})
	context := w.document("the end of the", false)[:4]
	full, err := m.Explain(context, w.id["song"])
	require.NoError(t, err)
	less, err := pruned.Explain(context, w.id["song"])
	require.NoError(t, err)
	require.False(t, full.Steps[2].Pruned)
	require.True(t, less.Steps[2].Pruned)
	require.InEpsilon(t, full.Steps[2].Total, less.Steps[2].Total, 1e-4,
		"the total of a history survives pruning")

	_, err = m.Explain(nil, 1<<20)
	require.ErrorContains(t, err, "outside the vocabulary")
	_, err = m.Explain([]lm.Token{-3}, 1)
	require.ErrorContains(t, err, "outside the vocabulary")
}

// A history reads as text, whether or not its tokens include their spaces.
func TestHistory(t *testing.T) {
	for want, texts := range map[string][]string{"<bos> today in": {"<bos>", "today", " in"},
		"<bos> t o": {"<bos>", "t", "o"}, "": nil} {
		var tokens []lm.Token
		for i := range texts {
			tokens = append(tokens, lm.Token(i))
		}
		tell := describer{words: func(w lm.Token) string { return texts[w] }}
		require.Equal(t, want, tell.history(tokens))
	}
}

// Counts are printed with all their digits; only other numbers are rounded.
func TestWhole(t *testing.T) {
	require.Equal(t, "22131 different tokens", plural(22131, "different token"))
	require.Equal(t, "1 time", plural(1, "time"))
	require.Equal(t, "100000", whole(1e5))
	require.Equal(t, "0.3333", whole(1./3))
	require.Equal(t, "1e+20", whole(1e20))
}
