package eval

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// after gives a token half the probability if it is one less than the token after it.
type after struct{ v int }

func (m after) Vocab() int { return m.v }

func (m after) ScoreBackward(dst []float64, tokens []lm.Token) []float64 {
	dst = lm.Grow(dst, len(tokens))
	for i, tok := range tokens {
		dst[i] = math.Log(.5 / float64(m.v-1))
		if tok != lm.BOS && i+1 < len(tokens) && tokens[i+1] == tok+1 {
			dst[i] = math.Log(.5)
		}
	}
	return dst
}

func TestBackwardRunByHand(t *testing.T) {
	tok, err := corpus.NewByte(0)
	require.NoError(t, err)
	m := after{tok.Vocab()}
	docs := []corpus.Document{{Text: "abc", End: "\n"}, {Text: "q", End: "\n"}}
	r, err := BackwardRun(context.Background(), m, tok, docs, Options{Threads: 2})
	require.NoError(t, err)
	other := -math.Log(.5 / float64(m.v-1))
	// a and b; c, q and two document beginnings
	require.InDelta(t, 2*math.Ln2+4*other, r.Nats, 1e-12)
	require.Equal(t, 6, r.Tokens)
	require.Equal(t, 6, r.Bytes)
	_, err = BackwardRun(context.Background(), after{3}, tok, docs, Options{})
	require.ErrorContains(t, err, "the model has 3 tokens")
	_, err = BackwardRun(context.Background(), m, tok, nil, Options{})
	require.ErrorContains(t, err, "no tokens")
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = BackwardRun(cancelled, m, tok, docs, Options{})
	require.ErrorIs(t, err, context.Canceled)
}
