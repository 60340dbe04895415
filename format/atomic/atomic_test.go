package atomic

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// holds requires that the directory has these files and no others.
func holds(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		got[e.Name()] = string(data)
	}
	require.Equal(t, want, got)
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	require.NoError(t, WriteFile(path, text("one")))
	holds(t, dir, map[string]string{"a": "one"})
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, WriteFile(path, text("two")))
	holds(t, dir, map[string]string{"a": "two"})
	info, err := os.Stat(path)
	require.NoError(t, err)
	if runtime.GOOS != "windows" {
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "permissions stay")
	}
}

func TestReplaceKeepsThePrevious(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	for _, s := range []string{"one", "two", "three"} {
		require.NoError(t, Replace(a, b, text(s)))
	}
	holds(t, dir, map[string]string{"a": "three", "b": "two"})
}

// TestOldFileSurvives checks that if writing fails, early or late, the old file is intact and there
// is no other file.
func TestOldFileSurvives(t *testing.T) {
	broken := errors.New("the disk caught fire")
	for _, n := range []int{0, 1, 1 << 10, 1 << 18} {
		for _, previous := range []string{"", "p"} {
			dir := t.TempDir()
			path := filepath.Join(dir, "a")
			require.NoError(t, WriteFile(path, text("old")))
			if previous != "" {
				previous = filepath.Join(dir, previous)
			}
			err := Replace(path, previous, func(w io.Writer) error {
				if _, err := io.WriteString(w, strings.Repeat("x", n)); err != nil {
					return err
				}
				return broken
			})
			require.ErrorIs(t, err, broken)
			require.ErrorContains(t, err, path)
			holds(t, dir, map[string]string{"a": "old"})
		}
	}
}

// TestOldFileWhileWriting checks that a reader sees the old file until the new one is complete.
func TestOldFileWhileWriting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	require.NoError(t, WriteFile(path, text("old")))
	require.NoError(t, WriteFile(path, func(w io.Writer) error {
		if err := text(strings.Repeat("x", 1<<18))(w); err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "old", string(data))
		return nil
	}))
}

func TestUnwritable(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "dir"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dir", "x"), nil, 0o644))
	for _, path := range []string{"missing/a", "file/a", "dir"} {
		path = filepath.Join(dir, path)
		err := WriteFile(path, text("x"))
		require.ErrorContains(t, err, path)
		require.NotContains(t, err.Error(), ".tmp",
			"the name of a temporary file says nothing to anybody")
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing is left behind")
}

func TestLinkStaysALink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(real, []byte("old"), 0o644))
	if err := os.Symlink(real, link); err != nil {
		t.Skip("this system has no symbolic links")
	}
	require.NoError(t, WriteFile(link, text("new")))
	data, err := os.ReadFile(real)
	require.NoError(t, err)
	require.Equal(t, "new", string(data))
}
