package ngram

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// The page that shows every smoothing on one history agrees with the models.
func TestSmoothingPage(t *testing.T) {
	page, err := os.ReadFile("../docs/derivations.md")
	require.NoError(t, err)
	w := &words{id: map[string]lm.Token{}, text: []string{"</s>"}}
	docs := w.lines("JOHN READ MOBY DICK\nMARY READ A DIFFERENT BOOK\nSHE READ A BOOK BY CHER\n",
		true)
	text := func(id lm.Token) string { return w.text[id] }
	for _, smoothing := range Smoothings {
		m, _, err := Train(docs, Config{Order: 2, Smoothing: smoothing, Vocab: len(w.text)})
		require.NoError(t, err)
		for _, word := range []string{"BOOK", "MOBY"} {
			why, err := m.Explain([]lm.Token{w.id["A"]}, w.id[word])
			require.NoError(t, err)
			var b strings.Builder
			require.NoError(t, why.Write(&b, text))
			require.Contains(t, string(page), "```\n"+b.String()+"```\n", "docs/derivations.md")
		}
	}
	require.Contains(t, string(page), smoothingTable(t, docs, w))
}

// smoothingTable returns a table of P(BOOK | A), P(MOBY | A) and the total probability of all
// tokens unseen after A.
func smoothingTable(t *testing.T, docs [][]lm.Token, w *words) string {
	var b strings.Builder
	for _, smoothing := range Smoothings {
		m, _, err := Train(docs, Config{Order: 2, Smoothing: smoothing, Vocab: len(w.text)})
		require.NoError(t, err)
		book, err := m.Explain([]lm.Token{w.id["A"]}, w.id["BOOK"])
		require.NoError(t, err)
		different, err := m.Explain([]lm.Token{w.id["A"]}, w.id["DIFFERENT"])
		require.NoError(t, err)
		moby, err := m.Explain([]lm.Token{w.id["A"]}, w.id["MOBY"])
		require.NoError(t, err)
		fmt.Fprintf(&b, "| %s | %.4f | %.4f | %.4f |\n", smoothing, book.Prob, moby.Prob,
			1-book.Prob-different.Prob)
	}
	return b.String()
}
