//go:build unix

package main

import (
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/zoo"
)

// TestHangup: when its terminal closes, a training run ends as it does after SIGTERM, unless
// nohup(1) makes it ignore the signal.
func TestHangup(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // the parent of the tests may ignore the signal
	defer signal.Reset(syscall.SIGHUP)
	require.Contains(t, interrupts(), syscall.SIGHUP)

	dir := t.TempDir()
	text, out := filepath.Join(dir, "text.txt"), filepath.Join(dir, "run")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("a small text for small models. ",
		20)), 0o666))
	code := make(chan int, 1)
	go func() {
		code <- run([]string{"train", "gru", "--corpus", text, "--hidden", "8", "--batch", "2",
			"--steps", "100000000",
			"--save-every", "2", "--out", out}, strings.NewReader(""), io.Discard, io.Discard)
	}()
	require.Eventually(t, func() bool { return zoo.HasCheckpoint(out) }, time.Minute,
		10*time.Millisecond)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGHUP))
	require.Equal(t, exitInterrupted, <-code)

	signal.Ignore(syscall.SIGHUP)
	require.NotContains(t, interrupts(), syscall.SIGHUP)
}
