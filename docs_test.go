package lmzoo_test

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocs runs every command of a ```console block in docs/ and compares its output with the page.
// "…" matches any text in a line, and a line "…" any number of lines. Decimal numbers may differ by
// a tolerance, because processors round differently.
func TestDocs(t *testing.T) {
	t.Parallel() // beside TestReadme
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("the pages are checked by the full test on a system with a POSIX shell")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(bin, "lmzoo"), "./cmd/lmzoo")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	examples, err := filepath.Abs("docs/examples")
	require.NoError(t, err)
	pages, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		commands := consoleExamples(string(text))
		if len(commands) == 0 {
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			dir := t.TempDir()
			path := bin + string(os.PathListSeparator) + os.Getenv("PATH")
			for _, e := range commands {
				c := exec.Command("sh", "-c", e.command)
				c.Dir = dir
				c.Env = append(os.Environ(), "PATH="+path, "NO_COLOR=1",
					"EXAMPLES="+examples)
				got, err := c.Output()
				require.NoError(t, err, "$ %s\n%s", e.command, stderrOf(err))
				lines := strings.Split(strings.TrimRight(string(got), "\n"), "\n")
				require.True(t, matches(e.output, lines), "%s says\n$ %s\n%s\nbut it prints\n%s",
					page, e.command, strings.Join(e.output, "\n"), got)
			}
		})
	}
}

type example struct {
	command string
	output  []string
}

// consoleExamples returns the commands of a page and their output.
func consoleExamples(text string) (examples []example) {
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console"
		case !inside:
		case strings.HasPrefix(line, "$ "):
			examples = append(examples, example{command: line[2:]})
		case len(examples) > 0:
			last := &examples[len(examples)-1]
			last.output = append(last.output, line)
		}
	}
	return examples
}

// matches compares lines; a wanted line "…" matches any number of lines. An empty want matches
// every output.
func matches(want, got []string) bool {
	if len(want) == 0 {
		return true
	}
	return matchLines(want, got)
}

func matchLines(want, got []string) bool {
	switch {
	case len(want) == 0:
		return len(got) == 0
	case want[0] == "…":
		for i := 0; i <= len(got); i++ {
			if matchLines(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && matchLine(strings.Fields(want[0]), strings.Fields(got[0])) &&
		matchLines(want[1:], got[1:])
}

func matchLine(want, got []string) bool {
	switch {
	case len(want) == 0:
		return len(got) == 0
	case want[0] == "…":
		for i := 0; i <= len(got); i++ {
			if matchLine(want[1:], got[i:]) {
				return true
			}
		}
		return false
	}
	return len(got) > 0 && sameWord(want[0], got[0]) && matchLine(want[1:], got[1:])
}

var decimal = regexp.MustCompile(`\d+\.\d+`)

// sameWord reports whether two words agree; decimal numbers in them may differ by a tolerance.
func sameWord(a, b string) bool {
	const relative, absolute = 0.02, 0.02
	x, y := decimal.FindAllString(a, -1), decimal.FindAllString(b, -1)
	if len(x) != len(y) || decimal.ReplaceAllString(a, "#") != decimal.ReplaceAllString(b, "#") {
		return false
	}
	for i := range x {
		p, _ := strconv.ParseFloat(x[i], 64) // the pattern matches only numbers
		q, _ := strconv.ParseFloat(y[i], 64)
		if math.Abs(p-q) > absolute+relative*math.Abs(p) {
			return false
		}
	}
	return true
}

func stderrOf(err error) string {
	if e, ok := err.(*exec.ExitError); ok {
		return string(e.Stderr)
	}
	return ""
}

func TestDocsMatcher(t *testing.T) {
	ok := func(want, got string) bool {
		return matches(strings.Split(want, "\n"), strings.Split(got, "\n"))
	}
	require.True(t, ok("a 1.000 b", "a  1.001   b"))
	require.False(t, ok("a 1.000 b", "a 1.100 b"))
	require.False(t, ok("a 1.000 b", "a 1.000 c"))
	require.True(t, ok("a … b\n…\nend", "a x y b\n1\n2\nend"))
	require.False(t, ok("a\nb", "a"))
	require.False(t, ok("12", "13"), "whole numbers are exact")
}
