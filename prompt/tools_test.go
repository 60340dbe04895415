package prompt_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lmzoo/prompt"
)

func TestCalculator(t *testing.T) {
	for input, want := range map[string]string{
		"47*36":                         "1692",
		"4 7 times 3 6":                 "1 6 9 2",
		"4 7 times 3 6 plus 2":          "1 6 9 4",
		"2 plus 3 times 4":              "1 4",
		"2+3*4 = ?":                     "14",
		"4 minus 9":                     "minus 5",
		"4-9":                           "-5",
		"minus 1 2 minus 3":             "minus 1 5",
		"3 - -3":                        "6",
		"47 times 36":                   "1692",
		"7":                             "7",
		"99999999999999999999 + 1":      "100000000000000000000",
		"0 0 7 plus 0":                  "7",
		strings.Repeat("9", 100) + "*1": strings.Repeat("9", 100),
	} {
		got, err := prompt.Calculator{}.Run(t.Context(), input)
		require.NoError(t, err, input)
		require.Equal(t, want, got, input)
	}
	for input, want := range map[string]string{
		"":                        "a number is missing",
		"4 plus":                  "a number is missing",
		"times 4":                 "a number is missing",
		"4 over 2":                `"over" is not a number ; want numbers with plus`,
		strings.Repeat("9", 201):  "more than 200 digits",
		"４ plus 1":                `"４" is not a number`,
		"4 plus [END]":            `"[end]" is not a number`,
		strings.Repeat("- ", 100): "a number is missing",
	} {
		_, err := prompt.Calculator{}.Run(t.Context(), input)
		require.ErrorContains(t, err, want, input)
	}
}

func TestTable(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		return path
	}
	for _, path := range []string{
		write("a.json", `{"Mira age": "3 1"}`), write("a.tsv", "Mira age\t3 1\n"),
	} {
		table, err := prompt.OpenTable("lookup", path)
		require.NoError(t, err)
		got, err := table.Run(t.Context(), " mira   AGE ")
		require.NoError(t, err)
		require.Equal(t, "3 1", got)
		_, err = table.Run(t.Context(), "ada age")
		require.ErrorContains(t, err, "not found")
	}
	for _, c := range [][2]string{
		{write("b.json", `{"a": 1}`), "want one object such as"},
		{write("b.tsv", "a b\n"), "line 1: want"},
		{write("c.json", "{}"), "no entries"}, {filepath.Join(dir, "none"), "reading the table"},
	} {
		_, err := prompt.OpenTable("lookup", c[0])
		require.ErrorContains(t, err, c[1])
	}
}

// misbehaving is a tool that does what its input says.
type misbehaving struct{}

func (misbehaving) Name() string { return "odd" }

func (misbehaving) Run(ctx context.Context, input string) (string, error) {
	switch input {
	case "panic":
		panic("no")
	case "hang":
		<-ctx.Done()
		time.Sleep(time.Millisecond)
		return "late", nil
	}
	return input, nil
}

// TestRegistry checks that every failure of a tool ends in a result that a model can read.
func TestRegistry(t *testing.T) {
	r, err := prompt.NewRegistry(prompt.Calculator{}, misbehaving{})
	require.NoError(t, err)
	prompt.SetTime(r, 20*time.Millisecond)
	run := func(tool, input string) string {
		out, err := r.Run(t.Context(), prompt.Call{Tool: tool, Input: input})
		require.NoError(t, err)
		return out
	}
	require.Equal(t, "9", run("calculator", "4 plus 5"))
	require.Equal(t, "error : unknown tool ; did you mean calculator ?", run("calculater", "4"))
	require.Equal(t, "error : unknown tool ; want calculator or odd", run("weather", ""))
	require.Equal(t, "error : the tool failed", run("odd", "panic"))
	require.Equal(t, "error : no answer within 20ms", run("odd", "hang"))
	require.Equal(t, "error : no output", run("odd", " \n\x00"))
	require.Len(t, run("odd", strings.Repeat("a", 10000)), 4096)
	require.Equal(t, "a\uFFFDb", run("odd", "a\xffb"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Run(ctx, prompt.Call{Tool: "calculator", Input: "1"})
	require.ErrorIs(t, err, context.Canceled)
	_, err = prompt.NewRegistry(prompt.Calculator{}, prompt.Calculator{})
	require.ErrorContains(t, err, `"calculator" is listed twice`)
	var none *prompt.Registry
	out, err := none.Run(t.Context(), prompt.Call{Tool: "calculator"})
	require.NoError(t, err)
	require.Equal(t, "error : there are no tools", out)
}
