package eval

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// neighbours predicts that a token is the mean of its neighbours with probability 1/2.
type neighbours struct{ v int }

func (m neighbours) Vocab() int { return m.v }

func (m neighbours) FillLogProbs(dst []float64, tokens []lm.Token, i int) []float64 {
	dst = lm.Grow(dst, m.v)
	left, right := lm.BOS, lm.BOS
	if i > 0 {
		left = tokens[i-1]
	}
	if i+1 < len(tokens) {
		right = tokens[i+1]
	}
	for v := range dst {
		dst[v] = math.Log(.5 / float64(m.v-1))
	}
	dst[(left+right)/2] = math.Log(.5)
	return dst
}

func TestPseudoPerplexityByHand(t *testing.T) {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	m := neighbours{tok.Vocab()}
	docs := []corpus.Document{{Text: "abc", End: "\n"}, {Text: "q", End: "\n"}, {}}
	p, err := PseudoRun(context.Background(), m, tok, docs, Options{Threads: 2})
	require.NoError(t, err)
	other := -math.Log(.5 / float64(m.v-1))
	require.InDelta(t, math.Ln2+3*other, p.Nats, 1e-12) // only b is between its neighbours
	require.Equal(t, 4, p.Tokens)
	require.Equal(t, 3, p.Documents)
	require.InDelta(t, math.Exp(p.Nats/4), p.Perplexity(), 1e-12)
	one, err := PseudoRun(context.Background(), m, tok, docs, Options{})
	require.NoError(t, err)
	require.Equal(t, one, p)
}

// A causal model with a memory of one token has the pseudo-perplexity that follows from Bayes'
// rule.
func TestPseudoPerplexityOfACausalModel(t *testing.T) {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	p, err := PseudoRun(context.Background(), lm.Fill(lm.Uniform(tok.Vocab())), tok,
		[]corpus.Document{{Text: "hello"}}, Options{})
	require.NoError(t, err)
	require.InDelta(t, float64(tok.Vocab()), p.Perplexity(), 1e-6)
}

func TestPseudoRunErrors(t *testing.T) {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	ctx := context.Background()
	_, err = PseudoRun(ctx, neighbours{3}, tok, nil, Options{})
	require.ErrorContains(t, err, "the model has 3 tokens")
	_, err = PseudoRun(ctx, neighbours{tok.Vocab()}, tok, []corpus.Document{{End: "\n"}}, Options{})
	require.ErrorContains(t, err, "no tokens")
	_, err = PseudoRun(ctx, notANumber{neighbours{tok.Vocab()}}, tok,
		[]corpus.Document{{Text: "a"}}, Options{})
	require.ErrorIs(t, err, lm.ErrNoProbability)
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = PseudoRun(cancelled, neighbours{tok.Vocab()}, tok, []corpus.Document{{Text: "a"}},
		Options{})
	require.True(t, errors.Is(err, context.Canceled))
}

type notANumber struct{ neighbours }

func (m notANumber) FillLogProbs(dst []float64, _ []lm.Token, _ int) []float64 {
	dst = lm.Grow(dst, m.v)
	for i := range dst {
		dst[i] = math.NaN()
	}
	return dst
}

// TestPseudoRunOfALongDocument: a document is scored in parts, with progress and the same bits on
// any number of threads.
func TestPseudoRunOfALongDocument(t *testing.T) {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	docs := []corpus.Document{{Text: strings.Repeat("abc acb ", 200)}, {Text: "cab"}}
	last := 0
	m := neighbours{tok.Vocab()}
	two, err := PseudoRun(context.Background(), m, tok, docs, Options{Threads: 2,
		Progress: func(done, total int) {
			require.Greater(t, done, last)
			require.Equal(t, 1603, total)
			last = done
		}})
	require.NoError(t, err)
	require.Equal(t, 1603, last)
	one, err := PseudoRun(context.Background(), m, tok, docs, Options{Threads: 1})
	require.NoError(t, err)
	require.Equal(t, one, two)
	want := 0.0
	for _, d := range docs {
		tokens := tok.Encode(nil, d.Text)
		for _, logProb := range lm.FillScore(m, tokens, 0, len(tokens)) {
			want -= logProb
		}
	}
	require.InDelta(t, want, two.Nats, 1e-9)
}
