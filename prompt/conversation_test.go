package prompt_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lmzoo/prompt"
)

func user(text string) prompt.Message {
	return prompt.Message{Role: prompt.User, Content: text}
}

func assistant(text string) prompt.Message {
	return prompt.Message{Role: prompt.Assistant, Content: text}
}

func calling(text, tool, input string) prompt.Message {
	return prompt.Message{Role: prompt.Assistant, Content: text,
		Call: &prompt.Call{Tool: tool, Input: input}}
}

func result(text string) prompt.Message {
	return prompt.Message{Role: prompt.Tool, Content: text}
}

// TestReadConversations reads the formats in which data sets store conversations.
func TestReadConversations(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want []prompt.Message
	}{
		"messages": {
			`{"id":7,"messages":[{"role":"system","content":"be brief"},` +
				`{"role":"user","content":"hi","name":"x"},` +
				`{"role":"assistant","content":"hello"}]}`,
			[]prompt.Message{{Role: prompt.System, Content: "be brief"}, user("hi"),
				assistant("hello")},
		},
		"prompt and completion": {
			`{"prompt":"你好","completion":"hello"}`,
			[]prompt.Message{user("你好"), assistant("hello")},
		},
		"prompt and completion as messages": {
			`{"prompt":[{"role":"user","content":"hi"}],` +
				`"completion":[{"role":"assistant","content":"hello"}]}`,
			[]prompt.Message{user("hi"), assistant("hello")},
		},
		"our own calls": {
			`{"messages":[{"role":"user","content":"4 plus 5 ?"},` +
				`{"role":"assistant","content":"",` +
				`"call":{"tool":"calculator","input":"4 plus 5"}},` +
				`{"role":"tool","content":"9"},{"role":"assistant","content":"it is 9"}]}`,
			[]prompt.Message{user("4 plus 5 ?"), calling("", "calculator", "4 plus 5"),
				result("9"), assistant("it is 9")},
		},
		"OpenAI's calls, results in another order": {
			`{"messages":[{"role":"user","content":[{"type":"text","text":"both"}]},` +
				`{"role":"assistant","content":null,"tool_calls":[` +
				`{"id":"a","type":"function",` +
				`"function":{"name":"f","arguments":"{\"q\":\"1\"}"}},` +
				`{"id":"b","type":"function",` +
				`"function":{"name":"g","arguments":{"x":1,"y":2}}}]},` +
				`{"role":"tool","tool_call_id":"b","content":"second"},` +
				`{"role":"tool","tool_call_id":"a","content":"first"},` +
				`{"role":"assistant","content":"done"}]}`,
			[]prompt.Message{user("both"), calling("", "f", "1"), result("first"),
				calling("", "g", `{"x":1,"y":2}`), result("second"), assistant("done")},
		},
	} {
		got, err := prompt.ReadConversations(strings.NewReader("\n"+c.line+"\r\n"), "a.jsonl")
		require.NoError(t, err, name)
		require.Equal(t, []prompt.Conversation{{Messages: c.want, Line: 2}}, got, name)
	}
}

// TestReadConversationsErrors checks that an error names the file, the line and the field.
func TestReadConversationsErrors(t *testing.T) {
	question := `{"role":"user","content":"a"}`
	for line, want := range map[string]string{
		``:        "a.jsonl: no lines",
		`nothing`: "a.jsonl: line 1: not a JSON object",
		`["a"]`: "a.jsonl: line 1: not a JSON object: it is an array; want one such as " +
			`{"prompt": …}`,
		`{"messages":[12]}`: "messages[0]: not a JSON object: it is a number; want one such as " +
			`{"role": …, "content": …}`,
		`null`:             "not a JSON object: it is null",
		"{\"a\":\"\xff\"}": "invalid UTF-8",
		`{"mesages":[]}`: `no "messages" and no "prompt" with "completion"; ` +
			`the line has "mesages"`,
		`{"messages":"a"}`: "messages: it is a string; " +
			"want a list of messages",
		`{"messages":[]}`:                "messages: the list is empty",
		`{"messages":[{"role":"user"}]}`: "messages[0]: content: empty; want a text",
		`{"messages":[{"content":"a"}]}`: `messages[0]: role: missing; ` +
			`the message has "content"`,
		`{"messages":[{"role":"bot","content":"a"}]}`: `messages[0]: unknown role "bot"`,
		`{"messages":[{"role":"user","content":7}]}`:  "messages[0]: content: it is a number",
		`{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}`: "messages[0]: " +
			`content[0]: a part of type "image_url"; want only text`,
		`{"messages":[{"from":"human","value":"a"}]}`: "messages[0]: from, value: the form of " +
			"ShareGPT",
		`{"messages":[` + question + `]}`: "no message of the assistant",
		`{"messages":[{"role":"user","content":"a","weight":0}]}`: "weight: this field is not " +
			"supported",
		`{"messages":[{"role":"assistant","content":"a"}]}`: "messages[0]: an assistant message " +
			"follows nothing",
		`{"messages":[` + question + `,{"role":"assistant","call":{"tool":"a b"}}]}`: "messages" +
			"[1]: call.tool: the tool \"a b\"; want a name without spaces",
		`{"messages":[` + question + `,{"role":"assistant","tool_calls":[` +
			`{"id":"a","function":{"name":"f","arguments":""}},` +
			`{"id":"b","function":{"name":"f","arguments":""}}]},` +
			`{"role":"tool","tool_call_id":"a","content":"1"}]}`: "messages[1]: tool_calls[1]: " +
			"no result",
		`{"prompt":"a","completion":""}`: "completion: empty",
		`{"prompt":"a","completion":[` + question + `]}`: "completion: after the prompt: " +
			"message 2: a user message follows",
		`{"prompt":"a","chosen":"b"}`: "this line is a preference",
	} {
		_, err := prompt.ReadConversations(strings.NewReader(line), "a.jsonl")
		require.ErrorContains(t, err, want, line)
		require.NotContains(t, err.Error(), "\n", line)
	}
	long := `{"prompt":"a","completion":"` + strings.Repeat("b", 1<<20) + `"}`
	_, err := prompt.ReadConversations(strings.NewReader("\n"+long), "a.jsonl")
	require.ErrorContains(t, err, "a.jsonl: line 2: longer than 1048576 bytes")
}

