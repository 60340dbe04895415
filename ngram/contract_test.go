package ngram

import (
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// TestContract checks that every smoothing satisfies the contract, for documents shorter and longer
// than its memory.
func TestContract(t *testing.T) {
	for _, smoothing := range Smoothings {
		for _, order := range []int{1, 2, 4} {
			t.Run(smoothing, func(t *testing.T) {
				m, _ := mill(t, Config{Order: order, Smoothing: smoothing, K: 0.1})
				lmtest.Check(t, m, 2e-6, 0, 1, 2, 3, 5, 17)
				lmtest.CheckStreams(t, m, 2e-6)
			})
		}
	}
}

func TestNoAllocationPerToken(t *testing.T) {
	m, w := mill(t, Config{Order: 5})
	doc := w.document("the miller opened the gate and an elephant slept", false)
	dst := make([]float64, len(doc))
	require.Zero(t, testing.AllocsPerRun(100, func() { m.Score(dst, doc) }))
	state, probs := m.Start(), make([]float64, m.Vocab())
	require.Zero(t, testing.AllocsPerRun(100, func() { state.NextLogProbs(probs); state.Push(5) }))
}

func TestBadConfig(t *testing.T) {
	docs := [][]lm.Token{{1, 0}}
	for _, x := range []struct {
		cfg  Config
		docs [][]lm.Token
		want string
	}{
		{Config{Order: 0, Vocab: 2}, docs, "order 0"},
		{Config{Order: 33, Vocab: 2}, docs, "order 33"},
		{Config{Order: 2}, docs, "vocabulary of 0"},
		{Config{Order: 2, Vocab: 2, Smoothing: "good-turing"}, docs, "want one of mle"},
		{Config{Order: 2, Vocab: 2, Unk: 2}, docs, "unknown-word token 2"},
		{Config{Order: 2, Vocab: 2, K: -1}, docs, "k = -1"},
		{Config{Order: 2, Vocab: 2, Prune: []int{1}}, docs, "unigrams are never pruned"},
		{Config{Order: 3, Vocab: 2, Prune: []int{0, 2, 1}}, docs, "decrease"},
		{Config{Order: 1, Vocab: 2, Prune: []int{0, 0}}, docs, "2 pruning thresholds"},
		{Config{Order: 2, Vocab: 2, Prune: []int{0, -1}}, docs, "threshold -1"},
		{Config{Order: 2, Vocab: 2, Memory: -1}, docs, "memory"},
		{Config{Order: 2, Vocab: 2}, nil, "no tokens"},
		{Config{Order: 2, Vocab: 2}, [][]lm.Token{{}}, "no tokens"},
		{Config{Order: 2, Vocab: 2}, [][]lm.Token{{2, 0}}, "token 2 is outside"},
		{Config{Order: 2, Vocab: 2}, [][]lm.Token{{-1, 0}}, "token -1 is outside"},
	} {
		_, _, err := Train(x.docs, x.cfg)
		require.ErrorContains(t, err, x.want)
	}
}

// TestSmallestText checks that one token of text is enough for every smoothing, order and
// vocabulary.
func TestSmallestText(t *testing.T) {
	for _, smoothing := range Smoothings {
		for order := 1; order <= 4; order++ {
			for _, docs := range [][][]lm.Token{{{0}}, {{0}, {0}}} {
				m, notes, err := Train(docs, Config{Order: order, Vocab: 1, Smoothing: smoothing})
				require.NoError(t, err)
				require.InDelta(t, 0, m.Score(nil, []lm.Token{0})[0], 1e-6,
					"the only token there is")
				require.Equal(t, len(m.Discounts) > 0, len(notes) > 0, "a fallback is no secret")
			}
		}
	}
}
