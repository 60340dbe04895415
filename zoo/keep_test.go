package zoo

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// fuse is a context that is cancelled when it has been asked so many times whether it is.
type fuse struct {
	context.Context
	left int
}

func (f *fuse) Err() error {
	if f.left--; f.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestCountingIsStopped: whoever waits for a count can stop waiting.
func TestCountingIsStopped(t *testing.T) {
	text := []corpus.Document{{Text: "a small text"}}
	tok, err := corpus.Train("char", text, 0)
	require.NoError(t, err)
	forever := make(chan struct{})
	defer close(forever)
	species := counted("ngram", "", 0, 2, "", "")
	species.Counting.Count = func(any, *Text) (any, []string, error) {
		<-forever
		return nil, nil, nil
	}
	settings, err := species.Settings("")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	_, err = Make(ctx, Order{Species: species, Settings: settings, Split: corpus.Split{Train: text}, Tokenizer: tok, Dir: dir})
	require.ErrorIs(t, err, context.Canceled)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestValidationIsBounded: a text of one long document is not validated whole every time, and is cut between characters.
func TestValidationIsBounded(t *testing.T) {
	long := corpus.Document{Text: strings.Repeat("猫", validationBytes)}
	tok, err := corpus.Train("char", []corpus.Document{long}, 0)
	require.NoError(t, err)
	nats, err := Training{}.validation(lm.Uniform(tok.Vocab()), Order{Tokenizer: tok, Split: corpus.Split{Valid: []corpus.Document{long}}})(t.Context())
	require.NoError(t, err)
	require.InDelta(t, math.Log(float64(tok.Vocab())), nats, 1e-9)
	seen := &counting{Model: lm.Uniform(tok.Vocab())}
	_, err = Training{}.validation(seen, Order{Tokenizer: tok, Split: corpus.Split{Valid: []corpus.Document{long}}})(t.Context())
	require.NoError(t, err)
	require.Equal(t, validationBytes/3, seen.tokens, "and no piece of a character")
}

// counting counts the tokens it is asked to score.
type counting struct {
	lm.Model
	tokens int
}

func (c *counting) Score(dst []float64, tokens []lm.Token) []float64 {
	c.tokens += len(tokens)
	return lm.Score(c.Model, tokens)
}

// TestStoppedAnywhere: wherever a run is stopped, even in a validation, when it has gone on to its end its metrics are
// those of a run that was not, and so are its weights.
func TestStoppedAnywhere(t *testing.T) {
	text := []corpus.Document{{Text: strings.Repeat("a small text for small models. ", 20)}}
	tok, err := corpus.Train("char", text, 0)
	require.NoError(t, err)
	species, err := Standard().Find("rnn")
	require.NoError(t, err)
	learn := func(ctx context.Context, dir string, resume bool) error {
		settings, err := species.Settings("tiny")
		require.NoError(t, err)
		require.NoError(t, settings.Set(map[string]any{"steps": 6, "hidden": 8, "n_embd": 4, "batch": 2, "context": 8, "eval_every": "2", "save_every": "2"}))
		_, err = Make(ctx, Order{
			Species: species, Settings: settings, Split: corpus.Split{Train: text, Valid: text}, Tokenizer: tok, Seed: 1, Dir: dir, Resume: resume,
		})
		return err
	}
	read := func(dir string) (metrics []string, weights string) {
		data, err := os.ReadFile(filepath.Join(dir, MetricsFile))
		require.NoError(t, err)
		for line := range strings.Lines(string(data)) {
			what, _, _ := strings.Cut(line, `,"seconds"`)
			metrics = append(metrics, what)
		}
		data, err = os.ReadFile(filepath.Join(dir, WeightsFile))
		require.NoError(t, err)
		return metrics, string(data)
	}
	straight := t.TempDir()
	require.NoError(t, learn(t.Context(), straight, false))
	metrics, weights := read(straight)
	require.Contains(t, metrics[len(metrics)-1], `{"step":6`)
	stopped := 0
	for left := range 100 {
		dir := t.TempDir()
		if learn(&fuse{t.Context(), left}, dir, false) == nil {
			break
		}
		stopped++
		require.NoError(t, learn(t.Context(), dir, true), left)
		gotMetrics, gotWeights := read(dir)
		require.Equal(t, metrics, gotMetrics, left)
		require.Equal(t, weights, gotWeights, left)
	}
	require.Greater(t, stopped, 6, "once before every step, and in validations")
}
