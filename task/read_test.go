package task

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReadTSV(t *testing.T) {
	s, err := ReadTSV(strings.NewReader("\ufeffpositive\tvery \"good\" .\r\nnegative\t not good\n"))
	require.NoError(t, err)
	require.Equal(t, []string{"negative", "positive"}, s.Classes)
	require.Equal(t, []Example{
		{Text: `very "good" .`, Label: "positive", Line: 1},
		{Text: " not good", Label: "negative", Line: 2},
	}, s.Examples)
	require.False(t, s.Pairs())

	s, err = ReadTSV(strings.NewReader("pair\tlabel\ttext\nB\tyes\tA\nD\tno\tC"))
	require.NoError(t, err)
	require.Equal(t, []Example{{"A", "B", "yes", 2}, {"C", "D", "no", 3}}, s.Examples)
	require.True(t, s.Pairs())

	s, err = ReadTSV(strings.NewReader("yes\tA\tB\nno\tC\tD\n"))
	require.NoError(t, err)
	require.Equal(t, []Example{{"A", "B", "yes", 1}, {"C", "D", "no", 2}}, s.Examples)
}

func TestReadJSONL(t *testing.T) {
	s, err := ReadJSONL(strings.NewReader(`{"text": "a\tb", "label": "x"}
{"label": 1, "text": "c"}
{"label": -2, "text": "d"}`))
	require.NoError(t, err)
	require.Equal(t, []string{"-2", "1", "x"}, s.Classes)
	require.Equal(t, Example{"a\tb", "", "x", 1}, s.Examples[0])
}

func TestReadErrors(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	for input, want := range map[string]string{
		"":                       "no examples",
		"label\ttext\n":          "no examples",
		"just text\n":            "line 1: one column; want a label, a tab and a text",
		"a\tb\nc\n":              "line 2: one column",
		"a\tb\tc\td\n":           "line 1: 4 columns; want label, text, pair",
		"text\tlabel\na\tb\tc\n": "line 2: 3 columns; want text, label",
		"a\tb\n\nc\td\n":         "line 2: empty; want one example per line",
		"a\t\n":                  "line 1: the text is empty",
		"\tb\n":                  "line 1: the label is empty",
		"a\tb\t\n":               "line 1: the second text is empty",
		"a\tb\nc\td\te\n":        "line 2: single texts and pairs are mixed",
		"a\t\xff\n":              "line 1: not valid UTF-8; convert the file to UTF-8",
		"good film\t1\nbad\t0\nso\t1": `all 3 labels are different, such as "good film"; want ` +
			`the label in the first column`,
		"a\t" + long: "line 1: longer than 1048576 bytes",
	} {
		_, err := ReadTSV(strings.NewReader(input))
		require.ErrorContains(t, err, want, "%.40q", input)
		require.NotContains(t, err.Error(), "\n")
	}
	for input, want := range map[string]string{
		"":    "no examples",
		"{\n": "line 1: not a JSON object",
		"[]":  "line 1: not a JSON object",
		"null": `line 1: a key is missing; want "text" and ` +
			`"label"`,
		`{"text": "a"}`:                          `line 1: a key is missing`,
		`{"text": "a", "label": null}`:           `line 1: label null; want a string or an integer`,
		`{"text": "a", "label": 1.5}`:            "line 1: label 1.5; want a string or an integer",
		`{"text": "a", "label": ["b"]}`:          `line 1: label ["b"]`,
		`{"text": "a", "label": "b"} x`:          "line 1: trailing data",
		`{"text": "a", "label": "b", "x": 1}`:    `unknown field "x"`,
		`{"text": "", "label": "b"}`:             "line 1: the text is empty",
		`{"text": "a", "label": ""}`:             "line 1: the label is empty",
		`{"text":"a","label":"b","pair":""}`:     "line 1: the second text is empty",
		"{\"text\": \"\xff\", \"label\": \"b\"}": "line 1: not valid UTF-8",
	} {
		_, err := ReadJSONL(strings.NewReader(input))
		require.ErrorContains(t, err, want, input)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := ReadTSV(io.MultiReader(strings.NewReader("a\tb\n"), failing{}))
	require.ErrorContains(t, err, "line 2: the disk is gone")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		return path
	}
	s, err := Open(write("a.TSV", "x\ty\nz\tw\n"))
	require.NoError(t, err)
	require.Len(t, s.Examples, 2)
	s, err = Open(write("a.jsonl", `{"text":"y","label":"x"}`))
	require.NoError(t, err)
	require.Len(t, s.Examples, 1)
	_, err = Open(write("a.csv", "x,y"))
	require.ErrorContains(t, err, `unknown extension ".csv"; want .tsv or .jsonl`)
	_, err = Open(filepath.Join(dir, "none.tsv"))
	require.ErrorContains(t, err, "none.tsv")
	_, err = Open(write("b.tsv", "x"))
	require.ErrorContains(t, err, "b.tsv: line 1: one column")
}

func FuzzReadTSV(f *testing.F) {
	f.Add("positive\tgood\nnegative\tbad\n")
	f.Add("text\tlabel\npositive\tgood\n")
	f.Add("\ufeffyes\tA\tB\r\nno\tC\tD")
	f.Fuzz(func(t *testing.T, input string) {
		s, err := ReadTSV(strings.NewReader(input))
		checkRead(t, s, err)
	})
}

func FuzzReadJSONL(f *testing.F) {
	f.Add(`{"text": "good", "label": "positive"}` + "\n" + `{"text": "bad", "label": 0}`)
	f.Add(`{"text": "a", "pair": "b", "label": "c"}`)
	f.Fuzz(func(t *testing.T, input string) {
		s, err := ReadJSONL(strings.NewReader(input))
		checkRead(t, s, err)
	})
}

// checkRead checks that an accepted set is valid and that any error has one line.
func checkRead(t *testing.T, s *Set, err error) {
	if err != nil {
		require.Nil(t, s)
		require.NotContains(t, err.Error(), "\n")
		return
	}
	require.NotEmpty(t, s.Examples)
	for _, e := range s.Examples {
		require.GreaterOrEqual(t, s.Index(e.Label), 0)
		require.NotEmpty(t, strings.TrimSpace(e.Text))
		require.Equal(t, s.Pairs(), e.Pair != "")
		require.Positive(t, e.Line)
		for range wordGrams(e, 2) {
		}
	}
	_, err = s.Under(s.Classes)
	require.NoError(t, err)
}
