package openai

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/lm"
	"lmzoo/play/playtest"
)

func TestCompletions(t *testing.T) {
	url := testServer(t)
	completions := url + "/v1/completions"
	one := playtest.OK[completion](t, "POST", completions,
		`{"model":"ngram","prompt":"once in spring","max_tokens":3,"logprobs":2,"temperature":0,`+
			`"user":"me"}`)
	require.Equal(t, "text_completion", one.Object)
	require.EqualValues(t, 1000, one.Created)
	c := one.Choices[0]
	require.Equal(t, " , on a", c.Text)
	require.Equal(t, "length", *c.FinishReason)
	require.Equal(t, []string{" ,", " on", " a"}, c.Logprobs.Tokens)
	require.Equal(t, []int{14, 16, 19}, c.Logprobs.TextOffset)
	for i, tok := range c.Logprobs.Tokens {
		require.InDelta(t, c.Logprobs.TopLogprobs[i][tok], c.Logprobs.TokenLogprobs[i], 1e-9)
		require.Len(t, c.Logprobs.TopLogprobs[i], 2)
	}
	require.Equal(t, &usage{3, 3, 6}, one.Usage)

	// A stop string ends the text and is not part of it, even across tokens.
	stopped := playtest.OK[completion](t, "POST", completions,
		`{"model":"ngram","prompt":"once in spring","max_tokens":50,"temperature":0,`+
			`"stop":["n a"]}`)
	require.Equal(t, " , o", stopped.Choices[0].Text)
	require.Equal(t, "stop", *stopped.Choices[0].FinishReason)
	free := playtest.OK[completion](t, "POST", completions,
		`{"model":"ngram","prompt":"once in spring","max_tokens":3,"temperature":0,`+
			`"stop":"nowhere"}`)
	require.Equal(t, " , on a", free.Choices[0].Text,
		"what might have become a stop string is said in the end")

	// Several prompts and choices, as texts and as tokens.
	many := playtest.OK[completion](t, "POST", completions,
		`{"model":"letters","prompt":["once","today"],"n":2,"max_tokens":40,"seed":5}`)
	require.Len(t, many.Choices, 4)
	require.Equal(t, 3, many.Choices[3].Index)
	require.NotEqual(t, many.Choices[0].Text, many.Choices[1].Text,
		"each choice has a seed of its own")
	require.Equal(t, 9, many.Usage.PromptTokens)

	// An echoed prompt has the log-probabilities of lm.Score.
	echo := playtest.OK[completion](t, "POST", completions,
		`{"model":"lstm","prompt":"once in spring","max_tokens":0,"echo":true,"logprobs":1}`)
	require.Equal(t, "once in spring", echo.Choices[0].Text)
	require.Len(t, echo.Choices[0].Logprobs.TokenLogprobs, 3)
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	require.InDeltaSlice(t,
		lm.Score(runs[4].Model.(lm.Model),
			runs[4].Tokenizer.Encode(nil,
				"once in spring")), echo.Choices[0].Logprobs.TokenLogprobs, 1e-4)

	models := playtest.OK[struct{ Data []model }](t, "GET", url+"/v1/models", "")
	require.Len(t, models.Data, 8)
	require.Equal(t, "gpt", playtest.OK[model](t, "GET", url+"/v1/models/gpt", "").ID)
}

// TestCompletionsStream checks that the pieces of a stream add up to the whole answer.
func TestCompletionsStream(t *testing.T) {
	url := testServer(t)
	body := `{"model":"letters","prompt":"once in","max_tokens":40,"seed":9,"logprobs":1,` +
		`"stop":["qqq"]%s}`
	whole := playtest.OK[completion](t, "POST", url+"/v1/completions", fmt.Sprintf(body, ""))
	_, data := playtest.Events(t, url+"/v1/completions",
		fmt.Sprintf(body, `,"stream":true,"stream_options":{"include_usage":true}`))
	require.Equal(t, "[DONE]", data[len(data)-1])
	text, reason := "", ""
	logs := newLogprobs()
	var used *usage
	for _, d := range data[:len(data)-1] {
		var piece completion
		require.NoError(t, json.Unmarshal([]byte(d), &piece))
		for _, c := range piece.Choices {
			text += c.Text
			if c.Logprobs != nil {
				logs.add(c.Logprobs)
			}
			if c.FinishReason != nil {
				reason = *c.FinishReason
			}
		}
		if piece.Usage != nil {
			used = piece.Usage
		}
	}
	require.Equal(t, whole.Choices[0].Text, text)
	require.Equal(t, *whole.Choices[0].FinishReason, reason)
	require.Equal(t, whole.Choices[0].Logprobs, logs)
	require.Equal(t, whole.Usage, used)
}

