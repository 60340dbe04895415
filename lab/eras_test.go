package lab

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/corpus/world"
	"lmzoo/lm"
)

// moody expects a cheerful word after an even number of tokens, and a sad one after an odd number.
type moody struct {
	vocab      int
	glad, sad  lm.Token
	contrarian bool
}

func (m moody) Vocab() int { return m.vocab }

func (m moody) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	dst = lm.Grow(dst, m.vocab)
	for v := range dst {
		dst[v] = math.Log(1e-6)
	}
	likely := m.sad
	if (len(lm.SinceBOS(context))%2 == 0) != m.contrarian {
		likely = m.glad
	}
	dst[likely] = math.Log(0.5)
	return dst
}

// TestAsked checks that a model's answer is read from the word that it expects after a review.
func TestAsked(t *testing.T) {
	w, _ := reviewTask(11, world.Dev)
	var docs []corpus.Document
	for _, e := range w.Train.Examples {
		docs = append(docs, corpus.Document{Text: "note " + e.Text + " alas sadly luckily happily"})
	}
	tok, err := corpus.Train("word", docs, 0)
	require.NoError(t, err)
	answers, err := opinionTokens(tok)
	require.NoError(t, err)
	questions := asNotes(tok, w.Dev)
	require.Equal(t, tok.Encode(nil, "note"), questions[0].tokens[:1])
	for i := range questions { // the length of the text is the label
		q := &questions[i]
		if len(q.tokens)%2 != 1-q.label {
			q.tokens = append(q.tokens, q.tokens[0])
		}
	}
	m := moody{vocab: tok.Vocab(), sad: answers[world.Negative][1],
		glad: answers[world.Positive][1]}
	share, err := askedForWord(m, tok, questions)
	require.NoError(t, err)
	require.Equal(t, 1.0, share)
	m.contrarian = true
	share, err = askedForWord(m, tok, questions)
	require.NoError(t, err)
	require.Zero(t, share)
}

func TestErasHeld(t *testing.T) {
	base := map[string]float64{"count": 0.7, "vectors": 0.77, "tuned": 0.92, "asked": 0.8,
		"untaught": 0.5}
	require.True(t, erasHeld(base))
	fails(t, base, erasHeld, map[string]float64{
		"count": 0.8, "vectors": 0.95, "asked": 0.51, "untaught": 0.9, "tuned": 0.75,
	})
}
