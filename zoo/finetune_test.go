package zoo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/train"
)

// moodFile writes a task of 40 texts in two classes.
func moodFile(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, "cat\tthe cat saw%s\ndog\tthe dog saw%s\n",
			strings.Repeat(" the", i%3), strings.Repeat(" the", i%4))
	}
	file := filepath.Join(t.TempDir(), "mood.tsv")
	require.NoError(t, os.WriteFile(file, []byte(b.String()), 0o666))
	return file
}

// tuning returns the order of a run that is fine-tuned from parent for eight steps.
func tuning(t *testing.T, parent *Run, file, dir string, frozen bool) Order {
	t.Helper()
	o, err := FineTune(parent, TaskInfo{File: file, Seed: 3}, frozen, map[string]any{
		"steps": 8, "eval_every": 4, "save_every": 2,
	})
	require.NoError(t, err)
	o.Seed, o.Threads, o.Dir = 1, 2, dir
	return o
}

// A fine-tuned run that is stopped and resumed ends with the bits of an uninterrupted run.
func TestFineTunedRunResumes(t *testing.T) {
	dir := t.TempDir()
	file := moodFile(t)
	for _, species := range []string{"gpt", "elmo"} {
		parent, err := Make(t.Context(), small(t, species, filepath.Join(dir, species)))
		require.NoError(t, err)
		o := tuning(t, parent, file, filepath.Join(dir, species+"1"), false)
		whole, err := Make(t.Context(), o)
		require.NoError(t, err)
		o = tuning(t, parent, file, filepath.Join(dir, species+"2"), false)
		ctx, cancel := context.WithCancel(t.Context())
		_, err = Make(ctx, o, func(_ context.Context, _ *train.Trainer, e train.Event) error {
			if e.Stats.Step == 5 {
				cancel()
			}
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		again, err := Standard().Resume(t.Context(), o.Dir, nil, nil)
		require.NoError(t, err)
		require.True(t, again.Resume)
		again.Threads = 1
		resumed, err := Make(t.Context(), again)
		require.NoError(t, err)
		require.Equal(t, weightsOf(whole.Model), weightsOf(resumed.Model))
		require.Equal(t, whole.Config.Task, resumed.Config.Task)
		require.Equal(t, whole.Config.Parent, resumed.Config.Parent)
	}
}

// A frozen body keeps the parent's bits, and the head learns. Without freezing, both learn.
func TestFrozenBodyKeepsTheParentsBits(t *testing.T) {
	dir := t.TempDir()
	file := moodFile(t)
	for _, species := range []string{"lstm", "elmo"} { // without special tokens
		parent, err := Make(t.Context(), small(t, species, filepath.Join(dir, species)))
		require.NoError(t, err)
		for _, frozen := range []bool{true, false} {
			r, err := Make(t.Context(),
				tuning(t, parent, file, filepath.Join(dir, fmt.Sprint(species, frozen)), frozen))
			require.NoError(t, err)
			is := weightsOf(r.Model)
			changed := 0
			for name, was := range weightsOf(parent.Model) {
				require.Contains(t, is, bodyPrefix+name)
				if frozen {
					require.Equal(t, was, is[bodyPrefix+name], name)
				} else if fmt.Sprint(was) != fmt.Sprint(is[bodyPrefix+name]) {
					changed++
				}
			}
			require.Equal(t, frozen, changed == 0)
			require.NotZero(t, is["head.bias"])
			require.Equal(t, 8, r.Config.Result.Steps)
		}
	}
}

// FineTune uses the parent's tokenizer with more special tokens; it refuses any other tokenizer.
func TestFineTuneRefuses(t *testing.T) {
	dir := t.TempDir()
	file := moodFile(t)
	parent, err := Make(t.Context(), small(t, "gpt", filepath.Join(dir, "parent")))
	require.NoError(t, err)
	o := tuning(t, parent, file, filepath.Join(dir, "child"), false)
	o.Tokenizer = byteTokenizer(t)
	_, err = Make(t.Context(), o)
	require.ErrorContains(t, err, "its tokenizer")
	require.NoDirExists(t, o.Dir)

	for _, c := range []struct {
		info   TaskInfo
		values map[string]any
		want   string
	}{
		{TaskInfo{File: file, Pool: "max"}, nil, `unknown pool "max"`},
		{TaskInfo{File: file, Split: "half"}, nil, "half"},
		{TaskInfo{File: file, Labels: 1}, nil, "drawing 1 of 32 examples"},
		{TaskInfo{File: file}, map[string]any{"n_embd": 8}, `"n_embd" belongs to the parent`},
		{TaskInfo{File: file}, map[string]any{"context": 8}, `"context" belongs to the parent`},
	} {
		_, err := FineTune(parent, c.info, false, c.values)
		require.ErrorContains(t, err, c.want)
		require.NotContains(t, err.Error(), "\n")
	}
	counts, err := Make(t.Context(), countedOrder(t))
	require.NoError(t, err)
	_, err = FineTune(counts, TaskInfo{File: file}, false, nil)
	require.ErrorContains(t, err, "hidden vectors")
	_, err = parent.Classifier()
	require.ErrorContains(t, err, "has not learned a task")
}

// countedOrder returns the order of an n-gram model, which has no hidden vectors.
func countedOrder(t *testing.T) Order {
	t.Helper()
	o := small(t, "gpt", "")
	var err error
	o.Species, err = Standard().Find("ngram")
	require.NoError(t, err)
	o.Size = ""
	o.Settings, err = o.Species.Settings("")
	require.NoError(t, err)
	return o
}

// Load draws the same examples again, and refuses a file that has changed.
func TestTaskInfoLoad(t *testing.T) {
	file := moodFile(t)
	info := TaskInfo{File: file, Seed: 3, Labels: 6}
	first, err := info.Load()
	require.NoError(t, err)
	require.Equal(t, TaskSplit, info.Split)
	require.Equal(t, []string{"cat", "dog"}, info.Classes)
	require.False(t, info.Pairs)
	require.Len(t, info.SHA256, 64)
	require.Len(t, first.Train.Examples, 6)
	require.Len(t, first.Valid.Examples, 4)
	require.Len(t, first.Test.Examples, 4)
	again, err := info.Load()
	require.NoError(t, err)
	require.Equal(t, first, again)

	other := info
	other.Seed++
	drawn, err := other.Load()
	require.NoError(t, err)
	require.NotEqual(t, first.Train, drawn.Train)

	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append(text, "cat\tone more\n"...), 0o666))
	_, err = info.Load()
	require.ErrorContains(t, err, "has changed since the run was trained")
	require.NoError(t, os.WriteFile(file, text, 0o666))
	_, err = info.Load()
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	_, err = info.Load()
	require.ErrorIs(t, err, os.ErrNotExist)
}
