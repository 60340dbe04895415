package zoo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/ngram"
)

// countRun counts an n-gram model of the given order into dir.
func countRun(t *testing.T, dir string, order int) *Run {
	t.Helper()
	text := []corpus.Document{{Text: strings.Repeat("a small text for small models. ", 20)}}
	tok, err := corpus.Train("char", text, 0)
	require.NoError(t, err)
	species, err := Standard().Find("ngram")
	require.NoError(t, err)
	settings, err := species.Settings("")
	require.NoError(t, err)
	require.NoError(t, settings.Set(map[string]any{"order": order}))
	r, err := Make(t.Context(), Order{
		Species: species, Settings: settings, Split: corpus.Split{Train: text}, Tokenizer: tok,
		Dir: dir, Overwrite: true,
	})
	require.NoError(t, err)
	return r
}

// files lists the names below a directory.
func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			names = append(names, strings.TrimPrefix(path, dir+string(filepath.Separator)))
		}
		return err
	}))
	return names
}

// TestCommitKilledAnywhere stops the replacement of a 2-gram by a 3-gram after each of its steps.
// The directory opens as the old run before the decisive rename and as the new run after it, and
// the next writer cleans it up.
func TestCommitKilledAnywhere(t *testing.T) {
	moves := []string{ConfigFile, TokenizerFile, CountsFile}
	for stop := -1; stop <= len(moves); stop++ {
		dir, fresh := t.TempDir(), t.TempDir()
		countRun(t, dir, 2)
		countRun(t, fresh, 3)
		require.NoError(t, os.WriteFile(filepath.Join(dir, MetricsFile), nil, 0o666))
		want, pending := 3, filepath.Join(dir, committedDir)
		if stop < 0 {
			want, pending = 2, filepath.Join(dir, stagedDir)
		}
		require.NoError(t, os.Mkdir(pending, 0o777))
		for _, name := range moves {
			require.NoError(t, os.Rename(filepath.Join(fresh, name), filepath.Join(pending, name)))
		}
		obsolete := strings.Join([]string{WeightsFile, MetricsFile, CheckpointFile,
			previousCheckpoint}, "\n")
		require.NoError(t, os.WriteFile(filepath.Join(pending, obsoleteFile), []byte(obsolete),
			0o666))
		for _, name := range moves[:max(stop, 0)] {
			require.NoError(t, os.Rename(filepath.Join(pending, name), filepath.Join(dir, name)))
		}
		for range 2 {
			r, err := Standard().Open(dir)
			require.NoError(t, err, "stopped after %d moves", stop)
			require.Equal(t, want, r.Model.(*ngram.Model).Order, "stopped after %d moves", stop)
			l, err := Acquire(dir)
			require.NoError(t, err)
			l.Release()
		}
		if stop >= 0 {
			require.Equal(t, moves[:1], files(t, dir)[:1])
			require.ElementsMatch(t, moves, files(t, dir), "stopped after %d moves", stop)
		}
	}
}

// TestReplacedAsAWhole checks that nothing remains of a neural run after an n-gram run has replaced
// it.
func TestReplacedAsAWhole(t *testing.T) {
	dir := t.TempDir()
	for _, name := range runFiles {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("old"), 0o666))
	}
	countRun(t, dir, 2)
	require.ElementsMatch(t, []string{ConfigFile, TokenizerFile, CountsFile}, files(t, dir))
}

func TestAcquire(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "a", "b")
	l, err := Acquire(dir)
	require.NoError(t, err)
	_, err = Acquire(dir)
	require.ErrorContains(t, err, "another process is writing to it")
	require.True(t, Locked(dir))
	l.Release()
	l.Release()
	require.NoDirExists(t, filepath.Join(parent, "a"), "nothing was written to it")

	l, err = Acquire(dir)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), nil, 0o666))
	l.Release()
	require.FileExists(t, filepath.Join(dir, "x"))
	require.NoError(t, CheckVacant(dir, ""))

	countRun(t, dir, 2)
	var misuse Misuse
	require.ErrorAs(t, CheckVacant(dir, "do this"), &misuse)
}
