package ngram

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// However little memory the counting has, the model is the same to the bit, and no file is left.
func TestMemoryBound(t *testing.T) {
	docs := newWords().lines(testText(t, "mill.txt"), true)
	whole := []lm.Token{} // one long document, cut at the end
	for _, doc := range docs {
		whole = append(whole, doc[:len(doc)-1]...)
	}
	docs = append(docs, whole, []lm.Token{0})
	for _, order := range []int{1, 2, 5} {
		cfg := Config{Order: order, Vocab: 200, Unk: 1, TempDir: t.TempDir()}
		free, _, err := Train(docs, cfg)
		require.NoError(t, err)
		for _, memory := range []int64{1, 2000, 20000, 1 << 30} { // the first makes more files than are merged at once
			cfg.Memory = memory
			bound, _, err := Train(docs, cfg)
			require.NoError(t, err)
			require.Equal(t, saved(t, free), saved(t, bound), "order %d, %d bytes", order, memory)
			left, err := os.ReadDir(cfg.TempDir)
			require.NoError(t, err)
			require.Empty(t, left)
		}
	}
}

func TestMemoryBoundRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vocab := rapid.IntRange(1, 5).Draw(t, "V") + 1
		docs := documents(t, vocab)
		cfg := Config{Order: rapid.IntRange(1, 5).Draw(t, "order"), Vocab: vocab}
		free, _, err := Train(docs, cfg)
		require.NoError(t, err)
		cfg.Memory = int64(rapid.IntRange(1, 4000).Draw(t, "memory"))
		bound, _, err := Train(docs, cfg)
		require.NoError(t, err)
		require.Equal(t, free.unpack(), bound.unpack())
	})
}

func TestMemoryBoundErrors(t *testing.T) {
	docs := [][]lm.Token{make([]lm.Token, 1000)}
	_, _, err := Train(docs, Config{Order: 2, Vocab: 2, Memory: 1, TempDir: "/nothing/here"})
	require.ErrorContains(t, err, "temporary file")
}
