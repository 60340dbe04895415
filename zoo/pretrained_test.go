package zoo

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/rnn"
	"lmzoo/train"
)

// smallOrder returns an order of a species on a small part of the world.
func smallOrder(t *testing.T, name, dir string, steps int) Order {
	t.Helper()
	s, err := Standard().Find(name)
	require.NoError(t, err)
	settings, err := s.Settings("tiny")
	require.NoError(t, err)
	require.NoError(t, settings.Set(map[string]any{
		"steps": steps, "batch": 4, "context": 32, "eval_every": "10", "save_every": "5",
	}))
	data := Data{Corpus: WorldName, Tokens: 3000}
	split, err := data.Load(t.Context(), Input{})
	require.NoError(t, err)
	tok, err := corpus.Train("word", split.Train, 0)
	require.NoError(t, err)
	return Order{
		Species: s, Size: "tiny", Settings: settings, Data: data, Split: split, Tokenizer: tok,
		Seed: 1, Threads: 2, Dir: dir,
	}
}

// A pre-trained species is trained, stopped, resumed to the same bits and opened like any other.
func TestPretrainedSpecies(t *testing.T) {
	for _, name := range []string{"word2vec", "elmo"} {
		t.Run(name, func(t *testing.T) {
			whole := filepath.Join(t.TempDir(), "whole")
			r, err := Make(t.Context(), smallOrder(t, name, whole, 30))
			require.NoError(t, err)
			require.Greater(t, r.Config.Result.Valid, 0.0)
			opened, err := Standard().Open(whole)
			require.NoError(t, err)
			require.Equal(t, weights(r.Model), weights(opened.Model))

			halves := filepath.Join(t.TempDir(), "halves")
			ctx, cancel := context.WithCancel(t.Context())
			stop := func(_ context.Context, _ *train.Trainer, e train.Event) error {
				if e.Stats.Step == 17 {
					cancel()
				}
				return nil
			}
			_, err = Make(ctx, smallOrder(t, name, halves, 30), stop)
			require.True(t, errors.Is(err, context.Canceled), "%v", err)
			o := smallOrder(t, name, halves, 30)
			o.Resume = true
			again, err := Make(t.Context(), o)
			require.NoError(t, err)
			require.Equal(t, weights(r.Model), weights(again.Model))

			e, err := opened.Embedder()
			require.NoError(t, err)
			require.Equal(t, opened.Tokenizer.Vocab(), e.Embeddings().Rows)
			_, err = opened.Encoder()
			require.NoError(t, err)
			_, err = opened.LM()
			require.Equal(t, opened.Species.Causal(), err == nil)
			_, err = opened.Filler()
			require.Equal(t, name == "elmo", err == nil)
		})
	}
}

func weights(m any) (all []float32) {
	for _, p := range nn.Params(m) {
		all = append(all, p.Data...)
	}
	return all
}

// Both directions of an ELMo are measured as two language models, and its unigram distribution is
// that of the text.
func TestBothDirections(t *testing.T) {
	o := smallOrder(t, "elmo", "", 10)
	r, err := Make(t.Context(), o)
	require.NoError(t, err)
	m := r.Model.(*rnn.ELMo)
	docs := corpus.EncodeDocuments(o.Tokenizer, o.Split.Test[:5])
	forward, backward, err := BothDirections(t.Context(), m, docs)
	require.NoError(t, err)
	want, tokens := 0.0, 0
	for _, d := range docs {
		for _, x := range lm.Score(m.Causal(), d) {
			want -= x
			tokens++
		}
	}
	require.InDelta(t, want/float64(tokens), forward, 1e-9)
	require.NotEqual(t, forward, backward)
	sum := 0.0
	for _, x := range m.Unigram.Data {
		sum += math.Exp(float64(x))
	}
	require.InDelta(t, 1, sum, 1e-4)
	_, _, err = BothDirections(t.Context(), m, nil)
	require.Error(t, err)
}
