package openai

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/play/playtest"
	"lmzoo/prompt"
	"lmzoo/zoo"
)

// clerk is a model of bytes that answers by rules: it writes the text of a rule after a prompt that
// contains the rule's key, last of all.
type clerk struct {
	layout *prompt.Layout
	tok    corpus.Tokenizer
	rules  [][2]string // the end of the conversation, without special tokens; the text to write
}

func (c clerk) Vocab() int  { return c.tok.Vocab() }
func (c clerk) Window() int { return 400 }

func (c clerk) NextLogProbs(dst []float64, context []lm.Token) []float64 {
	begin := 0 // start of the text that the assistant is writing
	for i, t := range context {
		if t == c.layout.Assistant || t == c.layout.Done {
			begin = i + 1
		}
	}
	read := c.tok.Decode(context[:begin])
	if len(dst) < c.Vocab() {
		dst = make([]float64, c.Vocab())
	}
	for i := range dst {
		dst[i] = math.Inf(-1)
	}
	dst[c.next(read, context[begin:])] = 0
	return dst
}

func (c clerk) next(read string, written []lm.Token) lm.Token {
	for _, rule := range c.rules {
		if !strings.HasSuffix(read, rule[0]) {
			continue
		}
		tokens := c.encode(rule[1])
		if len(written) < len(tokens) {
			return tokens[len(written)]
		}
	}
	return c.layout.End
}

// encode encodes a text in which [CALL] and [RESULT] stand for their tokens.
func (c clerk) encode(text string) (tokens []lm.Token) {
	for text != "" {
		switch {
		case strings.HasPrefix(text, "[CALL]"):
			tokens, text = append(tokens, c.layout.Call), text[len("[CALL]"):]
		case strings.HasPrefix(text, "[RESULT]"):
			tokens, text = append(tokens, c.layout.Result), text[len("[RESULT]"):]
		default:
			tokens, text = c.tok.Encode(tokens, text[:1]), text[1:]
		}
	}
	return tokens
}

// chatServer serves a clerk and an n-gram model.
func chatServer(t *testing.T) string {
	tok, err := corpus.WithSpecials(corpus.Byte{}, prompt.Default.Names()...)
	require.NoError(t, err)
	layout, err := prompt.Default.Layout(tok)
	require.NoError(t, err)
	species, err := zoo.Standard().Find("gpt")
	require.NoError(t, err)
	runs, err := playtest.Zoo()
	require.NoError(t, err)
	return serve(t, runs[1], &zoo.Run{
		Dir: "runs/clerk", Species: species, Tokenizer: tok,
		Config: zoo.Config{Species: "gpt", Chat: &prompt.Default},
		Model: clerk{layout, tok, [][2]string{
			{" hi", " hello 你好"}, {" weather?", " one moment[CALL] weather oslo[RESULT]"},
			{" rain", " take a coat"}, {" sum?", "[CALL] calculator 4+5[RESULT]"},
			{" 9", " it is 9"}, {" forever", strings.Repeat(" ha", 200)},
			{" both?", "[CALL] calculator 4+4[RESULT]"}, {" 8", "[CALL] weather 8[RESULT]"},
		}},
	})
}

const weatherTool = `"tools":[{"type":"function","function":{"name":"weather","description":"d",` +
	`"parameters":{"type":"object","properties":{"input":{"type":"string"}}}}}]`

func user(text string) string { return `{"role":"user","content":"` + text + `"}` }

