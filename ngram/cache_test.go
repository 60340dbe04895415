package ngram

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

func TestCacheContract(t *testing.T) {
	m, _ := mill(t, Config{Order: 3})
	c, err := NewCache(m, 0.3, 4, 1)
	require.NoError(t, err)
	lmtest.Check(t, c, 2e-6, 0, 1, 2, 4, 5, 17)
}

// By hand: after "a a b" with a window of two, the cache holds a and b, each 1/2.
func TestCache(t *testing.T) {
	const a, b, d = 1, 2, 3
	c, err := NewCache(lm.Uniform(4), 0.4, 2, 0)
	require.NoError(t, err)
	probs := c.NextLogProbs(nil, []lm.Token{a, a, b})
	require.InDelta(t, 0.6*0.25+0.4*0.5, math.Exp(probs[a]), 1e-12)
	require.InDelta(t, 0.6*0.25+0.4*0.5, math.Exp(probs[b]), 1e-12)
	require.InDelta(t, 0.6*0.25, math.Exp(probs[d]), 1e-12)
	require.InDelta(t, 0.25, math.Exp(c.NextLogProbs(nil, []lm.Token{a, a, 0})[a]), 1e-12,
		"nothing reaches across a document's end")

	for _, bad := range []struct {
		lambda float64
		window int
	}{{-0.1, 5}, {1, 5}, {math.NaN(), 5}, {0.5, 0}} {
		_, err := NewCache(lm.Uniform(4), bad.lambda, bad.window, 0)
		require.Error(t, err)
	}
}

// TestCacheFit checks that EM finds the optimum: no other λ does better.
func TestCacheFit(t *testing.T) {
	m, w := mill(t, Config{Order: 3})
	var doc []lm.Token // the test lines as one document, as the cache needs
	for _, line := range w.lines(testText(t, "mill.test.txt"), false) {
		doc = append(doc, line[:len(line)-1]...)
	}
	c, err := NewCache(m, 0.5, 50, 1)
	require.NoError(t, err)
	best := c.Fit([][]lm.Token{doc}, 300)
	mean := func() (sum float64) {
		for _, p := range c.Score(nil, doc) {
			sum -= p / float64(len(doc))
		}
		return sum
	}
	require.InDelta(t, best, mean(), 1e-9)
	top := c.Lambda
	for _, other := range []float64{top - 0.02, top + 0.02} {
		c.Lambda = max(other, 0)
		// the order of summation differs, and top may be 0
		require.GreaterOrEqual(t, mean(), best-1e-12)
	}
}
