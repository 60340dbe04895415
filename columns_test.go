package lmzoo

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// columns is the maximum width of a line of Go, where a tab takes four columns.
const columns = 100

// unbreakable reports whether Go does not allow a line to be broken: a struct tag, or the expected
// output of an example.
func unbreakable(path, line string) bool {
	return strings.Contains(line, "`json:\"") ||
		strings.HasSuffix(path, "example_test.go") && strings.HasPrefix(line, "\t// ")
}

// TestColumns requires that the lines of Go fit the width, except in generated files.
func TestColumns(t *testing.T) {
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 1 && d.Name()[0] == '.'):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		for n, line := range longLines(t, path) {
			if !unbreakable(path, line) {
				t.Errorf("%s:%d: more than %d columns: %s", path, n, columns, line)
			}
		}
		return nil
	}))
}

// longLines returns the lines of a file that are too long, by number. It returns none for a
// generated file.
func longLines(t *testing.T, path string) map[int]string {
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	long := map[int]string{}
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		if strings.HasPrefix(line, "// Code generated ") {
			return nil
		}
		if width := len([]rune(line)) + 3*strings.Count(line, "\t"); width > columns {
			long[n] = line
		}
	}
	require.NoError(t, lines.Err())
	return long
}
