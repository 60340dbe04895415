package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ParseMessages decodes a JSON list of messages in the form of OpenAI's chat API or of this
// package. field is the name of the list in errors. An assistant message with several calls becomes
// several messages, each followed by its result. The results may come in any order if they name the
// calls by tool_call_id. Content may be a list of text parts. Unknown fields are ignored.
// Unsupported fields that would change the training are errors.
func ParseMessages(field string, data json.RawMessage) ([]Message, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("%s: %w; want a list of messages", field, unwrapJSON(err))
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: the list is empty; want at least one message", field)
	}
	messages, origin, err := parseList(field, list)
	if err != nil {
		return nil, err
	}
	if i, err := check(messages); err != nil {
		return nil, fmt.Errorf("%s[%d]: %w", field, origin[i], err)
	}
	return messages, nil
}

// parseList decodes the messages of a list. origin[i] is the index in the list that message i comes
// from.
func parseList(
	field string, list []json.RawMessage,
) (messages []Message, origin []int, err error) {
	var all []wireMessage
	for i, raw := range list {
		m, err := parseMessage(raw)
		if err != nil {
			return nil, nil, fmt.Errorf("%s[%d]: %w", field, i, err)
		}
		all = append(all, m)
	}
	if messages, origin, err = spread(all); err != nil {
		return nil, nil, fmt.Errorf("%s%w", field, err)
	}
	return messages, origin, nil
}

// wireMessage is a message with the identifiers of OpenAI's chat API.
type wireMessage struct {
	Message
	calls []wireCall // calls of an assistant message
	id    string     // ID of the call to which a tool message replies
}

type wireCall struct {
	Call
	id string
}

func parseMessage(raw json.RawMessage) (m wireMessage, err error) {
	o, err := parseObject(raw, `{"role": …, "content": …}`)
	if err != nil {
		return m, err
	}
	if o.has("from") && o.has("value") {
		return m, errors.New(`from, value: the form of ShareGPT; want "role" and "content"`)
	}
	if err := o.refuse("function_call", "weight", "audio", "images"); err != nil {
		return m, err
	}
	if !o.has("role") {
		return m, fmt.Errorf("role: missing; the message has %s", o.fields())
	}
	role, err := o.text("role")
	if err != nil {
		return m, err
	}
	if m.Role = Role(role); role == "developer" { // newer models' name for system
		m.Role = System
	}
	if m.calls, err = o.calls(); err != nil {
		return m, err
	}
	if o.has("content") {
		if m.Content, err = content(o["content"]); err != nil {
			return m, err
		}
	}
	if m.Role == Tool {
		if !o.has("content") {
			return m, errors.New("content: missing; want the output of the tool")
		}
		if o.has("tool_call_id") {
			m.id, err = o.text("tool_call_id")
		}
		return m, err
	}
	if strings.TrimSpace(m.Content) == "" && len(m.calls) == 0 {
		return m, errors.New("content: empty; want a text")
	}
	return m, nil
}

// content decodes a text, which is a string or a list of text parts.
func content(raw json.RawMessage) (string, error) {
	var s string
	err := json.Unmarshal(raw, &s)
	if err == nil {
		return s, nil
	}
	var parts []struct {
		Type string  `json:"type"`
		Text *string `json:"text"`
	}
	if json.Unmarshal(raw, &parts) != nil {
		return "", fmt.Errorf("content: %w; want a string or a list of text parts", unwrapJSON(err))
	}
	for i, p := range parts {
		if p.Type != "text" || p.Text == nil {
			return "", fmt.Errorf("content[%d]: a part of type %.40q; want only text", i, p.Type)
		}
		s += *p.Text
	}
	return s, nil
}

