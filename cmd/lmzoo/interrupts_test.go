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

// TestHangup: a terminal that closes ends a training as SIGTERM does, unless nohup(1) has it
// ignored.
func TestHangup(t *testing.T) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP) // whoever runs the tests may ignore it
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
