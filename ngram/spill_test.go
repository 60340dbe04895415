package ngram

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// However little memory counting may use, the model is the same bit for bit, and no file remains.
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
		// the first bound makes more files than are merged at once
		for _, memory := range []int64{1, 2000, 20000, 1 << 30} {
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

// While a Counter counts, its files have no name, so that no file remains even if the process is
// killed.
func TestSpillsHaveNoName(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps the name until the file is closed, at the latest at the end of the " +
			"process")
	}
	cfg := Config{Order: 3, Vocab: 9, Memory: 1, TempDir: t.TempDir()}
	c, err := NewCounter(cfg)
	require.NoError(t, err)
	for i := range lm.Token(500) {
		require.NoError(t, c.Append([]lm.Token{1 + i%7, 1 + i*i%8}))
	}
	require.NotEmpty(t, c.spills)
	left, err := os.ReadDir(cfg.TempDir)
	require.NoError(t, err)
	require.Empty(t, left)
	require.NoError(t, c.Close())
}

// A document added in pieces gives the same model as a document added at once.
func TestAppend(t *testing.T) {
	cfg := Config{Order: 4, Vocab: 9, Memory: 500, TempDir: t.TempDir()}
	docs := [][]lm.Token{{1, 2, 3, 1, 2, 4, 5, 0}, {7, 1, 2, 3}, {0}, {2, 2, 2, 2, 0}}
	whole, _, err := Train(docs, cfg)
	require.NoError(t, err)
	c, err := NewCounter(cfg)
	require.NoError(t, err)
	for _, doc := range docs {
		for i := range doc {
			require.NoError(t, c.Append(doc[i:i+1]))
		}
		if doc[len(doc)-1] != lm.BOS {
			require.NoError(t, c.Cut())
		}
	}
	m, _, err := c.Model()
	require.NoError(t, err)
	require.Equal(t, saved(t, whole), saved(t, m))
}

func TestMemoryBoundErrors(t *testing.T) {
	docs := [][]lm.Token{make([]lm.Token, 1000)}
	_, _, err := Train(docs, Config{Order: 2, Vocab: 2, Memory: 1, TempDir: "/nothing/here"})
	require.ErrorContains(t, err, "temporary file")
}
