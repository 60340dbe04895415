package play

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/transformer"
	"lmzoo/zoo"
)

// bytesServer is a playground of one model of bytes, called letters, that knows these texts.
func bytesServer(t *testing.T, texts ...string) string {
	t.Helper()
	runs, err := zooOnce()
	require.NoError(t, err)
	split := corpus.Split{}
	for range 40 {
		for _, text := range texts {
			split.Train = append(split.Train, corpus.Document{Text: text})
		}
	}
	split.Valid = split.Train[:2]
	tok, err := corpus.Train("byte", split.Train, 0)
	require.NoError(t, err)
	r, err := small("ngram", "runs/letters", runs[0].Config.Data, split, tok)
	require.NoError(t, err)
	_, ts := serveRuns(t, []*zoo.Run{r}, Options{})
	return ts.URL
}

// TestTextOffsets wants the offset of every token to be the number of characters that end before
// it, whether the token holds a word, a byte of a character, or comes after the prompt.
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
		body := fmt.Sprintf(`{"model":"letters","prompt":%q,"max_tokens":%d,"temperature":0,"echo":true,"logprobs":1}`, c.prompt, c.length)
		got := ok[completion](t, "POST", url+"/v1/completions", body).Choices[0]
		require.Equal(t, c.offsets, got.Logprobs.TextOffset, "%q %q", got.Text, got.Logprobs.Tokens)
	}
	// A stop string cuts the text; the offsets stay within it.
	got := ok[completion](t, "POST", url+"/v1/completions",
		`{"model":"letters","prompt":"hi ","max_tokens":9,"temperature":0,"logprobs":1,"stop":["5"]}`).Choices[0]
	require.Equal(t, "€", got.Text)
	require.True(t, slices.IsSorted(got.Logprobs.TextOffset))
	require.LessOrEqual(t, slices.Max(got.Logprobs.TextOffset), utf8.RuneCountInString("hi €"))
}

// TestCursor counts characters before tokens that are missing from the text, too.
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

// TestTopPZero wants a nucleus of no mass to hold the likeliest token alone, in both interfaces.
func TestTopPZero(t *testing.T) {
	_, ts := testServer(t, Options{})
	complete := func(fields string) string {
		return ok[completion](t, "POST", ts.URL+"/v1/completions", `{"model":"letters","prompt":"once","max_tokens":60,`+fields+`}`).Choices[0].Text
	}
	greedy := complete(`"temperature":0`)
	require.Equal(t, greedy, complete(`"temperature":1.5,"top_p":0,"seed":3`))
	require.NotEqual(t, greedy, complete(`"temperature":1.5,"seed":3`))
	generate := func(fields string) string {
		names, data := events(t, ts.URL+"/api/generate", `{"models":["letters"],"prompt":"once","max_tokens":60,`+fields+`}`)
		text, _ := said(t, names, data)
		return text["letters"]
	}
	require.Equal(t, greedy, generate(`"temperature":1.5,"top_p":0,"seed":3`))
	require.NotEqual(t, greedy, generate(`"temperature":1.5,"seed":3`))
}

// TestNoProbability wants an error of every kind of question to a model whose weights are NaN, and
// an answer of the models beside it.
func TestNoProbability(t *testing.T) {
	runs, err := zooOnce()
	require.NoError(t, err)
	data := zoo.Data{Corpus: zoo.WorldName, Tokens: 30_000}
	split, err := data.Load(t.Context(), nil, false)
	require.NoError(t, err)
	split.Valid = split.Valid[:2]
	broken, err := small("gpt", filepath.FromSlash("runs/broken"), data, split, runs[0].Tokenizer)
	require.NoError(t, err)
	weights := broken.Model.(*transformer.Model).WTE.Weight.Data
	for i := range weights {
		weights[i] = float32(math.NaN())
	}
	s, ts := serveRuns(t, []*zoo.Run{runs[1], broken}, Options{})

	for path, body := range map[string]string{
		"/api/next":       `{"models":["broken"],"prompt":"once"}`,
		"/api/inside":     `{"model":"broken","prompt":"once"}`,
		"/api/compress":   `{"models":["ngram","broken"],"text":"once"}`,
		"/v1/completions": `{"model":"broken","prompt":"once"}`,
	} {
		status, text := call(t, "POST", ts.URL+path, body)
		require.Equal(t, 500, status, "%s: %s", path, text)
		require.Contains(t, text, "NaN", path)
	}
	status, text := call(t, "POST", ts.URL+"/v1/completions", `{"model":"broken","prompt":"once","max_tokens":0,"echo":true,"logprobs":1}`)
	require.Equal(t, 500, status, text)
	for _, path := range []string{"/api/embeddings/broken", "/api/embeddings/broken/3"} {
		status, text = call(t, "GET", ts.URL+path, "")
		require.Equal(t, 500, status, text)
		require.Contains(t, text, "NaN", path)
	}
	names, streamed := events(t, ts.URL+"/api/generate", `{"prompt":"once","max_tokens":3}`)
	spoken, ends := said(t, names, streamed)
	require.NotEmpty(t, spoken["ngram"])
	require.Contains(t, ends["broken"].Error, "NaN")
	_, streamed = events(t, ts.URL+"/v1/completions", `{"model":"broken","prompt":"once","stream":true}`)
	require.Contains(t, strings.Join(streamed, ""), "NaN")

	both := ok[nextReply](t, "POST", ts.URL+"/api/next", `{"prompt":"once"}`).Models
	require.Empty(t, both[0].Error)
	require.NotEmpty(t, both[0].Next)
	require.Contains(t, both[1].Error, "NaN")
	require.Empty(t, both[1].Next)
	require.True(t, s.empty())
}
