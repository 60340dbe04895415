package lock

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOneHolder(t *testing.T) {
	dir := t.TempDir()
	first, err := Dir(dir)
	require.NoError(t, err)
	_, err = Dir(dir)
	require.ErrorIs(t, err, ErrHeld)
	require.True(t, Held(dir))
	first.Release()
	first.Release()
	require.False(t, Held(dir))
	second, err := Dir(dir)
	require.NoError(t, err)
	second.Release()
	_, err = Dir(filepath.Join(dir, "missing"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// TestDeathReleases starts this test binary again as a process that holds a lock, kills it, and
// checks that the lock is free.
func TestDeathReleases(t *testing.T) {
	if dir := os.Getenv("LOCK_DIR"); dir != "" {
		_, err := Dir(dir)
		fmt.Println(err)
		time.Sleep(time.Minute) // killed long before this ends
	}
	dir := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	child := exec.Command(exe, "-test.run=TestDeathReleases")
	child.Env = append(os.Environ(), "LOCK_DIR="+dir)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	said := ""
	_, err = fmt.Fscanln(out, &said)
	require.NoError(t, err)
	require.Equal(t, "<nil>", said)
	require.True(t, Held(dir))
	require.NoError(t, child.Process.Kill())
	_ = child.Wait() // killed
	require.False(t, Held(dir))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.Equal(t, File, e.Name())
	}
}