func TestReadPrompts(t *testing.T) {
	got, err := prompt.ReadPrompts(strings.NewReader(`{"prompt":"a","answer":"b"}
{"messages":[{"role":"user","content":"c"},{"role":"assistant","content":"d"}]}`), "a.jsonl")
	require.NoError(t, err)
	require.Equal(t, []prompt.Conversation{{[]prompt.Message{user("a")}, 1},
		{[]prompt.Message{user("c")}, 2}}, got)
	_, err = prompt.ReadPrompts(strings.NewReader(`{"text":"a"}`), "a.jsonl")
	require.ErrorContains(t, err, `a.jsonl: line 1: no "prompt" and no "messages"; the line has `)
}

// TestReadPreferences reads the formats of TRL's data sets.
func TestReadPreferences(t *testing.T) {
	want := prompt.Preference{
		Prompt:   []prompt.Message{user("hi")},
		Chosen:   []prompt.Message{assistant("hello")},
		Rejected: []prompt.Message{assistant("go away")},
		Line:     1,
	}
	turns := func(text string) string {
		return `[{"role":"user","content":"hi"},{"role":"assistant","content":"` + text + `"}]`
	}
	for name, line := range map[string]string{
		"strings": `{"prompt":"hi","chosen":"hello","rejected":"go away"}`,
		"answers as messages": `{"prompt":[{"role":"user","content":"hi"}],` +
			`"chosen":[{"role":"assistant","content":"hello"}],` +
			`"rejected":[{"role":"assistant","content":"go away"}]}`,
		"answers with the prompt": `{"prompt":"hi","chosen":` + turns("hello") + `,"rejected":` +
			turns("go away") + `,"score_chosen":9}`,
		"no prompt": `{"chosen":` + turns("hello") + `,"rejected":` + turns("go away") + `}`,
	} {
		got, err := prompt.ReadPreferences(strings.NewReader(line), "a.jsonl")
		require.NoError(t, err, name)
		require.Equal(t, []prompt.Preference{want}, got, name)
	}
	for line, want := range map[string]string{
		`{"prompt":"a","chosen":"b"}`:                "a.jsonl: line 1: rejected: missing",
		`{"prompt":"a","chosen":"b","rejected":"b"}`: "the same answer twice",
		`{"chosen":"b","rejected":"c"}`:              "prompt: missing",
		`{"prompt":"a","chosen":"b","rejected":3}`:   "rejected: it is a number",
		`{"prompt":"a","chosen":"b","rejected":[{"role":"user","content":"b"}]}`: "rejected: " +
			"after the prompt: message 2",
	} {
		_, err := prompt.ReadPreferences(strings.NewReader(line), "a.jsonl")
		require.ErrorContains(t, err, want, line)
	}
}

// FuzzReaders checks that every text that a reader accepts is a conversation.
func FuzzReaders(f *testing.F) {
	for _, line := range []string{
		`{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}`,
		`{"prompt":"a","completion":[{"role":"assistant","tool_calls":[{"id":"1","function":` +
			`{"name":"f","arguments":"{}"}}]},{"role":"tool","content":"x"}]}`,
		`{"prompt":"a","chosen":"b","rejected":[{"role":"assistant","content":"c"}]}`,
		`{"chosen":[{"role":"user","content":"a"}],"rejected":[]}`, `{"messages":[null]}`,
		`{"messages":[{"role":"assistant","tool_calls":[{},{}]}]}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		conversations, err := prompt.ReadConversations(bytes.NewReader(data), "f")
		if err == nil {
			for _, c := range conversations {
				require.NoError(t, prompt.Check(c.Messages))
			}
		}
		preferences, err := prompt.ReadPreferences(bytes.NewReader(data), "f")
		if err == nil {
			for _, p := range preferences {
				require.NoError(t, prompt.Check(append(p.Prompt[:len(p.Prompt):len(p.Prompt)],
					p.Chosen...)))
			}
		}
		if _, err := prompt.ReadPrompts(bytes.NewReader(data), "f"); err != nil {
			require.NotEmpty(t, err.Error())
		}
	})
}
