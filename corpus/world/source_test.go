package world

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// tokenizer trains a tokenizer on text in which every word occurs.
func tokenizer(t testing.TB, name string, docs []corpus.Document) corpus.Tokenizer {
	t.Helper()
	tok, err := corpus.Train(name, docs, 0)
	require.NoError(t, err)
	return tok
}

func source(t testing.TB, g Generator, tok corpus.Tokenizer) *Source {
	t.Helper()
	s, err := NewSource(g, tok)
	require.NoError(t, err)
	return s
}

func TestSourceKeepsTheContract(t *testing.T) {
	docs := sample(300_000)
	for _, name := range []string{"word", "char", "bpe", "byte", "whitespace"} {
		tok := tokenizer(t, name, docs)
		s := source(t, New(DefaultSeed), tok)
		lmtest.Check(t, s, 1e-9, 0, 1, 2, 17)
	}
	tok := tokenizer(t, "word", docs[:40]) // some words are spelled in letters
	lmtest.Check(t, source(t, New(DefaultSeed), tok), 1e-9, 0, 1, 2, 17)
}

// At every prefix of real documents, not only at the random prefixes of lmtest, the probabilities
// add up to 1 and the steps agree with Score.
func TestSourceOnPossibleTexts(t *testing.T) {
	docs := sample(300_000)
	for _, tok := range []corpus.Tokenizer{
		tokenizer(t, "word", docs), tokenizer(t, "word", docs[:40]), tokenizer(t, "char",
			docs), tokenizer(t, "bpe", docs),
	} {
		s := source(t, New(DefaultSeed), tok)
		for _, d := range docs[:8] {
			tokens := corpus.EncodeDocument(nil, tok, d)
			scores, nats := lm.Score(s, tokens), 0.0
			st := s.start()
			for i, token := range tokens {
				require.NoError(t, st.Impossible())
				probs, sum := st.NextLogProbs(nil), 0.0
				for _, p := range probs {
					sum += math.Exp(p)
				}
				require.InDelta(t, 1, sum, 1e-9)
				require.InDelta(t, scores[i], probs[token], 1e-9)
				nats -= scores[i]
				st.Push(token)
			}
			truth := 0.0
			for _, e := range d.Truth {
				truth += e.Nats
			}
			require.InDelta(t, truth, nats, 1e-9)
		}
	}
}

// Over whole words, the scores of the source equal the truth, bit for bit.
func TestSourcePaysTheTruth(t *testing.T) {
	docs := sample(300_000)
	tok := tokenizer(t, "word", docs)
	s := source(t, New(DefaultSeed), tok)
	for _, d := range docs[:500] {
		scores := lm.Score(s, corpus.EncodeDocument(nil, tok, d))
		require.Len(t, scores, len(d.Truth))
		for i, e := range d.Truth {
			require.Equal(t, e.Nats, 0-scores[i], "%s: word %d", d.Text, i)
		}
	}
}

func TestSourceAfterAnImpossibleText(t *testing.T) {
	docs := sample(300_000)
	for _, name := range []string{"word", "char"} {
		tok := tokenizer(t, name, docs)
		s := source(t, New(DefaultSeed), tok)
		tokens := tok.Encode(nil, "once in winter , on a hot morning")
		err := s.Possible(tokens)
		var impossible *Impossible
		require.True(t, errors.As(err, &impossible), "%v", err)
		var words []string
		for _, c := range impossible.Want {
			words = append(words, c.Word)
		}
		require.ElementsMatch(t, []string{"snowy", "frosty", "foggy", "cloudy", "stormy"}, words)
		require.ErrorContains(t, err, `which is impossible there in this world; want`)
		scores := lm.Score(s, append(tokens, lm.BOS))
		zeros := 0
		for i, p := range scores {
			require.False(t, math.IsNaN(p))
			if math.IsInf(p, -1) {
				zeros++
				require.Equal(t, impossible.Position, i+1)
			}
		}
		require.Equal(t, 1, zeros)
		require.Equal(t, -math.Log(float64(tok.Vocab())), scores[len(scores)-1])
		for _, p := range s.NextLogProbs(nil, tokens) {
			require.Equal(t, -math.Log(float64(tok.Vocab())), p)
		}
		require.NoError(t, s.Possible(append(tokens, lm.BOS)), "a new document is possible again")
		require.NoError(t, s.Possible(tok.Encode(nil, "once in winter , on a")))
		err = s.Possible(tok.Encode(nil, "once in winter , on a snog"))
		require.ErrorContains(t, err, `want "snowy"`)
		if name == "char" {
			require.NotContains(t, err.Error(), "frosty", "only snowy begins with these letters")
		}
	}
}

func TestSourceNeedsDistinctWords(t *testing.T) {
	tok := tokenizer(t, "whitespace", []corpus.Document{{Text: "once in winter"}})
	_, err := NewSource(New(DefaultSeed), tok)
	require.ErrorContains(t, err, "alike")
}

func TestCompose(t *testing.T) {
	w, all := New(DefaultSeed), standard()
	w.compose(all[3:])
	for _, d := range w.Split(1, 2_000, 0, 0).Train {
		require.True(t, strings.HasPrefix(d.Text, "let us count"), d.Text)
		require.Zero(t, d.Truth[0].Nats)
	}
	w.compose([]kind{all[0], all[3]})
	choices, err := w.Next(nil)
	require.NoError(t, err)
	require.InDelta(t, .17/.67, choices[2].P, 1e-12)
}
