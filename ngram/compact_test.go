package ngram

import (
	"cmp"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"lmzoo/lm"
)

// sums returns the largest distance of Σ P from 1 at every prefix of the documents.
func sums(m *Model, docs [][]lm.Token) float64 {
	worst := 0.0
	for _, doc := range docs {
		for i := range doc {
			sum := 0.0
			for _, p := range m.NextLogProbs(nil, doc[:i]) {
				sum += math.Exp(p)
			}
			worst = max(worst, math.Abs(sum-1))
		}
	}
	return worst
}

func nats(m *Model, docs [][]lm.Token) (sum float64) {
	for _, doc := range docs {
		for _, p := range m.Score(nil, doc) {
			sum -= p
		}
	}
	return sum
}

func TestQuantize(t *testing.T) {
	m, w := mill(t, Config{Order: 4})
	test := w.lines(testText(t, "mill.test.txt"), false)
	exact := nats(m, test)
	off := map[int]float64{}
	for _, bits := range []int{3, 8} {
		q, err := m.Quantize(bits)
		require.NoError(t, err)
		require.Less(t, sums(q, test), 0.01)
		off[bits] = math.Abs(nats(q, test)-exact) / exact
		again, err := Read(saved(t, q))
		require.NoError(t, err)
		require.Equal(t, q.Score(nil, test[0]), again.Score(nil, test[0]))
	}
	require.Less(t, off[8], 1e-3)
	require.Less(t, off[8], off[3])
	for _, bits := range []int{0, 1, 13} {
		_, err := m.Quantize(bits)
		require.ErrorContains(t, err, "want 2 to 12")
	}
}

func TestPruneEntropy(t *testing.T) {
	m, w := mill(t, Config{Order: 4})
	train := w.lines(testText(t, "mill.txt"), false)
	grams, before := m.Params(), nats(m, train)
	for _, threshold := range []float64{1e-5, 1e-4, 1e-3, 1e-2} {
		p, err := m.PruneEntropy(threshold)
		require.NoError(t, err)
		require.Less(t, p.Params(), grams)
		require.Greater(t, nats(p, train), before, "what is dropped was good for something")
		require.Less(t, sums(p, train), 2e-6)
		grams, before = p.Params(), nats(p, train)
	}
	same, err := m.PruneEntropy(0)
	require.NoError(t, err)
	require.InEpsilon(t, nats(m, train), nats(same, train), 1e-3)
	_, err = m.PruneEntropy(math.NaN())
	require.Error(t, err)
}

// Backing off by the recomputed weights is a distribution for any model that is cut anyhow.
func TestRebalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vocab := rapid.IntRange(2, 8).Draw(t, "V")
		docs := documents(t, vocab)
		m, _, err := Train(docs, Config{Order: rapid.IntRange(1, 5).Draw(t, "order"), Vocab: vocab})
		require.NoError(t, err)
		p, err := m.PruneEntropy(rapid.Float64Range(0, 0.1).Draw(t, "threshold"))
		require.NoError(t, err)
		require.Less(t, sums(p, docs), 5e-6)
		cut := m.unpack().filter(func(int, uint32) bool { return rapid.Bool().Draw(t, "keep") }).pack(m.kept()).rebalance()
		require.Less(t, sums(cut, docs), 5e-6)
	})
}

// Top says what sorting the whole distribution says.
func TestTop(t *testing.T) {
	m, w := mill(t, Config{Order: 4})
	for _, line := range []string{"", "the", "the river", "an elephant", "the end of the", "the miller opened the gate and"} {
		context := w.document(line, false)
		context = context[:len(context)-1]
		var all []Choice
		for id, p := range m.NextLogProbs(nil, context) {
			all = append(all, Choice{lm.Token(id), p})
		}
		slices.SortFunc(all, func(a, b Choice) int {
			return cmp.Or(cmp.Compare(b.LogProb, a.LogProb), cmp.Compare(a.Token, b.Token))
		})
		for _, k := range []int{0, 1, 3, 10, 100, 1000} {
			require.Equal(t, all[:min(k, len(all))], append([]Choice{}, m.Top(context, k)...), "%q %d", line, k)
		}
	}
}
