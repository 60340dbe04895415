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

// A weight is rounded to the nearest mean, but not up if that could raise a probability above 1.
func TestSafe(t *testing.T) {
	means := []float32{-1, -0.5, 0.25, 0.5}
	for v, want := range map[float32]int{-2: 0, -0.8: 0, -0.7: 1, -0.1: 1, 0: 1, 0.25: 2, 0.4: 2,
		0.2: 1, 0.49999: 3, 9: 3} {
		require.Equal(t, want, safe(means, v), "%v", v)
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
		p.visit(func(g gram) { require.NotEqual(t, uint32(none), g.suffix, "suffixes stay") })
		grams, before = p.Params(), nats(p, train)
	}
	same, err := m.PruneEntropy(0)
	require.NoError(t, err)
	require.InEpsilon(t, nats(m, train), nats(same, train), 1e-3)
	_, err = m.PruneEntropy(math.NaN())
	require.Error(t, err)
}

// The formula of the paper agrees with its definition, D = P(h) Σ_w P(w|h) ln (P(w|h) / P'(w|h)),
// where P' is the model that actually lacks the n-gram and P(h) is the product of the token
// probabilities.
func TestDivergence(t *testing.T) {
	m, _, err := Train([][]lm.Token{{1, 2, 3, 1, 2, 4, 0}, {2, 3, 1, 2, 3, 3, 0}, {4, 2, 3, 0}},
		Config{Order: 3, Vocab: 5, NoCounts: true})
	require.NoError(t, err)
	paths := map[uint32][]uint32{} // the tokens of each trigram
	for w := range uint32(m.Vocab()) {
		lo, hi := m.successors(1, w)
		for i := lo; i < hi; i++ {
			first, last := m.successors(2, i)
			for j := first; j < last; j++ {
				paths[j] = []uint32{w, m.tables[0].wordAt(i), m.tables[1].wordAt(j)}
			}
		}
	}
	after := func(m *Model, history []uint32) []float64 {
		r := recall{}
		for _, w := range history {
			if w == 0 {
				r = m.begin()
				continue
			}
			m.step(&r, w)
		}
		return m.next(nil, &r)
	}
	var own, lower [3]map[uint32]float64
	for k := range own {
		own[k], lower[k] = map[uint32]float64{}, map[uint32]float64{}
	}
	m.visit(func(g gram) {
		own[g.order-1][g.history] += math.Pow(10, g.prob)
		lower[g.order-1][g.history] += math.Pow(10, g.lower)
	})
	checked := 0
	m.visit(func(g gram) {
		if g.order < 3 || 1-own[2][g.history]+math.Pow(10, g.prob) < 1e-3 {
			return
		}
		path := paths[g.index]
		without := m.unpack().filter(func(k int, i uint32) bool {
			return k < 2 ||
				i != g.index
		}).pack(m.kept()).rebalance()
		before, now := after(m, path[:2]), after(without, path[:2])
		want := 0.0
		for w := range before {
			want += math.Exp(before[w]) * (before[w] - now[w])
		}
		want *= math.Exp(after(m, nil)[path[0]] + after(m, path[:1])[path[1]])
		require.InDelta(t, want, divergence(g, own[2][g.history], lower[2][g.history],
			math.Pow(10, g.before)), 1e-6, "%v", path)
		checked++
	})
	require.Greater(t, checked, 8)
}

// With recomputed weights, a model is a distribution however its n-grams were pruned.
func TestRebalance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vocab := rapid.IntRange(2, 8).Draw(t, "V")
		docs := documents(t, vocab)
		m, _, err := Train(docs, Config{Order: rapid.IntRange(1, 5).Draw(t, "order"), Vocab: vocab})
		require.NoError(t, err)
		p, err := m.PruneEntropy(rapid.Float64Range(0, 0.1).Draw(t, "threshold"))
		require.NoError(t, err)
		require.Less(t, sums(p, docs), 5e-6)
		cut := m.unpack().filter(func(int, uint32) bool {
			return rapid.Bool().Draw(t,
				"keep")
		}).pack(m.kept()).rebalance()
		require.Less(t, sums(cut, docs), 5e-6)
	})
}

// Top agrees with sorting the whole distribution.
func TestTop(t *testing.T) {
	m, w := mill(t, Config{Order: 4})
	for _, line := range []string{"", "the", "the river", "an elephant", "the end of the",
		"the miller opened the gate and"} {
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
			require.Equal(t, all[:min(k, len(all))], append([]Choice{}, m.Top(context, k)...),
				"%q %d", line, k)
		}
	}
}
