package lmzoo_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReadme runs every command of the sh blocks of the README and of the page of its numbers in a
// copy of the repository, in the order given and as typed. It changes only the numbers that the
// README itself presents as parameters, to save time.
func TestReadme(t *testing.T) {
	t.Parallel()
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("the README is checked by the full test on a system with a POSIX shell")
	}
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip("make is not installed, and the README uses it first")
	}
	page, err := os.ReadFile("README.md")
	require.NoError(t, err)
	numbers, err := os.ReadFile(filepath.Join("docs", "numbers.md"))
	require.NoError(t, err)
	sh := shell{t: t, dir: repository(t), fake: fakeBrowser(t)}
	for _, block := range shBlocks(string(page) + string(numbers)) {
		if strings.Contains(strings.Join(block, "\n"), "tinyshakespeare") &&
			!sh.try("lmzoo corpus get tinyshakespeare && lmzoo corpus get names") {
			t.Log(
				"note: the corpora of the reference figures cannot be fetched; their " +
					"commands are left out")
			continue
		}
		for _, command := range block {
			sh.run(hurried(command))
		}
	}
	for _, file := range []string{"demo/report.html", "demo/assistant/pipeline.png",
		"three.html", "lab.html", "runs/mix/config.json",
		"words.arpa", "LICENSE.lmz"} {
		require.FileExists(t, filepath.Join(sh.dir, file))
	}
}

// shBlocks returns the commands of the sh blocks of a page, without comments.
func shBlocks(page string) (blocks [][]string) {
	for i, part := range strings.Split(page, "```") {
		if lines, ok := strings.CutPrefix(part, "sh\n"); ok && i%2 == 1 {
			var block []string
			for line := range strings.Lines(lines) {
				if before, _, ok := strings.Cut(line, " # "); ok {
					line = before
				}
				block = append(block, strings.TrimSpace(line))
			}
			blocks = append(blocks, block)
		}
	}
	return blocks
}

var parameters = regexp.MustCompile(`--(budget|steps|flops|seconds) \S+`)

// hurried lowers the parameters of a command that determine its duration.
func hurried(command string) string {
	least := map[string]string{
		"budget": "300ms", "steps": "2", "flops": "1e9", "seconds": "0.01",
	}
	return parameters.ReplaceAllStringFunc(command, func(flag string) string {
		name, _, _ := strings.Cut(flag, " ")
		return name + " " + least[name[2:]]
	})
}

func TestHurried(t *testing.T) {
	require.Equal(t, "lmzoo train gpt --steps 2 --lr 1e-3 --budget 300ms --out a",
		hurried("lmzoo train gpt --steps 2000 --lr 1e-3 --budget 5m --out a"))
	require.Equal(t, [][]string{{"a", "b | c"}, {"d"}},
		shBlocks("x\n```sh\na # one\nb | c\n```\n```\nno\n```\n```sh\nd\n```\n"))
}

// repository copies all files under version control to a temporary directory.
func repository(t *testing.T) string {
	dir := t.TempDir()
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if slices.Contains([]string{".git", "bin", "demo", "runs"}, path) {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(dir, path), 0o777)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), data, 0o666)
	}))
	return dir
}

// fakeBrowser returns a directory of browser programs that do nothing.
func fakeBrowser(t *testing.T) string {
	dir := t.TempDir()
	for _, name := range []string{"xdg-open", "open"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"), 0o777))
	}
	return dir
}

// shell runs commands one after another in one directory and keeps the variables that they export.
type shell struct {
	t       *testing.T
	dir     string
	fake    string // programs that take precedence over all others
	exports string
}

func (s *shell) command(line string) *exec.Cmd {
	c := exec.Command("sh", "-c", s.exports+"PATH="+s.fake+`:"$PATH"; exec `+line)
	if strings.ContainsAny(line, "|&;") {
		c = exec.Command("sh", "-c", s.exports+"PATH="+s.fake+`:"$PATH"; `+line)
	}
	c.Dir = s.dir
	c.Env = append(os.Environ(), "BUDGET=500ms", "DEMO_LABS=", "DEMO_PIPELINE=--scale tiny",
		"NO_COLOR=1")
	return c
}

// try reports whether a command succeeds.
func (s *shell) try(line string) bool { return s.command(line).Run() == nil }

// run runs a command, which must succeed. A command that serves is interrupted once it has printed
// its address.
func (s *shell) run(line string) {
	s.t.Helper()
	if strings.HasPrefix(line, "export ") {
		s.exports += line + "; "
		return
	}
	began := time.Now()
	defer func() { s.t.Logf("%5.1f s  %s", time.Since(began).Seconds(), line) }()
	c := s.command(line)
	said := &watched{word: "http://", seen: make(chan struct{})}
	c.Stdout, c.Stderr = said, said
	require.NoError(s.t, c.Start(), line)
	if strings.Contains(line, "play") || strings.Contains(line, "--serve") {
		select {
		case <-said.seen:
		case <-time.After(time.Minute):
		}
		require.NoError(s.t, c.Process.Signal(syscall.SIGINT))
	}
	err := c.Wait()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() == 130 {
		err = nil // interrupted, but only after saving
	}
	require.NoError(s.t, err, "$ %s\n%s", line, said.text.String())
}

// watched is a buffer that signals when a word has been written to it.
type watched struct {
	text bytes.Buffer
	word string
	seen chan struct{}
	done bool
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.text.Write(p)
	if !w.done && strings.Contains(w.text.String(), w.word) {
		w.done = true
		close(w.seen)
	}
	return n, err
}
