package ngram

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
)

// The three sentences of Chen & Goodman 1998, section 1.1, and the probabilities that each
// smoothing gives BOOK and MOBY after A, worked out by hand.
//
// Counts of predictions, 18 in all: READ and </s> 3, A and BOOK 2, eight others 1; V = 12 with
// </s>. A is followed by DIFFERENT and BOOK once each. Of the 17 different bigrams only READ A
// occurs twice. Left neighbours, 17 in all: READ and </s> 3, BOOK 2 (A, DIFFERENT), the nine others
// 1, A among them.
func TestByHand(t *testing.T) {
	w := &words{id: map[string]lm.Token{}, text: []string{"</s>"}}
	docs := w.lines("JOHN READ MOBY DICK\nMARY READ A DIFFERENT BOOK\nSHE READ A BOOK BY CHER\n",
		true)
	require.Len(t, w.text, 12)
	for _, x := range []struct {
		smoothing  string
		book, moby float64
	}{
		{"mle", 1.0 / 2, 0},
		{"add-k", (1 + 1.0) / (2 + 12), 1.0 / (2 + 12)}, // k = 1
		// P(w) = (c + 12/12) / (18 + 12); A has two successors of two: (c + 2 P(w)) / (2 + 2)
		{"witten-bell", (1 + 2*3.0/30) / 4, (0 + 2*2.0/30) / 4},
		// Orders 1 and 2: D = 8/(8 + 2·2) = 2/3 and 16/(16 + 2·1) = 8/9. As every token was seen,
		// P(w) = (c − D)/18 + 12 D/18 · 1/12 = c/18.
		{"absolute", (1-8.0/9)/2 + 8.0/9*2/18, 8.0 / 9 * 1 / 18},
		// The same with P(w) = N1+(·w)/17.
		{"kneser-ney", (1-8.0/9)/2 + 8.0/9*2/17, 8.0 / 9 * 1 / 17},
		// D2 = 2 − 3 · 9/11 · 2/1 is below 0, and no bigram occurs three times: discounts 0.5, 1,
		// 1.5. γ = (0.5·9 + 1·1 + 1.5·2)/17 = 1/2, P(BOOK) = (2 − 1)/17 + 1/2·1/12, P(MOBY) = (1 −
		// 0.5)/17 + 1/2·1/12.
		{"modified-kneser-ney", (1-0.5)/2 + 0.5*(1.0/17+1.0/24), 0.5 * (0.5/17 + 1.0/24)},
		// S(BOOK|A) = 1/2, S(MOBY|A) = 0.4/18, Z(A) = 1 + 0.4 (1 − 3/18) = 4/3.
		{"stupid-backoff", 1.0 / 2 / (4.0 / 3), 0.4 / 18 / (4.0 / 3)},
	} {
		m, _, err := Train(docs, Config{Order: 2, Smoothing: x.smoothing, Vocab: 12})
		require.NoError(t, err)
		probs := m.NextLogProbs(nil, []lm.Token{w.id["A"]})
		require.InDelta(t, x.book, math.Exp(probs[w.id["BOOK"]]), 1e-6, x.smoothing)
		require.InDelta(t, x.moby, math.Exp(probs[w.id["MOBY"]]), 1e-6, x.smoothing)
	}

	// The paper's own number: p(JOHN READ A BOOK) = 1/3 · 1 · 2/3 · 1/2 · 1/2 ≈ 0.06.
	m, _, err := Train(docs, Config{Order: 2, Smoothing: "mle", Vocab: 12})
	require.NoError(t, err)
	sum := 0.0
	for _, p := range m.Score(nil, w.document("JOHN READ A BOOK", false)) {
		sum += p
	}
	require.InDelta(t, 1.0/18, math.Exp(sum), 1e-6)
	require.True(t, math.IsInf(m.Score(nil, w.document("CHER READ A BOOK", false))[0], -1),
		"an impossible beginning")
}

// An unseen history defers to the shorter history unchanged; <unk> cuts a history.
func TestUnknownHistory(t *testing.T) {
	m, w := mill(t, Config{Order: 4})
	get := func(context string) []float64 {
		doc := w.document(context, false)
		return m.NextLogProbs(nil, doc[:len(doc)-1])
	}
	require.Equal(t, get("elephant"), get("the miller saw an elephant"))
	require.Equal(t, get("elephant the river"), get("a b c the river"),
		"nothing reaches across <unk>")
	require.NotEqual(t, get("elephant the river"), get("by the river"))
	text := strings.Repeat("the river ran ", 3) // longer than the memory of the model
	require.Equal(t, get("elephant the river ran"), get(text))
}

// By hand: the end of "a b" was cut off, so there is no evidence of how documents end, and nothing
// follows b.
func TestCutDocument(t *testing.T) {
	const a, b = 1, 2
	m, _, err := Train([][]lm.Token{{a, b}, {a, a, lm.BOS}}, Config{Order: 2, Smoothing: "mle",
		Vocab: 3})
	require.NoError(t, err)
	prob := func(w lm.Token, context ...lm.Token) float64 {
		return math.Exp(m.NextLogProbs(nil,
			context)[w])
	}
	require.InDelta(t, 1.0/3, prob(lm.BOS, a), 1e-6, "a is followed by b, a and </s>")
	require.InDelta(t, 1.0/3, prob(b, a), 1e-6)
	require.InDelta(t, 3.0/5, prob(a, b), 1e-6, "b has no successor: 3 of the 5 tokens are a")
	require.InDelta(t, 1.0/5, prob(lm.BOS, b), 1e-6)
}

// If the training text contains <unk>, the token is predicted like an unseen token, and a history
// that contains it is unseen.
func TestUnknownInTraining(t *testing.T) {
	const unk, never = 1, 4
	docs := [][]lm.Token{{2, 3, unk, 2, 3, lm.BOS}, {unk, 2, unk, unk, lm.BOS}, {3, 2, lm.BOS}}
	for _, smoothing := range Smoothings {
		m, _, err := Train(docs, Config{Order: 3, Smoothing: smoothing, Vocab: 5, Unk: unk})
		require.NoError(t, err)
		for _, context := range [][]lm.Token{nil, {2}, {2, 3}, {unk}, {2, unk}, {unk, 2}, {3, 2}} {
			probs := m.NextLogProbs(nil, context)
			require.Equal(t, probs[never], probs[unk], "%s after %v", smoothing, context)
		}
		require.Equal(t, m.NextLogProbs(nil, []lm.Token{unk, 2}),
			m.NextLogProbs(nil, []lm.Token{never, 2}))
	}
}
