package atomic

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestKilledWriter kills a process while it writes a file, and writes the file again.
func TestKilledWriter(t *testing.T) {
	if path := os.Getenv("ATOMIC_PATH"); path != "" {
		_ = WriteFile(path, func(io.Writer) error {
			fmt.Println("writing")
			time.Sleep(time.Minute) // killed long before
			return nil
		})
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a")
	start := func() *exec.Cmd {
		exe, err := os.Executable()
		require.NoError(t, err)
		child := exec.Command(exe, "-test.run=TestKilledWriter")
		child.Env = append(os.Environ(), "ATOMIC_PATH="+path)
		out, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		var said string
		_, err = fmt.Fscanln(out, &said)
		require.NoError(t, err)
		return child
	}
	kill := func(child *exec.Cmd) {
		require.NoError(t, child.Process.Kill())
		_ = child.Wait() // killed
	}
	dead := start()
	kill(dead)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1, "the temporary file of the killed process")

	other := filepath.Join(dir, "b")
	require.NoError(t, WriteFile(other, text("other")))
	alive := start()
	defer kill(alive)
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the file b, and the temporary file of the living process")
	RemoveAbandoned(dir)
	require.NoError(t, WriteFile(path, text("new")))
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 3, "the temporary file of the living process stays")
	require.True(t, strings.HasPrefix(entries[0].Name(), ".a."))
}

// TestReplaceLeavesNoGap replaces a file many times while another goroutine checks that it exists.
func TestReplaceLeavesNoGap(t *testing.T) {
	dir := t.TempDir()
	path, previous := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	require.NoError(t, WriteFile(path, text("0")))
	if os.Link(path, filepath.Join(dir, "c")) != nil {
		t.Skip("this file system has no hard links")
	}
	done, missing := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-done:
				missing <- n
				return
			default:
				if _, err := os.Stat(path); err != nil {
					n++
				}
			}
		}
	}()
	for i := range 200 {
		require.NoError(t, Replace(path, previous, text(fmt.Sprint(i))))
	}
	close(done)
	require.Zero(t, <-missing)
}

func TestTemporaryNames(t *testing.T) {
	for name, want := range map[string]bool{
		".a.1.tmp": true, ".a.12.tmp.old": true, ".b.a.1.tmp": false, "a.1.tmp": false,
		".a.x.tmp": false, ".a.tmp": false, ".a.1": false,
	} {
		require.Equal(t, want, isTempOf(name, "a"), name)
	}
	require.True(t, isTempOf(".b.a.1.tmp", ""))
	require.False(t, isTempOf(".1.tmp", ""))
}
