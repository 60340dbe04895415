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
	"lmzoo/train"
)

// fuse is a context that is cancelled after left calls of Err.
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

// TestCountingIsStopped checks that a cancelled count returns at once.
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
	_, err = Make(ctx, Order{Species: species, Settings: settings, Split: corpus.Split{Train: text},
		Tokenizer: tok, Dir: dir})
	require.ErrorIs(t, err, context.Canceled)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestValidationIsBounded: each validation reads only part of a text with one long document, which
// is cut between characters.
func TestValidationIsBounded(t *testing.T) {
	long := corpus.Document{Text: strings.Repeat("猫", validationBytes)}
	tok, err := corpus.Train("char", []corpus.Document{long}, 0)
	require.NoError(t, err)
	nats, err := Training{}.validation(lm.Uniform(tok.Vocab()),
		Order{Tokenizer: tok, Split: corpus.Split{Valid: []corpus.Document{long}}})(t.Context())
	require.NoError(t, err)
	require.InDelta(t, math.Log(float64(tok.Vocab())), nats, 1e-9)
	seen := &counting{Model: lm.Uniform(tok.Vocab())}
	_, err = Training{}.validation(seen, Order{Tokenizer: tok,
		Split: corpus.Split{Valid: []corpus.Document{long}}})(t.Context())
	require.NoError(t, err)
	require.Equal(t, validationBytes/3, seen.tokens, "and no piece of a character")
}

// counting counts the tokens that it is asked to score.
type counting struct {
	lm.Model
	tokens int
}

func (c *counting) Score(dst []float64, tokens []lm.Token) []float64 {
	c.tokens += len(tokens)
	return lm.Score(c.Model, tokens)
}

// learnRun trains a small model in dir for six steps, with a validation and a checkpoint every two
// steps.
func learnRun(t *testing.T, ctx context.Context, dir string, resume bool,
	obs ...train.Observer) (*Run, error) {
	t.Helper()
	text := []corpus.Document{{Text: strings.Repeat("a small text for small models. ", 20)}}
	tok, err := corpus.Train("char", text, 0)
	require.NoError(t, err)
	species, err := Standard().Find("rnn")
	require.NoError(t, err)
	settings, err := species.Settings("tiny")
	require.NoError(t, err)
	require.NoError(t, settings.Set(map[string]any{
		"steps": 6, "hidden": 8, "n_embd": 4, "batch": 2, "context": 8, "eval_every": "2",
		"save_every": "2",
	}))
	return Make(ctx, Order{
		Species: species, Settings: settings, Split: corpus.Split{Train: text,
			Valid: text}, Tokenizer: tok,
		Seed: 1, Dir: dir, Resume: resume,
	}, obs...)
}

// readRun returns the metrics of a run without its times, and its weights.
func readRun(t *testing.T, dir string) (metrics []string, weights string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, MetricsFile))
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		what, rest, _ := strings.Cut(line, `,"seconds"`)
		_, valid, _ := strings.Cut(rest, `"valid"`)
		metrics = append(metrics, what+valid)
	}
	data, err = os.ReadFile(filepath.Join(dir, WeightsFile))
	require.NoError(t, err)
	return metrics, string(data)
}

// TestFailedBest: when the best weights cannot be written, the resumed run validates again and
// writes them.
func TestFailedBest(t *testing.T) {
	straight := t.TempDir()
	_, err := learnRun(t, t.Context(), straight, false)
	require.NoError(t, err)
	metrics, weights := readRun(t, straight)
	for step := 1; step < 6; step += 2 { // before each of the three validations
		dir := t.TempDir()
		path := filepath.Join(dir, WeightsFile)
		block := func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if e.Kind != train.Stepped || e.Stats.Step != step {
				return nil
			}
			_ = os.Rename(path, path+".kept") // the file does not exist before the first validation
			return os.MkdirAll(filepath.Join(path, "in the way"), 0o777)
		}
		_, err := learnRun(t, t.Context(), dir, false, block)
		require.ErrorContains(t, err, WeightsFile, "before step %d", step+1)
		require.NoError(t, os.RemoveAll(path))
		_ = os.Rename(path+".kept", path)
		_, err = learnRun(t, t.Context(), dir, true)
		require.NoError(t, err)
		gotMetrics, gotWeights := readRun(t, dir)
		require.Equal(t, metrics, gotMetrics, "before step %d", step+1)
		require.Equal(t, weights, gotWeights, "before step %d", step+1)
	}
}

