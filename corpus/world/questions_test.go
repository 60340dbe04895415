package world

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
)

func TestQuestionsHaveOneAnswer(t *testing.T) {
	w := New(DefaultSeed)
	asked := make([]int, corpus.NumClasses)
	for _, d := range sample(3_000) {
		for _, q := range Questions(d) {
			choices, err := w.Next(strings.Split(q.Prompt, " "))
			require.NoError(t, err)
			require.Equal(t, []Choice{{q.Answer, 1}}, choices, q.Prompt)
			asked[q.Class]++
		}
	}
	for _, c := range []corpus.Class{corpus.Fact, corpus.Long, corpus.InContext, corpus.Compute} {
		require.Positive(t, asked[c], c)
	}
	require.Zero(t, asked[corpus.Local]+asked[corpus.Choice])
	require.Empty(t, Questions(corpus.Document{Text: "not of this world"}))
}