func TestChat(t *testing.T) {
	url := chatServer(t) + "/v1/chat/completions"
	ask := func(body string) chatCompletion {
		return playtest.OK[chatCompletion](t, "POST", url, `{"model":"clerk",`+body+`}`)
	}
	one := ask(`"messages":[` + user("hi") + `]`)
	require.Equal(t, "chat.completion", one.Object)
	require.Equal(t, "assistant", one.Choices[0].Message.Role)
	require.Equal(t, "hello 你好", *one.Choices[0].Message.Content)
	require.Equal(t, "stop", *one.Choices[0].FinishReason)
	require.Equal(t, &usage{5, 14, 19}, one.Usage)

	// A function ends the answer; the client sends its result.
	called := ask(`"messages":[` + user("weather?") + `],` + weatherTool)
	message := called.Choices[0].Message
	require.Equal(t, "tool_calls", *called.Choices[0].FinishReason)
	require.Equal(t, "one moment", *message.Content)
	require.Equal(t, "weather", message.ToolCalls[0].Function.Name)
	require.JSONEq(t, `{"input":"oslo"}`, message.ToolCalls[0].Function.Arguments)
	history, err := json.Marshal(message)
	require.NoError(t, err)
	after := ask(`"messages":[` + user("weather?") + `,` + string(history) +
		`,{"role":"tool","tool_call_id":"` + message.ToolCalls[0].ID + `","content":"rain"}],` +
		weatherTool)
	require.Equal(t, "take a coat", *after.Choices[0].Message.Content)

	// A function that is not on offer, or tool_choice none, ends in an error that the model reads.
	for _, more := range []string{"", `,"tool_choice":"none",` + weatherTool} {
		none := ask(`"messages":[` + user("weather?") + `]` + more)
		require.Equal(t, "stop", *none.Choices[0].FinishReason, more)
		require.Empty(t, none.Choices[0].Message.ToolCalls, more)
	}
	// The server runs its own tools; content has only the text.
	sum := ask(`"messages":[` + user("sum?") + `],"tools":[{"type":"calculator"}]`)
	require.Equal(t, "it is 9", *sum.Choices[0].Message.Content)
	// Both in one answer.
	both := ask(`"messages":[` + user("both?") + `],"tools":[{"type":"calculator"},` +
		weatherTool[len(`"tools":[`):])
	require.Equal(t, "tool_calls", *both.Choices[0].FinishReason)
	require.Nil(t, both.Choices[0].Message.Content)
	require.JSONEq(t, `{"input":"8"}`, both.Choices[0].Message.ToolCalls[0].Function.Arguments)

	// Stop strings, a maximum length, several choices.
	stopped := ask(`"messages":[` + user("forever") + `],"stop":"ha ha ha","n":2`)
	require.Len(t, stopped.Choices, 2)
	require.Empty(t, *stopped.Choices[1].Message.Content)
	short := ask(`"messages":[` + user("forever") + `],"max_completion_tokens":6`)
	require.Equal(t, "ha ha", *short.Choices[0].Message.Content)
	require.Equal(t, "length", *short.Choices[0].FinishReason)
}

// TestChatStream checks that the pieces of a stream add up to the whole answer, calls included.
func TestChatStream(t *testing.T) {
	url := chatServer(t) + "/v1/chat/completions"
	for _, body := range []string{
		`"messages":[` + user("hi") + `]`, `"messages":[` + user("weather?") + `],` + weatherTool,
		`"messages":[` + user("forever") + `],"n":2,"max_tokens":7,"stop":["zz"]`,
	} {
		whole := playtest.OK[chatCompletion](t, "POST", url, `{"model":"clerk",`+body+`}`)
		_, data := playtest.Events(t, url, `{"model":"clerk",`+body+
			`,"stream":true,"stream_options":{"include_usage":true}}`)
		require.Equal(t, "[DONE]", data[len(data)-1])
		text, reasons := make([]string, 2), make([]string, 2)
		var calls []toolCall
		var used *usage
		for _, d := range data[:len(data)-1] {
			var piece chatCompletion
			require.NoError(t, json.Unmarshal([]byte(d), &piece))
			require.Equal(t, "chat.completion.chunk", piece.Object)
			for _, c := range piece.Choices {
				if c.Delta.Content != nil {
					text[c.Index] += *c.Delta.Content
				}
				calls = append(calls, c.Delta.ToolCalls...)
				if c.FinishReason != nil {
					reasons[c.Index] = *c.FinishReason
				}
			}
			used = piece.Usage
		}
		for i, c := range whole.Choices {
			require.Equal(t, *c.Message.Content, text[i])
			require.Equal(t, *c.FinishReason, reasons[i])
			if len(c.Message.ToolCalls) > 0 {
				require.Equal(t, 0, *calls[0].Index)
				require.Equal(t, c.Message.ToolCalls[0].Function, calls[0].Function)
			}
		}
		require.Equal(t, whole.Usage, used)
	}
}

