package zoo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm/lmtest"
	"lmzoo/train"
	"lmzoo/transformer"
)

// TestBERTRun: a BERT is trained, interrupted, resumed to the same bits and opened, and its run
// retains the special tokens.
func TestBERTRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "text.txt")
	text := strings.Repeat("a small [MASK] for small models.\nand another line\n", 40)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	data := Data{Corpus: file, Documents: "lines"}
	split, err := data.Load(t.Context(), Input{})
	require.NoError(t, err)
	tok, err := corpus.Train("word", split.Train, 0)
	require.NoError(t, err)
	species, err := Standard().Find("bert")
	require.NoError(t, err)
	order := func(dir string) Order {
		settings, err := species.Settings("tiny")
		require.NoError(t, err)
		require.NoError(t, settings.Set(map[string]any{
			"steps": 6, "n_layer": 1, "n_embd": 8, "batch": 2, "context": 24, "save_every": "2",
			"nsp": true,
		}))
		return Order{Species: species, Settings: settings, Data: data, Split: split, Tokenizer: tok,
			Seed: 1, Dir: dir}
	}
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	_, err = Make(t.Context(), order(whole))
	require.NoError(t, err)
	stop := func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Kind == train.Stepped && e.Stats.Step == 3 {
			return context.Canceled
		}
		return nil
	}
	_, err = Make(t.Context(), order(parts), stop)
	require.ErrorIs(t, err, context.Canceled)
	o, err := Standard().Resume(t.Context(), parts, nil, nil)
	require.NoError(t, err)
	require.True(t, o.Resume)
	_, err = Make(t.Context(), o)
	require.NoError(t, err)

	one, err := Standard().Open(whole)
	require.NoError(t, err)
	two, err := Standard().Open(parts)
	require.NoError(t, err)
	a, b := one.Model.(*transformer.BERT), two.Model.(*transformer.BERT)
	require.Equal(t, a.Embeddings().Data, b.Embeddings().Data, "resumed to the same bits")

	mask, ok := corpus.Special(one.Tokenizer, transformer.MaskName)
	require.True(t, ok)
	require.Equal(t, mask, a.Config.MaskToken)
	require.NotContains(t, one.Tokenizer.Encode(nil, text), mask, "a text cannot spell it")
	f, err := one.Filler()
	require.NoError(t, err)
	lmtest.CheckFiller(t, f, 2e-5, 0, 1, 5)
	_, err = one.Encoder()
	require.NoError(t, err)
	_, err = one.Embedder()
	require.NoError(t, err)
	_, err = one.LM()
	require.ErrorContains(t, err, "no next-token distribution")
	require.False(t, species.Causal())
}
