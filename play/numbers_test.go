package play

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/play/playtest"
	"lmzoo/transformer"
	"lmzoo/zoo"
)

type completionReply struct{ Choices []struct{ Text string } }

// TestTopPZero checks that a nucleus with no mass contains only the likeliest token, in both
// interfaces.
func TestTopPZero(t *testing.T) {
	_, ts := testServer(t, Options{})
	complete := func(fields string) string {
		return playtest.OK[completionReply](t, "POST", ts.URL+"/v1/completions",
			`{"model":"letters","prompt":"once","max_tokens":60,`+fields+`}`).Choices[0].Text
	}
	greedy := complete(`"temperature":0`)
	require.Equal(t, greedy, complete(`"temperature":1.5,"top_p":0,"seed":3`))
	require.NotEqual(t, greedy, complete(`"temperature":1.5,"seed":3`))
	generate := func(fields string) string {
		names, data := playtest.Events(t, ts.URL+"/api/generate",
			`{"models":["letters"],"prompt":"once","max_tokens":60,`+fields+`}`)
		text, _ := said(t, names, data)
		return text["letters"]
	}
	require.Equal(t, greedy, generate(`"temperature":1.5,"top_p":0,"seed":3`))
	require.NotEqual(t, greedy, generate(`"temperature":1.5,"seed":3`))
}

// TestNoProbability checks that a model whose weights are NaN gives an error for every kind of
// request, while the other models answer.
func TestNoProbability(t *testing.T) {
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	split, err := playtest.Split()
	require.NoError(t, err)
	broken, err := playtest.Train("gpt", "runs/broken", split, runs[0].Tokenizer)
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
		status, text := playtest.Call(t, "POST", ts.URL+path, body)
		require.Equal(t, 500, status, "%s: %s", path, text)
		require.Contains(t, text, "NaN", path)
	}
	status, text := playtest.Call(t, "POST", ts.URL+"/v1/completions",
		`{"model":"broken","prompt":"once","max_tokens":0,"echo":true,"logprobs":1}`)
	require.Equal(t, 500, status, text)
	for _, path := range []string{"/api/embeddings/broken", "/api/embeddings/broken/3"} {
		status, text = playtest.Call(t, "GET", ts.URL+path, "")
		require.Equal(t, 500, status, text)
		require.Contains(t, text, "NaN", path)
	}
	names, streamed := playtest.Events(t, ts.URL+"/api/generate",
		`{"prompt":"once","max_tokens":3}`)
	spoken, ends := said(t, names, streamed)
	require.NotEmpty(t, spoken["ngram"])
	require.Contains(t, ends["broken"].Error, "NaN")
	_, streamed = playtest.Events(t, ts.URL+"/v1/completions",
		`{"model":"broken","prompt":"once","stream":true}`)
	require.Contains(t, strings.Join(streamed, ""), "NaN")

	both := playtest.OK[nextReply](t, "POST", ts.URL+"/api/next", `{"prompt":"once"}`).Models
	require.Empty(t, both[0].Error)
	require.NotEmpty(t, both[0].Next)
	require.Contains(t, both[1].Error, "NaN")
	require.Empty(t, both[1].Next)
	require.True(t, s.idle())
}
