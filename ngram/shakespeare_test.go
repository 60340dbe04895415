package ngram

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// words is a minimal tokenizer for tests: </s> is 0, <unk> is 1, and words follow in order of
// appearance.
type words struct {
	id   map[string]lm.Token
	text []string
}

func newWords() *words {
	return &words{id: map[string]lm.Token{}, text: []string{"</s>", "<unk>"}}
}

// document turns a line into tokens; learn adds new words.
func (w *words) document(line string, learn bool) (doc []lm.Token) {
	for _, word := range strings.Fields(line) {
		id, ok := w.id[word]
		switch {
		case !ok && learn:
			id = lm.Token(len(w.text))
			w.id[word], w.text = id, append(w.text, word)
		case !ok:
			id = 1
		}
		doc = append(doc, id)
	}
	return append(doc, lm.BOS)
}

// lines turns text into one document per nonempty line.
func (w *words) lines(text string, learn bool) (docs [][]lm.Token) {
	for line := range strings.Lines(text) {
		if doc := w.document(line, learn); len(doc) > 1 {
			docs = append(docs, doc)
		}
	}
	return docs
}

// shakespeare returns the training and test lines of the reference table, or skips the test.
func shakespeare(t testing.TB) (train, test [][]lm.Token, w *words) {
	file := os.Getenv("LMZOO_TINYSHAKESPEARE")
	if cache, err := os.UserCacheDir(); file == "" && err == nil {
		file = filepath.Join(cache, "lmzoo", "tinyshakespeare.txt")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Skip("tinyshakespeare is not on this machine; set LMZOO_TINYSHAKESPEARE to its file, " +
			"or run `lmzoo corpus get tinyshakespeare`")
	}
	lines := bytes.SplitAfter(bytes.ToLower(data), []byte("\n"))
	w = newWords()
	train = w.lines(string(bytes.Join(lines[:36000], nil)), true)
	test = w.lines(string(bytes.Join(lines[36000:], nil)), false)
	return train, test, w
}

// TestKenLMTable compares perplexities with KenLM (lmplz and query), whose sums per line are
// float32.
func TestKenLMTable(t *testing.T) {
	train, test, w := shakespeare(t)
	for _, row := range []struct {
		order                    int
		perplexity, excludingOOV float64
		highest                  int
	}{
		{1, 966.873817, 546.902112, 22129},
		{2, 555.857954, 287.318816, 105136},
		{3, 538.549497, 277.497782, 154476},
		{4, 537.121604, 276.815613, 148917},
		{5, 537.078723, 276.812505, 128826},
	} {
		m, notes, err := Train(train, Config{Order: row.order, Smoothing: "modified-kneser-ney",
			Vocab: len(w.text), Unk: 1})
		require.NoError(t, err)
		require.Empty(t, notes)
		all, known, tokens, oov := 0.0, 0.0, 0, 0
		for _, doc := range test {
			for i, p := range m.Score(nil, doc) {
				tokens++
				all += p
				if doc[i] == 1 {
					oov++
				} else {
					known += p
				}
			}
		}
		require.Equal(t, 21052, tokens)
		require.Equal(t, 1987, oov)
		require.InEpsilon(t, row.perplexity, math.Exp(-all/float64(tokens)), 5e-7, "order %d",
			row.order)
		require.InEpsilon(t, row.excludingOOV, math.Exp(-known/float64(tokens-oov)), 5e-7,
			"order %d", row.order)
		want := row.highest
		if row.order == 1 {
			want-- // KenLM counts <s> and </s>, which are one token here
		}
		require.Equal(t, want, m.Grams[row.order-1])
	}
}
