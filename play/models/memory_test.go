package models

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/play/playtest"
)

// TestMemory compares the memory with the model while a prompt grows, shrinks and changes.
func TestMemory(t *testing.T) {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	for _, r := range runs {
		e := New("", r)
		text := "once in spring , on a windy evening , two friends met in lorrin . it was " +
			"a tale of the forest ."
		tokens := e.Tokenizer().Encode(nil, text)
		m := memory{model: e.LM}
		n, seed := 0, 7
		for range 60 {
			seed = (seed*37 + 11) % 101
			n = max(0, min(len(tokens), n+seed%9-3))
			require.InDeltaSlice(t, e.LM.NextLogProbs(nil, tokens[:n]),
				mustRecall(t, &m, tokens[:n]), 1e-4, "%s after %d tokens", e.ID, n)
			require.LessOrEqual(t, len(m.moments), maxMoments)
		}
		other := append([]lm.Token{tokens[3]}, tokens[1:20]...) // a different beginning
		require.InDeltaSlice(t, e.LM.NextLogProbs(nil, other), mustRecall(t, &m, other), 1e-4)
		state, next, err := m.start(tokens[:5])
		require.NoError(t, err)
		state.Push(tokens[5])
		require.InDeltaSlice(t, e.LM.NextLogProbs(nil, tokens[:6]), state.NextLogProbs(nil), 1e-4)
		require.InDeltaSlice(t, next, mustRecall(t, &m, tokens[:5]), 0,
			"a State that was given away is one's own")
	}
}

// reader is a model that counts the tokens it reads.
type reader struct{ read *int }

func (r reader) Vocab() int                                         { return 2 }
func (r reader) NextLogProbs(dst []float64, _ []lm.Token) []float64 { return append(dst[:0], 0, 0) }
func (r reader) Start() lm.State                                    { return readerState{r} }

type readerState struct{ reader }

func (r readerState) NextLogProbs(dst []float64) []float64 { return append(dst[:0], 0, 0) }
func (r readerState) Push(lm.Token)                        { *r.read++ }
func (r readerState) Clone() lm.State                      { return r }

// TestMemoryReadsOnce checks that only the new tokens of a growing prompt are read.
func TestMemoryReadsOnce(t *testing.T) {
	var read int
	m := memory{model: reader{&read}}
	tokens := make([]lm.Token, 50)
	for n := range tokens {
		mustRecall(t, &m, tokens[:n])
		require.Equal(t, n, read)
	}
	mustRecall(t, &m, tokens[:45])
	require.Equal(t, 49, read, "what was read a moment ago is not read again")
}

// mustRecall returns ln P of the token after tokens.
func mustRecall(t testing.TB, m *memory, tokens []lm.Token) []float64 {
	t.Helper()
	next, err := m.next(tokens)
	require.NoError(t, err)
	return next
}