// TestOpenAIClient checks what OpenAI's JavaScript client (openai 6) relies on: the shapes of its
// types, the fields that it reads, and that null is accepted for every optional field.
func TestOpenAIClient(t *testing.T) {
	url := testServer(t)
	fields := func(v any) (names []string) {
		for name := range v.(map[string]any) {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	list := playtest.OK[map[string]any](t, "GET", url+"/v1/models", "")
	require.Equal(t, "list", list["object"])
	require.Equal(t, []string{"created", "id", "object", "owned_by"},
		fields(list["data"].([]any)[0]))

	completions := url + "/v1/completions"
	nulls := `"max_tokens":null,"temperature":null,"top_p":null,"n":null,"stop":null,
		"logprobs":null,"seed":null,"suffix":null,"logit_bias":null,"presence_penalty":null,
		"frequency_penalty":null,"best_of":null,"echo":null,"stream":null,"stream_options":null`
	open := playtest.OK[map[string]any](t, "POST", completions,
		`{"model":"ngram","prompt":null,`+nulls+`}`)
	require.Equal(t, []string{"choices", "created", "id", "model", "object", "usage"}, fields(open))
	require.Equal(t, []string{"finish_reason", "index", "logprobs", "text"},
		fields(open["choices"].([]any)[0]))
	require.Equal(t, []string{"completion_tokens", "prompt_tokens", "total_tokens"},
		fields(open["usage"]))
	require.Nil(t, open["choices"].([]any)[0].(map[string]any)["logprobs"])
	same := playtest.OK[map[string]any](t, "POST", completions, `{"model":"ngram"}`)
	delete(open, "id")
	delete(same, "id")
	require.Equal(t, same, open, "null is as good as nothing")

	_, data := playtest.Events(t, completions,
		`{"model":"ngram","stream":true,"stream_options":{"include_usage":true},"max_tokens":2,`+
			`"n":2,"logprobs":0,"temperature":0}`)
	require.Equal(t, "[DONE]", data[len(data)-1])
	for i, d := range data[:len(data)-1] {
		var chunk map[string]any
		require.NoError(t, json.Unmarshal([]byte(d), &chunk))
		require.Equal(t, "text_completion", chunk["object"])
		choices, isList := chunk["choices"].([]any)
		require.True(t, isList, "the client reads choices[0] of every chunk")
		require.Equal(t, i == len(data)-2, len(choices) == 0,
			"the last chunk has no choice, but the usage")
	}

	for _, c := range []struct {
		method, path, body string
		status             int
		param, code, says  any
	}{
		{"POST", "/v1/completions", `{"model":"gpt-3.5-turbo-instruct","prompt":"a"}`, 404, "model",
			"model_not_found", "no model"},
		{"POST", "/v1/completions", `{"model":"davinci","stream":true}`, 404, "model",
			"model_not_found", "no model"},
		{"GET", "/v1/models/davinci", "", 404, "model", "model_not_found", "GET /v1/models"},
		{"POST", "/v1/completions", `{"prompt":"a"}`, 400, "model", nil, "is missing"},
		{"POST", "/v1/completions", `{"model":"ngram","temperature":"warm"}`, 400, "temperature",
			nil, "want a number"},
		{"POST", "/v1/completions", `{"model":"ngram","logprobs":true}`, 400, "logprobs", nil,
			"want an integer"},
		{"POST", "/v1/completions", `{"model":"ngram","stream":1}`, 400, "stream", nil,
			"want true or false"},
		{"POST", "/v1/completions", `{"model":"ngram","presence_penalty":1}`, 400,
			"presence_penalty", nil, "not supported"},
		{"POST", "/v1/chat/completions", `{"model":"ngram","messages":[]}`, 400, "model",
			nil, "use /v1/completions"},
		{"POST", "/v1/embeddings", `{"model":"ngram","input":"a"}`, 404, nil, nil, "docs/api.md"},
	} {
		status, text := playtest.Call(t, c.method, url+c.path, c.body)
		require.Equal(t, c.status, status, text)
		var got struct{ Error map[string]any }
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, []string{"code", "message", "param", "type"}, fields(got.Error))
		require.Equal(t, c.param, got.Error["param"], text)
		require.Equal(t, c.code, got.Error["code"], text)
		require.Equal(t, "invalid_request_error", got.Error["type"])
		require.Contains(t, got.Error["message"], c.says)
	}
}
