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
		"": `byte 0 of the text: word 1 is "", which is impossible there ` +
			`in this world; want "once"`,
		"hello": `byte 0 of the text: word 1 is "hello"`,
		"once": `byte 4 of the text: word 2 is the end, which is impossible ` +
			`there in this world; want "in"`,
		"once in may":             `byte 8 of the text: word 3 is "may"`,
		"once  in":                `byte 5 of the text: word 2 is ""`,
		" once in":                `byte 0 of the text: word 1 is ""`,
		"let us count .\n":        `byte 13 of the text: word 4 is ".\n"`,
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
	require.ErrorContains(t, err, "want the end")
	_, err = w.Trace(whole + "\n")
	require.Error(t, err)
	_, err = w.Next([]string{"once", "upon"})
	require.ErrorContains(t, err, `word 2 is "upon", which is impossible there in this world; `+
		`want "in"`)
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
