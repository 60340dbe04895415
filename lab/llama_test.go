package lab

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/zoo"
)

// The path runs, ends the same on any number of threads, and spends the same operations on every
// model.
func TestLlamaPath(t *testing.T) {
	text, err := newLlamaText(t.Context(), zoo.Data{Corpus: "world", Tokens: 20_000, Seed: 1})
	require.NoError(t, err)
	text.held = text.held[:20]
	var first []llamaModel
	for _, threads := range []int{1, 2} {
		env := &Env{Threads: threads}
		models, err := llamaPath(t.Context(), env, text, 3e9, 1)
		require.NoError(t, err)
		require.Len(t, models, len(llamaSteps))
		for i, m := range models {
			require.Positive(t, m.steps)
			require.False(t, math.IsNaN(m.report.BitsPerByte()), llamaSteps[i].name)
			if i > 0 && llamaSteps[i].name != "control" {
				require.NotEqual(t, models[i-1].report.Nats, m.report.Nats, llamaSteps[i].name)
			}
		}
		require.GreaterOrEqual(t, models[5].steps, models[4].steps, "shared keys save operations")
		require.NotEqual(t, models[0].report.Nats, models[7].report.Nats, "other initial weights")
		if first != nil {
			for i := range models {
				require.Equal(t, first[i].report.Nats, models[i].report.Nats)
			}
		}
		first = models
	}
}

// skewed is a model that expects one token.
type skewed struct {
	lm.Model
	likely lm.Token
}

func (m skewed) NextLogProbs(dst []float64, _ []lm.Token) []float64 {
	dst = lm.Grow(dst, m.Vocab())
	for v := range dst {
		dst[v] = math.Log(0.5 / float64(m.Vocab()-1))
	}
	dst[m.likely] = math.Log(0.5)
	return dst
}

// The verdict holds only if the gain of rotary positions is larger than that of other initial
// weights, and the whole path gains.
func TestLlamaVerdict(t *testing.T) {
	docs := []corpus.Document{{Text: "aab"}, {Text: "aaab"}, {Text: "abaaa"}, {Text: "aaaa"}}
	tok, err := corpus.Train("char", docs, 0)
	require.NoError(t, err)
	report := func(m lm.Model) llamaModel {
		r, err := eval.Run(t.Context(), m, tok, docs, eval.Options{Threads: 1})
		require.NoError(t, err)
		return llamaModel{report: r}
	}
	uniform := lm.Uniform(tok.Vocab())
	bad := report(uniform)
	good := report(skewed{uniform, tok.Encode(nil, "a")[0]})
	for _, c := range []struct {
		name string
		path [8]llamaModel
		held bool
	}{
		{"rotary gains", [8]llamaModel{bad, good, good, good, good, good, good, bad}, true},
		{"something else gains", [8]llamaModel{bad, bad, good, good, good, good, good, bad}, false},
		{"the gain is lost", [8]llamaModel{bad, good, good, good, good, good, bad, bad}, false},
		{"noise", [8]llamaModel{bad, good, good, good, good, good, good, good}, false},
	} {
		table := Table{}
		v, err := llamaVerdict(1, c.path[:], &table)
		require.NoError(t, err)
		require.Equal(t, c.held, v.Held, c.name)
		require.Len(t, table.Rows, 8)
	}
}
