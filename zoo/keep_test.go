package zoo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/train"
)

// TestStoppedWhileValidating: wherever a run is stopped, the metrics of its steps are those of a run that was not.
func TestStoppedWhileValidating(t *testing.T) {
	text := []corpus.Document{{Text: strings.Repeat("a small text for small models. ", 20)}}
	tok, err := corpus.Train("char", text, 0)
	require.NoError(t, err)
	species, err := Find("rnn")
	require.NoError(t, err)
	steps := func(dir string, resume bool, obs ...train.Observer) string {
		settings, err := species.Settings("tiny")
		require.NoError(t, err)
		require.NoError(t, settings.Set(map[string]any{"steps": 6, "hidden": 8, "n_embd": 4, "batch": 2, "context": 8, "eval_every": "2", "save_every": "2"}))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		order := Order{Species: species, Settings: settings, Split: corpus.Split{Train: text, Valid: text}, Tokenizer: tok, Seed: 1, Dir: dir, Resume: resume}
		if !resume && len(obs) == 0 {
			obs = append(obs, func(_ context.Context, _ *train.Trainer, e train.Event) error {
				if e.Kind == train.Stepped && e.Stats.Step == 3 {
					cancel() // the validation after step 4 is the first to notice
				}
				return nil
			})
		}
		Make(ctx, order, obs...) // one of three fails, as it should
		data, err := os.ReadFile(filepath.Join(dir, MetricsFile))
		require.NoError(t, err)
		var kept []string
		for line := range strings.Lines(string(data)) {
			what, _, _ := strings.Cut(line, `,"seconds"`)
			kept = append(kept, what)
		}
		return strings.Join(kept, "\n")
	}
	straight := steps(t.TempDir(), false, func(context.Context, *train.Trainer, train.Event) error { return nil })
	require.Contains(t, straight, `{"step":6`)
	dir := t.TempDir()
	require.NotContains(t, steps(dir, false), `{"step":6`)
	require.Equal(t, straight, steps(dir, true))
}
