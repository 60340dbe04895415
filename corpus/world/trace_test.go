package world

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTraceReproducesTheTruth(t *testing.T) {
	w := New(DefaultSeed)
	for _, d := range sample(50_000) {
		events, err := w.Trace(d.Text)
		require.NoError(t, err)
		require.Equal(t, d.Truth, events)
	}
}

func TestImpossibleTexts(t *testing.T) {
	w := New(DefaultSeed)
	for text, want := range map[string]string{
		"":                        `word 1 (byte 0) of the text is "", which is impossible there in this world: expected "once"`,
		"hello":                   `word 1 (byte 0) of the text is "hello"`,
		"once":                    `word 2 (byte 4) of the text is the end, which is impossible there in this world: expected "in"`,
		"once in may":             `word 3 (byte 8) of the text is "may"`,
		"once  in":                `word 2 (byte 5) of the text is ""`,
		" once in":                `word 1 (byte 0) of the text is ""`,
		"let us count .\n":        `word 4 (byte 13) of the text is ".\n"`,
		"here is what we know of": `(15 more)`,
		"once in \xff\xfe":        `is "\xff\xfe"`,
	} {
		events, err := w.Trace(text)
		require.ErrorContains(t, err, want, "%q", text)
		require.Nil(t, events)
		require.NotContains(t, err.Error(), "\n")
	}
	whole := sample(1)[0].Text
	_, err := w.Trace(whole + " .")
	require.ErrorContains(t, err, "expected the end")
	_, err = w.Trace(whole + "\n")
	require.Error(t, err)
	_, err = w.Next([]string{"once", "upon"})
	require.ErrorContains(t, err, `word 2 is "upon", which is impossible there in this world: expected "in"`)
	_, err = w.Next(append(strings.Fields(whole), End, "once"))
	require.Error(t, err)
}

func FuzzTrace(f *testing.F) {
	w := New(DefaultSeed)
	for _, d := range sample(500) {
		f.Add(d.Text)
		f.Add(d.Text[:len(d.Text)/2])
	}
	f.Add("once in  spring")
	f.Fuzz(func(t *testing.T, text string) {
		events, err := w.Trace(text)
		if err != nil {
			return
		}
		bytes := 0
		for _, e := range events {
			bytes += e.Bytes
		}
		require.Equal(t, len(text)+len(End), bytes)
		require.Len(t, events, len(strings.Split(text, " "))+1)
	})
}
