package lmzoo_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// TestGlossary checks the rows of the glossary: each has a term, a Chinese term, a sentence and a
// link, and the terms of both languages are unique and the English ones sorted. TestLinks follows
// the links.
func TestGlossary(t *testing.T) {
	text, err := os.ReadFile("docs/glossary.md")
	require.NoError(t, err)
	n, err := checkGlossary(string(text))
	require.NoError(t, err)
	require.Greater(t, n, 100)
}

// checkGlossary returns the number of terms of a glossary, or the first row that is wrong.
func checkGlossary(text string) (n int, err error) {
	_, rows, _ := strings.Cut(text, "|---|---|---|---|\n")
	previous, seen := "", map[string]bool{}
	for row := range strings.Lines(rows) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), " | ")
		if len(cells) != 4 {
			return n, fmt.Errorf("row with %d cells; want 4: %s", len(cells), row)
		}
		term, chinese := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[1])
		sentence, where := strings.TrimSpace(cells[2]), cells[3]
		key := strings.ToLower(term)
		switch {
		case seen[key] || seen[chinese]:
			return n, fmt.Errorf("%q or %q occurs twice", term, chinese)
		case key < previous:
			return n, fmt.Errorf("%q stands after %q; want the order of the alphabet", term,
				previous)
		case !strings.ContainsFunc(chinese, isHan):
			return n, fmt.Errorf("%q has the Chinese term %q; want Chinese", term, chinese)
		case !strings.HasSuffix(sentence, ".") && !strings.HasSuffix(sentence, "?"):
			return n, fmt.Errorf("%q has the meaning %q; want a sentence", term, sentence)
		case !anyLink.MatchString(where):
			return n, fmt.Errorf("%q has no link", term)
		}
		previous, seen[key], seen[chinese] = key, true, true
		n++
	}
	return n, nil
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

func TestCheckGlossary(t *testing.T) {
	const (
		head = "# Glossary\n\n|---|---|---|---|\n"
		a    = "| apple | 苹果 | A fruit. | [x](y) |\n"
		b    = "| Bread | 面包 | Food. | [x](y) |\n"
	)
	n, err := checkGlossary(head + a + b)
	require.NoError(t, err)
	require.Equal(t, 2, n)
	for says, rows := range map[string]string{
		"occurs twice":         a + a,
		"order of the alpha":   b + a,
		"want Chinese":         strings.Replace(a, "苹果", "apple", 1),
		"want a sentence":      strings.Replace(a, "fruit.", "fruit", 1),
		"has no link":          strings.Replace(a, "[x](y)", "x", 1),
		"row with 3 cells":     "| apple | 苹果 | A fruit. |\n",
		`or "苹果" occurs twice`: a + strings.Replace(b, "面包", "苹果", 1),
	} {
		_, err := checkGlossary(head + rows)
		require.ErrorContains(t, err, says)
	}
}
