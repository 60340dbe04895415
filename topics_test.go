package lmzoo_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTopics follows the table of questions in docs/README.md: the page of a row has the command
// and the numbers, and the row leads to a declaration. Commands with lab must belong to the
// experiments that the page quotes; TestDocsLab checks their numbers, and TestDocs the others.
func TestTopics(t *testing.T) {
	text, err := os.ReadFile("docs/README.md")
	require.NoError(t, err)
	n, err := checkTopics(string(text), func(page string) (string, error) {
		text, err := os.ReadFile(filepath.Join("docs", page))
		return string(text), err
	})
	require.NoError(t, err)
	require.Greater(t, n, 20)
}

var (
	pageLink   = regexp.MustCompile(`\]\(([\w-]+\.md)(?:#[\w-]+)?\)`)
	topicCode  = regexp.MustCompile("^`([^`]+)`$")
	topicValue = regexp.MustCompile(`-?\d+(?:\.\d+)?`)
)

// checkTopics returns the number of rows, or the first row whose page does not answer it.
func checkTopics(text string, read func(page string) (string, error)) (n int, err error) {
	_, rows, _ := strings.Cut(text, "| question | page | plain code | command | number |\n"+
		"|---|---|---|---|---|\n")
	rows, _, _ = strings.Cut(rows, "\n\n")
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "| "), " | ")
		if len(cells) != 5 {
			return n, fmt.Errorf("row with %d cells; want 5: %s", len(cells), row)
		}
		question, pages, code := cells[0], cells[1], cells[2]
		command := topicCode.FindStringSubmatch(cells[3])
		link := pageLink.FindStringSubmatch(pages)
		if command == nil || link == nil || !codeLink.MatchString(code) {
			return n, fmt.Errorf("%s: want a page, a declaration and a command", question)
		}
		page, err := read(link[1])
		if err != nil {
			return n, err
		}
		if err := answered(page, command[1], cells[4]); err != nil {
			return n, fmt.Errorf("%s: %s: %w", question, link[1], err)
		}
		n++
	}
	return n, nil
}

// answered reports whether a page has a command and what it prints.
func answered(page, command, result string) error {
	if name, ok := strings.CutPrefix(command, "lmzoo lab "); ok {
		if !strings.Contains(page, "<!-- lab: "+name+" ") ||
			!strings.Contains(result, "<!-- lab: "+name+" ") {
			return fmt.Errorf("the page or the row quotes no number of the experiment %s", name)
		}
		return nil
	}
	at := strings.Index(page, command)
	if at < 0 {
		return fmt.Errorf("the page has no command %q", command)
	}
	numbers := topicValue.FindAllString(result, -1)
	if len(numbers) == 0 {
		return fmt.Errorf("%q has no number", result)
	}
	if !strings.Contains(page[at:], numbers[0]) {
		return fmt.Errorf("%s stands nowhere after %q", numbers[0], command)
	}
	return nil
}

func TestCheckTopics(t *testing.T) {
	head := "| question | page | plain code | command | number |\n|---|---|---|---|---|\n"
	row := "| Why? | [1](1.md#a) | [`f`, f.go:1](../f.go#L1) | `lmzoo eval a` | 0.5 bits |\n"
	read := func(page string) (string, error) {
		require.Equal(t, "1.md", page)
		return "$ lmzoo eval a b\n0.5\n<!-- lab: x y -->", nil
	}
	n, err := checkTopics(head+row+row+"\nmore", read)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	for says, change := range map[string][2]string{
		"stands nowhere":                 {"0.5", "0.6"},
		"no command":                     {"eval a", "eval c"},
		"no number":                      {"0.5", "no"},
		"want a page, a declaration":     {"`f`", "f"},
		"row with 4 cells":               {" | 0.5", " 0.5"},
		"no number of the experiment x":  {"eval a` | 0.5", "lab x` | 0.5 "},
		"no number of the experiment yy": {"eval a` | 0.5", "lab yy` | 0.5 <!-- lab: yy z -->"},
	} {
		_, err := checkTopics(head+strings.Replace(row, change[0], change[1], 1)+"\n", read)
		require.ErrorContains(t, err, says)
	}
}
