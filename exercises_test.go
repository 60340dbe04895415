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

// exercisePages lists the pages with exercises, in their order.
var exercisePages = []string{"1-counting", "2-smoothing", "3-nplm", "4-elman", "5-lstm-gru",
	"6-transformer", "sampling", "tokenization"}

// exercisesPerPage is the number of exercises on each page.
const exercisesPerPage = 3

// TestExercises computes the answers of the exercises anew. On a page, an exercise is a paragraph
// that begins with its number, and a block that opens:
//
//	**1. Title.** Question?
//
//	<details><summary>Answer</summary>
//
//	The result is 0.667 <!-- answer: pairs -->, because …
//
//	</details>
//
// The comment names the function of the table answers whose result stands before it.
func TestExercises(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, page := range exercisePages {
		text, err := os.ReadFile(filepath.Join("docs", page+".md"))
		require.NoError(t, err)
		names, err := checkExercises(string(text), answers)
		require.NoError(t, err, page)
		for _, name := range names {
			used[name] = true
		}
	}
	for name := range answers {
		require.True(t, used[name], "no page has the answer %q", name)
	}
}

var (
	exerciseTitle = regexp.MustCompile(`(?m)^\*\*(\d+)\. \S.*[.?]\*\*`)
	answerBlock   = regexp.MustCompile(
		`(?s)<details><summary>Answer</summary>\n\n(.*?)\n\n</details>\n`)
	answerValue = regexp.MustCompile(`(\S+) <!-- answer: (\S+) -->`)
)

// checkExercises compares the answers of a page with the computed ones and returns their names.
func checkExercises(page string, answers map[string]func() string) ([]string, error) {
	_, text, ok := strings.Cut(page, "\n## Exercises\n")
	if !ok {
		return nil, fmt.Errorf("no section Exercises; want %d exercises", exercisesPerPage)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	titles := exerciseTitle.FindAllStringSubmatch(text, -1)
	blocks := answerBlock.FindAllStringSubmatch(text, -1)
	if len(titles) != exercisesPerPage || len(blocks) != exercisesPerPage {
		return nil, fmt.Errorf("%d exercises with %d answers; want %d of each", len(titles),
			len(blocks), exercisesPerPage)
	}
	var names []string
	for i, block := range blocks {
		if n := fmt.Sprint(i + 1); titles[i][1] != n {
			return nil, fmt.Errorf("exercise %s has number %s", n, titles[i][1])
		}
		values := answerValue.FindAllStringSubmatch(block[1], -1)
		if len(values) == 0 || len(values) != strings.Count(block[1], "<!--") {
			return nil, fmt.Errorf("exercise %d: want every answer as VALUE <!-- answer: NAME -->",
				i+1)
		}
		for _, v := range values {
			compute, ok := answers[v[2]]
			if !ok {
				return nil, fmt.Errorf("exercise %d: no function computes %q", i+1, v[2])
			}
			if want := compute(); want != v[1] {
				return nil, fmt.Errorf("exercise %d: the page says %s is %s; want %s", i+1, v[2],
					v[1], want)
			}
			names = append(names, v[2])
		}
	}
	return names, nil
}

// TestCheckExercises checks that a wrong answer, an answer that nothing computes, and a missing
// answer are found.
func TestCheckExercises(t *testing.T) {
	const block = "<details><summary>Answer</summary>\n\nIt is %s <!-- answer: %s -->.\n\n" +
		"</details>\n\n"
	page := func(value, name string) string {
		text := "# 1\n\n## Exercises\n\n"
		for i := range exercisesPerPage {
			text += fmt.Sprintf("**%d. Sum.** What is 1 + 1?\n\n", i+1) +
				fmt.Sprintf(block, value, name)
		}
		return text
	}
	sums := map[string]func() string{"sum": func() string { return "2" }}
	names, err := checkExercises(page("2", "sum"), sums)
	require.NoError(t, err)
	require.Equal(t, []string{"sum", "sum", "sum"}, names)
	for says, text := range map[string]string{
		"the page says sum is 3; want 2": page("3", "sum"),
		`no function computes "product"`: page("2", "product"),
		"2 exercises with 3 answers":     strings.Replace(page("2", "sum"), "**2. ", "2. ", 1),
		"3 exercises with 2 answers":     strings.Replace(page("2", "sum"), "</details>", "", 1),
		"exercise 2 has number 1":        strings.Replace(page("2", "sum"), "**2", "**1", 1),
		"want every answer as VALUE":     strings.Replace(page("2", "sum"), "answer:", "", 1),
		"no section Exercises":           "# 1\n\ntext\n",
	} {
		_, err := checkExercises(text, sums)
		require.ErrorContains(t, err, says)
	}
}
