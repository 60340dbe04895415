package task

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func spam(t *testing.T) *Set {
	s, err := NewSet([]Example{
		{Text: "Buy cheap cheap pills", Label: "spam"},
		{Text: "buy now", Label: "spam"},
		{Text: "lunch now?", Label: "ham"},
		{Text: "see you at lunch", Label: "ham"},
		{Text: "cheap lunch", Label: "ham"},
	})
	require.NoError(t, err)
	return s
}

// TestNaiveBayesByHand: the texts have 9 different words; with repetitions, ham has 9 and spam 6.
func TestNaiveBayesByHand(t *testing.T) {
	m, err := TrainNaiveBayes(spam(t), 1)
	require.NoError(t, err)
	// the words: buy cheap pills now lunch ? see you at
	words := 9.0
	ham := 3. / 5 * (1 + 1) / (9 + words) * (1 + 1) / (9 + words) // cheap, now
	spam := 2. / 5 * (2 + 1) / (6 + words) * (1 + 1) / (6 + words)
	got := m.LogProbs(nil, Example{Text: "CHEAP unheard now"})
	require.InDelta(t, math.Log(ham/(ham+spam)), got[0], 1e-12)
	require.InDelta(t, math.Log(spam/(ham+spam)), got[1], 1e-12)
}

func TestFeatures(t *testing.T) {
	got := slices.Collect(wordGrams(Example{Text: "It's  not bad!", Pair: "不好 ok"}, 2))
	require.Equal(t, []string{"it's", "not", "it's not", "bad", "not bad", "!", "bad !", "\t不",
		"\t好", "\t不 好", "\tok", "\t好 ok"}, got)
	for _, text := range []string{"", " ", "\xff\xfe", "a\xffb", "\u00a0"} {
		for range wordGrams(Example{Text: text}, 2) {
		}
	}
}

// A strictly convex function has its minimum where the gradient is 0, and nowhere else.
func TestLogisticConverges(t *testing.T) {
	w := NewWorld(1, 60, 0, 0)
	m, err := TrainLogistic(w.Train, 2, 1)
	require.NoError(t, err)
	p := &logisticProblem{classes: 2, penalty: 1, bias: len(m.ids)}
	for _, e := range w.Train.Examples {
		p.rows, p.labels = append(p.rows, m.count(e)), append(p.labels, w.Train.Index(e.Label))
	}
	grad := make([]float64, len(m.weights))
	least := p.loss(grad, m.weights)
	for _, g := range grad {
		require.InDelta(t, 0, g, 1e-5)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		moved := slices.Clone(m.weights)
		for i := range moved {
			moved[i] += .01 * rng.NormFloat64()
		}
		require.Greater(t, p.loss(nil, moved), least)
	}
	// the gradient agrees with the loss
	at := make([]float64, len(grad))
	for i := range at {
		at[i] = rng.NormFloat64()
	}
	p.loss(grad, at)
	for range 20 {
		i := rng.IntN(len(at))
		const h = 1e-5
		was := at[i]
		at[i] = was + h
		up := p.loss(nil, at)
		at[i] = was - h
		down := p.loss(nil, at)
		at[i] = was
		require.InDelta(t, (up-down)/(2*h), grad[i], 1e-4)
	}
	again, err := TrainLogistic(w.Train, 2, 1)
	require.NoError(t, err)
	require.Equal(t, m.weights, again.weights, "no seed, the same bits")
}

// Logistic regression on one binary feature has a closed form without penalty: the log odds.
func TestLogisticByHand(t *testing.T) {
	var examples []Example
	add := func(text, label string, n int) {
		for range n {
			examples = append(examples, Example{Text: text, Label: label})
		}
	}
	add("x", "yes", 30)
	add("x", "no", 10)
	add("!", "yes", 5)
	add("!", "no", 15)
	s, err := NewSet(examples)
	require.NoError(t, err)
	m, err := TrainLogistic(s, 1, 1e-6)
	require.NoError(t, err)
	require.InDelta(t, math.Log(.75), m.LogProbs(nil, Example{Text: "x"})[1], 1e-3)
	require.InDelta(t, math.Log(.25), m.LogProbs(nil, Example{Text: "!"})[1], 1e-3)
}

// The texts have the same words, and only the word order reveals the label.
func TestNGramsKnowOrder(t *testing.T) {
	var examples []Example
	for range 20 {
		examples = append(examples, Example{Text: "a then b", Label: "up"},
			Example{Text: "b then a", Label: "down"})
	}
	s, err := NewSet(examples)
	require.NoError(t, err)
	m, err := TrainNGrams(s, 3)
	require.NoError(t, err)
	score, err := Evaluate(m, s, 1)
	require.NoError(t, err)
	require.Equal(t, 1., score.Accuracy)
	bag, err := TrainNaiveBayes(s, 1)
	require.NoError(t, err)
	score, err = Evaluate(bag, s, 1)
	require.NoError(t, err)
	require.Equal(t, .5, score.Accuracy)
	p := m.LogProbs(nil, Example{Text: "something else", Pair: "entirely"})
	require.InDelta(t, 1, math.Exp(p[0])+math.Exp(p[1]), 1e-12)
}

// On the reviews of the world every baseline learns something, but none comes near the limit. The
// accuracies are those of docs/world.md.
func TestBaselinesOnReviews(t *testing.T) {
	w := NewWorld(1, 1000, 0, 2000)
	acc := map[string]float64{}
	measure := func(name string, c Classifier, err error) {
		require.NoError(t, err, name)
		for _, e := range w.Test.Examples[:20] {
			sum := 0.0
			for _, p := range c.LogProbs(nil, e) {
				sum += math.Exp(p)
			}
			require.InDelta(t, 1, sum, 1e-9, name)
		}
		score, err := Evaluate(c, w.Test, 1)
		require.NoError(t, err)
		acc[name] = score.Accuracy
	}
	majority, err := TrainMajority(w.Train)
	measure("majority", majority, err)
	for order, features := range map[int]string{1: "words", 2: "words and pairs of words"} {
		bayes, err := TrainNaiveBayes(w.Train, order)
		measure("naive Bayes, "+features, bayes, err)
		logistic, err := TrainLogistic(w.Train, order, 1)
		measure("logistic regression, "+features, logistic, err)
	}
	ngrams, err := TrainNGrams(w.Train, 3)
	measure("one 3-gram model for each label", ngrams, err)
	measure("the limit on these texts", w.Limit(), nil)
	require.InDelta(t, .5, acc["majority"], .05)

	page, err := os.ReadFile("../docs/world.md")
	require.NoError(t, err)
	for name, accuracy := range acc {
		if name != "majority" {
			row := fmt.Sprintf("\n| %s | %.3f |\n", name, accuracy)
			require.True(t, strings.Contains(string(page), row), "the page needs the row%s", row)
		}
	}
}
