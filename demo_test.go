package lmzoo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDemoTables compares the tables of the README, in both languages, with docs/demo, to which
// "make readme" writes what the demo prints:
//
//	<!-- text: compare.txt 2 -->     the second paragraph of a text, in the block that follows
//	<!-- demo: eras table 1 -->      as in TestDocsLab, from the result of the demo
//
// -update-lab writes them into the pages.
func TestDemoTables(t *testing.T) {
	pages := []string{"README.md", "README.zh-CN.md", filepath.Join("docs", "numbers.md")}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		filled, err := fillDemo(string(text), os.ReadFile)
		require.NoError(t, err, page)
		if *updateLab && filled != string(text) {
			require.NoError(t, os.WriteFile(page, []byte(filled), 0o644))
			continue
		}
		require.Equal(t, filled, string(text), "%s differs from docs/demo; fill it with: "+
			"go test -run TestDemoTables . -update-lab", page)
	}
}

var demoText = regexp.MustCompile("(?s)(<!-- text: (\\S+\\.txt) (\\d+) -->\n```\n).*?(```\n)")

// fillDemo returns a page with the tables of the demo filled in.
func fillDemo(page string, read func(name string) ([]byte, error)) (string, error) {
	var failed error
	page = demoText.ReplaceAllStringFunc(page, func(block string) string {
		m := demoText.FindStringSubmatch(block)
		text, err := read(filepath.Join("docs", "demo", m[2]))
		paragraphs := strings.Split(strings.TrimSpace(string(text)), "\n\n")
		n, _ := strconv.Atoi(m[3]) // the pattern is a number
		if err == nil && (n < 1 || n > len(paragraphs)) {
			err = fmt.Errorf("%s has %d paragraphs, not %d", m[2], len(paragraphs), n)
		}
		if err != nil {
			failed = err
			return block
		}
		return m[1] + paragraphs[n-1] + "\n" + m[4]
	})
	if failed != nil {
		return "", failed
	}
	page, err := fillLab(strings.ReplaceAll(page, "<!-- demo: ", "<!-- lab: "),
		func(name string) (*labResult, error) {
			return readResult(filepath.Join("docs", "demo", name+".json"))
		})
	return strings.ReplaceAll(page, "<!-- lab: ", "<!-- demo: "), err
}

func TestFillDemo(t *testing.T) {
	read := func(string) ([]byte, error) { return []byte("a  1\nb  2\n\nc  3\n"), nil }
	page := "x\n<!-- text: compare.txt 2 -->\n```\nold\n```\ny\n"
	got, err := fillDemo(page, read)
	require.NoError(t, err)
	require.Equal(t, "x\n<!-- text: compare.txt 2 -->\n```\nc  3\n```\ny\n", got)
	_, err = fillDemo(strings.Replace(page, "txt 2", "txt 3", 1), read)
	require.ErrorContains(t, err, "compare.txt has 2 paragraphs, not 3")
}