// calls returns the calls of a message: tool_calls as in OpenAI's API, or call as in Message.
func (o object) calls() ([]wireCall, error) {
	if o.has("call") {
		var c Call
		if err := json.Unmarshal(o["call"], &c); err != nil || c.Tool == "" {
			return nil, errors.New(`call: not a call; want {"tool": "…", "input": "…"}`)
		}
		return []wireCall{{Call: c}}, checkTool("call.tool", c.Tool)
	}
	if !o.has("tool_calls") {
		return nil, nil
	}
	var list []struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Function struct {
			Name      string          `json:"name"`
			Arguments json.RawMessage `json:"arguments"`
		} `json:"function"`
	}
	if err := json.Unmarshal(o["tool_calls"], &list); err != nil {
		return nil, fmt.Errorf("tool_calls: %w; want a list of calls with id and function",
			unwrapJSON(err))
	}
	var calls []wireCall
	for i, c := range list {
		field := fmt.Sprintf("tool_calls[%d].function.", i)
		if err := checkTool(field+"name", c.Function.Name); err != nil {
			return nil, err
		}
		input, err := inputOf(c.Function.Arguments)
		if err != nil {
			return nil, fmt.Errorf("%sarguments: %w", field, err)
		}
		calls = append(calls, wireCall{Call{c.Function.Name, input}, c.ID})
	}
	return calls, nil
}

// checkTool returns an error unless the name of a tool is one word, because a call is written as
// the name and the input with a space between them.
func checkTool(field, name string) error {
	if len(strings.Fields(name)) != 1 || strings.TrimSpace(name) != name {
		return fmt.Errorf("%s: the tool %.40q; want a name without spaces", field, name)
	}
	return nil
}

// inputOf returns the input of a call from its arguments: the only string of an object such as
// {"input": "4 plus 5"}, the text itself, or any other object as compact JSON.
func inputOf(arguments json.RawMessage) (string, error) {
	text := string(arguments)
	if json.Unmarshal(arguments, &text) != nil {
		text = string(arguments) // Hugging Face data sets have an object instead of a string
	}
	var fields map[string]any
	if json.Unmarshal([]byte(text), &fields) != nil {
		return text, nil
	}
	if len(fields) == 1 {
		for _, v := range fields {
			if s, ok := v.(string); ok {
				return s, nil
			}
		}
	}
	if len(fields) == 0 {
		return "", nil
	}
	data, err := json.Marshal(fields)
	return string(data), err
}

// Arguments returns the input of a call as arguments for OpenAI's API. ParseMessages reads them.
func (c Call) Arguments() string {
	data, _ := json.Marshal(map[string]string{"input": c.Input}) // a map of strings never fails
	return string(data)
}

// spread gives every call a message of its own, with its result after it. origin[i] is the index of
// the wire message that messages[i] comes from. An error begins with that index in brackets.
func spread(all []wireMessage) (messages []Message, origin []int, err error) {
	add := func(m Message, from int) {
		messages, origin = append(messages, m), append(origin, from)
	}
	for i := 0; i < len(all); i++ {
		m := all[i]
		if len(m.calls) == 0 {
			add(m.Message, i)
			continue
		}
		if len(m.calls) == 1 {
			m.Call = &m.calls[0].Call
			add(m.Message, i)
			if i+1 < len(all) && !all[i+1].answers(m.calls[0]) {
				return nil, nil, fmt.Errorf("[%d]: tool_call_id: %.40q is not the preceding call; "+
					"want %.40q", i+1, all[i+1].id, m.calls[0].id)
			}
			continue
		}
		results := all[i+1:]
		results = results[:min(len(results), len(m.calls))]
		for k, c := range m.calls {
			at := slices.IndexFunc(results, func(r wireMessage) bool {
				return r.Role == Tool && c.id != "" && r.id == c.id
			})
			if at < 0 && k < len(results) && results[k].Role == Tool && results[k].id == "" {
				at = k
			}
			if at < 0 {
				return nil, nil, fmt.Errorf("[%d]: tool_calls[%d]: no result; want a message of "+
					"the role tool for each call", i, k)
			}
			call := Message{Role: Assistant, Call: &c.Call}
			if k == 0 {
				call.Content = m.Content
			}
			add(call, i)
			add(results[at].Message, i+1+at)
		}
		i += len(m.calls)
	}
	return messages, origin, nil
}

// answers reports whether m may be the result of call c.
func (m wireMessage) answers(c wireCall) bool {
	return m.Role != Tool || m.id == "" || c.id == "" || m.id == c.id
}
