package lmtest_test

import (
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/lm/lmtest"
)

// toyFiller predicts from both neighbours and satisfies every promise except the one named by
// broken.
type toyFiller struct {
	v      int
	broken string
	calls  atomic.Int64
}

func (f *toyFiller) Vocab() int { return f.v }

func (f *toyFiller) FillLogProbs(dst []float64, tokens []lm.Token, i int) []float64 {
	a, b := lm.BOS, lm.BOS
	if i > 0 {
		a = tokens[i-1]
	}
	if i+1 < len(tokens) {
		b = tokens[i+1]
	}
	switch f.broken {
	case "reads the token":
		a += tokens[i]
	case "counts its calls":
		a += lm.Token(f.calls.Add(1))
	case "shares scratch":
		if f.calls.Add(1) > 1 {
			a++ // scratch memory that another goroutine has used
		}
		runtime.Gosched()
		defer f.calls.Add(-1)
	case "crosses documents":
		if i > 1 {
			a += tokens[i-2]
		}
	case "far position":
		if i > 12 {
			a += tokens[i]
		}
	case "writes":
		tokens[i] = 1
	case "appends":
		_ = append(tokens, 1)
	case "keeps dst":
		dst = nil
	}
	if len(dst) < f.v {
		dst = make([]float64, f.v)
	}
	sum := 0.0
	for v := range f.v {
		dst[v] = math.Cos(float64(lm.Token(v) + 2*a + 5*b))
		sum += math.Exp(dst[v])
	}
	if f.broken == "sum" {
		sum *= 1.001
	}
	for v := range f.v {
		dst[v] -= math.Log(sum)
	}
	return dst
}

// toyFillScorer also has a FillScore.
type toyFillScorer struct{ *toyFiller }

func (f toyFillScorer) FillScore(dst []float64, tokens []lm.Token, from, to int) []float64 {
	for i := from; i < to; i++ {
		dst[i-from] = f.FillLogProbs(nil, tokens, i)[tokens[i]]
	}
	if f.broken == "score" && len(tokens) > 3 && to == len(tokens) {
		dst[to-from-1]++
	}
	if f.broken == "range" && from > 0 {
		dst[0]++
	}
	if f.broken == "returns all of dst" {
		return dst
	}
	return dst[:to-from]
}

func TestCheckFillerPasses(t *testing.T) {
	for _, v := range []int{1, 2, 3, 20} {
		lmtest.CheckFiller(t, &toyFiller{v: v}, 1e-12, 0, 1, 2, 3, 20)
		lmtest.CheckFiller(t, toyFillScorer{&toyFiller{v: v}}, 1e-12)
	}
}

func TestCheckFillerFails(t *testing.T) {
	for broken, says := range map[string]string{
		"reads the token":    "depends on the token to predict",
		"far position":       "depends on the token to predict",
		"counts its calls":   "a second call",
		"shares scratch":     "concurrency",
		"crosses documents":  "document before it",
		"writes":             "changes the tokens",
		"appends":            "changes the tokens",
		"keeps dst":          "another slice",
		"sum":                "sum to 0.999",
		"score":              "by FillLogProbs",
		"range":              "by FillLogProbs",
		"returns all of dst": "want the scores in dst",
	} {
		t.Run(broken, func(t *testing.T) {
			w := &witness{TB: t}
			f := &toyFiller{v: 10, broken: broken}
			lmtest.CheckFiller(w, toyFillScorer{f}, 1e-9, 0, 1, 2, 3, 20)
			require.Contains(t, strings.Join(w.said, "\n"), says)
		})
	}
	w := &witness{TB: t}
	lmtest.CheckFiller(w, &toyFiller{}, 1e-9)
	require.Len(t, w.said, 1)
}