// TestLostBest: a resumed run does not trust a checkpoint whose best weights are not on disk, and
// accepts newer weights.
func TestLostBest(t *testing.T) {
	dir := t.TempDir()
	_, err := learnRun(t, t.Context(), dir, false)
	require.NoError(t, err)
	metrics, weights := readRun(t, dir)
	require.NoError(t, os.Remove(filepath.Join(dir, WeightsFile)))
	r, err := learnRun(t, t.Context(), dir, true)
	require.NoError(t, err)
	require.Len(t, r.Notes, 1)
	require.Contains(t, r.Notes[0], "the best weights so far are lost")
	_, again := readRun(t, dir)
	require.Equal(t, weights, again)

	// a kill after the last validation, before its checkpoint
	checkpoint := filepath.Join(dir, CheckpointFile)
	require.NoError(t, os.Rename(train.PreviousPath(checkpoint), checkpoint))
	r, err = learnRun(t, t.Context(), dir, true)
	require.NoError(t, err)
	require.Empty(t, r.Notes)
	gotMetrics, again := readRun(t, dir)
	require.Equal(t, weights, again)
	require.Equal(t, metrics, gotMetrics)
}

// TestKilledBetweenRenames: a run whose newest checkpoint is missing resumes from the previous one,
// and a run that was killed before its first checkpoint starts again.
func TestKilledBetweenRenames(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(t.TempDir(), "text.txt")
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("a small text for small models. ",
		20)), 0o666))
	data := Data{Corpus: file}
	split, err := data.Load(t.Context(), Input{})
	require.NoError(t, err)
	tok, err := corpus.Train("char", split.Train, 0)
	require.NoError(t, err)
	species, err := Standard().Find("rnn")
	require.NoError(t, err)
	settings, err := species.Settings("tiny")
	require.NoError(t, err)
	require.NoError(t, settings.Set(map[string]any{"steps": 4, "hidden": 8, "n_embd": 4, "batch": 2,
		"context": 8, "save_every": "2"}))
	stop := func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Kind == train.Stepped && e.Stats.Step == 3 {
			return context.Canceled
		}
		return nil
	}
	_, err = Make(t.Context(), Order{Species: species, Settings: settings, Data: data, Split: split,
		Tokenizer: tok, Seed: 1, Dir: dir}, stop)
	require.ErrorIs(t, err, context.Canceled)
	checkpoint := filepath.Join(dir, CheckpointFile)
	require.NoError(t, os.Remove(checkpoint))
	require.FileExists(t, train.PreviousPath(checkpoint))
	o, err := Standard().Resume(t.Context(), dir, nil, nil)
	require.NoError(t, err)
	require.True(t, o.Resume)
	first := 0
	_, err = Make(t.Context(), o, func(_ context.Context, _ *train.Trainer, e train.Event) error {
		if e.Kind == train.Started {
			first = e.Stats.Step
		}
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 2, first)

	c, err := ReadConfig(dir)
	require.NoError(t, err)
	require.NotNil(t, c.Result)
	for _, path := range []string{checkpoint, train.PreviousPath(checkpoint)} {
		require.NoError(t, os.Remove(path))
	}
	_, err = Standard().Resume(t.Context(), dir, nil, nil)
	require.ErrorContains(t, err, "its training ended and it has no checkpoint.safetensors")
	c.Result = nil
	require.NoError(t, (&Run{Dir: dir, Config: c}).writeConfig())
	o, err = Standard().Resume(t.Context(), dir, nil, nil)
	require.NoError(t, err)
	require.False(t, o.Resume)
	_, err = Make(t.Context(), o)
	require.NoError(t, err)
}

// TestStoppedAnywhere: wherever a run is stopped, even in a validation, after it has been resumed
// and completed it has the metrics and weights of an uninterrupted run.
func TestStoppedAnywhere(t *testing.T) {
	learn := func(ctx context.Context, dir string, resume bool) error {
		_, err := learnRun(t, ctx, dir, resume)
		return err
	}
	read := func(dir string) ([]string, string) { return readRun(t, dir) }
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
