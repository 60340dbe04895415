package zoo

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/eval"
)

// The source of a generated corpus is at the limit: its gap is exactly 0, not only when printed.
func TestSourceIsTheLimit(t *testing.T) {
	for _, g := range GeneratedCorpora() {
		data := Data{Corpus: g.Name, Tokens: 300_000}
		split, err := data.Load(context.Background(), Input{})
		require.NoError(t, err)
		tok, err := corpus.Train("word", split.Train, 0)
		require.NoError(t, err)
		r, err := eval.Run(context.Background(), data.Source(tok), tok, split.Test,
			eval.Options{Threads: 2})
		require.NoError(t, err)
		require.True(t, r.HasLimit)
		require.Zero(t, r.Gap(), g.Name)
		low, high := r.GapInterval(1)
		require.Zero(t, low)
		require.Zero(t, high)
		for _, c := range r.Classes {
			require.Zero(t, c.Gap(), c.Class)
		}
		require.Nil(t, (&Data{Corpus: "names"}).Source(tok))
	}
}

// TestMisspelledNames checks that corpus suggests every generated corpus.
func TestMisspelledNames(t *testing.T) {
	for _, g := range GeneratedCorpora() {
		_, err := corpus.FindNamed(g.Name + "x")
		require.ErrorContains(t, err, fmt.Sprintf("did you mean %q", g.Name))
	}
}
