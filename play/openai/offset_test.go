package openai

import (
	"fmt"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/play/playtest"
)

// bytesServer serves a model of bytes, called letters, that knows these texts.
func bytesServer(t *testing.T, texts ...string) string {
	t.Helper()
	split := corpus.Split{}
	for range 40 {
		for _, text := range texts {
			split.Train = append(split.Train, corpus.Document{Text: text})
		}
	}
	split.Valid = split.Train[:2]
	tok, err := corpus.Train("byte", split.Train, 0)
	require.NoError(t, err)
	r, err := playtest.Train("ngram", "runs/letters", split, tok)
	require.NoError(t, err)
	return serve(t, r)
}

// TestTextOffsets checks that the offset of every token is the number of characters that end before
// it, whether the token contains a word or a byte of a character, in the prompt and after it.
func TestTextOffsets(t *testing.T) {
	url := bytesServer(t, "hi €5 ok\n", "naïve café 😀 yes\n")
	for _, c := range []struct {
		prompt  string
		length  int
		offsets []int
	}{
		{"hi €5", 3, []int{0, 1, 2, 3, 3, 3, 4, 5, 6, 7}},
		{"café 😀", 4, []int{0, 1, 2, 3, 3, 4, 5, 5, 5, 5, 6, 7, 8, 9}},
		{"hi ", 4, []int{0, 1, 2, 3, 3, 3, 4}},
	} {
		body := fmt.Sprintf(
			`{"model":"letters","prompt":%q,"max_tokens":%d,"temperature":0,"echo":true,`+
				`"logprobs":1}`, c.prompt, c.length)
		got := playtest.OK[completion](t, "POST", url+"/v1/completions", body).Choices[0]
		require.Equal(t, c.offsets, got.Logprobs.TextOffset, "%q %q", got.Text, got.Logprobs.Tokens)
	}
	// A stop string cuts the text; the offsets remain within it.
	got := playtest.OK[completion](t, "POST", url+"/v1/completions",
		`{"model":"letters","prompt":"hi ","max_tokens":9,"temperature":0,"logprobs":1,`+
			`"stop":["5"]}`).Choices[0]
	require.Equal(t, "€", got.Text)
	require.True(t, slices.IsSorted(got.Logprobs.TextOffset))
	require.LessOrEqual(t, slices.Max(got.Logprobs.TextOffset), utf8.RuneCountInString("hi €"))
}

// TestCursor checks that characters are also counted before tokens that are missing from the text.
func TestCursor(t *testing.T) {
	for _, c := range []struct {
		text   string
		tokens []string
		want   []int
	}{
		{"a b", []string{"a", "b"}, []int{0, 2}},
		{"a xyz b", []string{"a", "<unk>", "b"}, []int{0, 1, 6}},
		{"é", []string{"\xc3", "\xa9", ""}, []int{0, 0, 1}},
		{"\xff\xc3", []string{"\xff", "\xc3"}, []int{0, 1}},
		{"", []string{"a", ""}, []int{0, 0}},
	} {
		at, got := cursor{text: c.text}, []int{}
		for _, token := range c.tokens {
			got = append(got, at.next(token))
		}
		require.Equal(t, c.want, got, "%q %q", c.text, c.tokens)
	}
}
