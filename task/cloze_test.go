package task

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/ngram"
)

func TestParseCloze(t *testing.T) {
	c, err := ParseCloze("the [MASK] of the sea")
	require.NoError(t, err)
	require.Equal(t, Cloze{"the ", " of the sea"}, c)
	_, err = ParseCloze("the sea")
	require.ErrorContains(t, err, "no [MASK]")
	_, err = ParseCloze("[MASK] [MASK]")
	require.ErrorContains(t, err, "more than once")
}

// For the same text in characters, words and pieces, the ranking is that of whole words, with the
// probabilities by Bayes' rule.
func TestRankIsTokenizerIndependent(t *testing.T) {
	king := corpus.Document{Text: "the king sea ."}
	queen := corpus.Document{Text: "the queen land ."}
	docs := slices.Repeat([]corpus.Document{king, queen, king}, 20)
	for _, name := range []string{"char", "word", "bpe", "byte"} {
		tok, err := corpus.Train(name, docs, 0)
		require.NoError(t, err)
		m, _, err := ngram.Train(corpus.EncodeDocuments(tok, docs), ngram.Config{
			Order: 8, Smoothing: "modified-kneser-ney", Vocab: tok.Vocab(), Unk: -1,
		})
		require.NoError(t, err)
		c := Cloze{"the ", " land ."}
		got, err := c.Rank(m, tok, []string{"king", "queen"})
		require.NoError(t, err)
		require.Equal(t, "queen", got[0].Text, name)
		require.InDelta(t, 1, got[0].P+got[1].P, 1e-12)
		whole := lm.Score(m, append(tok.Encode(nil, "the queen land ."), lm.BOS))
		require.InDelta(t, sum(whole), got[0].LogProb, 1e-9, name)
	}
}

// sides is a filler whose prediction depends on the distances of the gap from both ends.
type sides struct{ vocab int }

func (f sides) Vocab() int { return f.vocab }

func (f sides) FillLogProbs(dst []float64, tokens []lm.Token, i int) []float64 {
	dst = lm.Grow(dst, f.vocab)
	for v := range dst {
		dst[v] = -float64(v + i + 10*len(tokens))
	}
	return dst
}

// A filler is called only for the tokens of the candidate.
func TestRankAsksForTheCandidate(t *testing.T) {
	docs := []corpus.Document{{Text: "abc ab b"}}
	tok, err := corpus.Train("char", docs, 0)
	require.NoError(t, err)
	f := sides{tok.Vocab()}
	got, err := Cloze{"ab ", "c"}.Rank(f, tok, []string{"ab"})
	require.NoError(t, err)
	tokens := append(tok.Encode(nil, "ab abc"), lm.BOS)
	want := 0.0
	for _, i := range []int{2, 3, 4} { // the space belongs to the word, as in the word tokenizer
		want += f.FillLogProbs(nil, tokens, i)[tokens[i]]
	}
	require.Equal(t, want, got[0].LogProb)
	_, err = Cloze{"a", "b"}.Rank(f, tok, nil)
	require.Error(t, err)
	_, err = Cloze{"a", "b"}.Rank(f, tok, []string{""})
	require.Error(t, err)
	_, err = Cloze{"a", "b"}.Rank(3, tok, []string{"a"})
	require.Error(t, err)
}

// Top returns words that fit the position: after a space, words that include the space.
func TestTop(t *testing.T) {
	docs := slices.Repeat([]corpus.Document{{Text: "the king of the sea ."}}, 30)
	tok, err := corpus.Train("word", docs, 0)
	require.NoError(t, err)
	m, _, err := ngram.Train(corpus.EncodeDocuments(tok, docs), ngram.Config{
		Order: 3, Smoothing: "modified-kneser-ney", Vocab: tok.Vocab(), Unk: -1,
	})
	require.NoError(t, err)
	got, err := Cloze{"the ", " of the sea ."}.Top(lm.Fill(m), tok, 2)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, "king", got[0].Text)
	require.Greater(t, got[0].P, 0.5)
	require.InDelta(t, math.Log(got[0].P), got[0].LogProb, 1e-9)
	first, err := Cloze{"", " king of the sea ."}.Top(lm.Fill(m), tok, 1)
	require.NoError(t, err)
	require.Equal(t, "the", first[0].Text)
}