// TestChatErrors checks errors in OpenAI's form.
func TestChatErrors(t *testing.T) {
	url := chatServer(t) + "/v1/chat/completions"
	hi := `"messages":[` + user("hi") + `]`
	for _, c := range []struct {
		body        string
		param, says string
		code        any
	}{
		{`"model":"none",` + hi, "model", "", "model_not_found"},
		{`"model":"ngram",` + hi, "model", "has not learned to answer; use /v1/completions", nil},
		{`"model":"clerk"`, "messages", "is missing", nil},
		{`"model":"clerk","messages":[]`, "messages", "the list is empty", nil},
		{`"model":"clerk","messages":[{"role":"user"}]`, "messages",
			"messages[0]: content: empty", nil},
		{`"model":"clerk","messages":[` + user("hi") + `,{"role":"assistant","content":"a"}]`,
			"messages", "ends with the role assistant", nil},
		{`"model":"clerk","messages":[` + user(strings.Repeat("a", 500)) + `]`, "messages",
			"the model reads 400", "context_length_exceeded"},
		{`"model":"clerk",` + hi + `,"max_tokens":0`, "max_tokens", "want 1 to", nil},
		{`"model":"clerk",` + hi + `,"temperature":-1`, "temperature", "want 0", nil},
		{`"model":"clerk",` + hi + `,"n":99`, "n", "want 1 to 16", nil},
		{`"model":"clerk",` + hi + `,"logprobs":true`, "logprobs", "not supported", nil},
		{`"model":"clerk",` + hi + `,"response_format":{"type":"json_object"}`, "response_format",
			"not supported", nil},
		{`"model":"clerk",` + hi + `,"tools":[{"type":"web_search"}]`, "tools",
			`unknown tool "web_search"`, nil},
		{`"model":"clerk",` + hi + `,"tools":[{"type":"sh=rm -r"}]`, "tools", "has the name", nil},
		{`"model":"clerk",` + hi + `,"tools":[{"type":"sh=id"}]`, "tools", "has the name", nil},
		{`"model":"clerk",` + hi + `,"tool_choice":"required"`, "tool_choice", "auto or none", nil},
		{`"model":"clerk",` + hi + `,"stop":[""]`, "stop", "0 bytes", nil},
	} {
		status, text := playtest.Call(t, "POST", url, `{`+c.body+`}`)
		require.GreaterOrEqual(t, status, 400, text)
		require.Less(t, status, 500, text)
		var got struct{ Error map[string]any }
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, "invalid_request_error", got.Error["type"], c.body)
		require.Equal(t, c.param, got.Error["param"], text)
		require.Equal(t, c.code, got.Error["code"], text)
		require.Contains(t, got.Error["message"], c.says)
	}
}

// TestChatClient checks that null is accepted for every optional field, and that an answer has the
// fields that OpenAI's clients read.
func TestChatClient(t *testing.T) {
	url := chatServer(t) + "/v1/chat/completions"
	got := playtest.OK[map[string]any](t, "POST", url, `{"model":"clerk","messages":[`+user("hi")+
		`],"max_tokens":null,"max_completion_tokens":null,"temperature":null,"top_p":null,"n":null,
		"stop":null,"seed":null,"tools":null,"tool_choice":null,"logprobs":null,"logit_bias":null,
		"presence_penalty":null,"response_format":null,"stream":null,"stream_options":null,
		"functions":null,"parallel_tool_calls":null,"user":"me"}`)
	choice := got["choices"].([]any)[0].(map[string]any)
	for _, field := range []string{"index", "message", "logprobs", "finish_reason"} {
		require.Contains(t, choice, field)
	}
	message := choice["message"].(map[string]any)
	require.Equal(t, "hello 你好", message["content"])
	require.Contains(t, message, "refusal")
	require.NotContains(t, message, "tool_calls")
}
