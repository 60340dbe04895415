package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Conversation is a list of messages read from a file.
type Conversation struct {
	Messages []Message
	Line     int // line number in the file
}

// ReadConversations reads training conversations, one JSON object per line: {"messages": […]} as
// ParseMessages reads them, or {"prompt": …, "completion": …}, each a string or a list of messages.
// Every conversation must have an assistant message. Unknown fields are ignored. Errors name the
// file (as name), the line and the field.
func ReadConversations(r io.Reader, name string) ([]Conversation, error) {
	var all []Conversation
	err := eachLine(r, name, func(o object, n int) error {
		messages, err := o.conversation()
		if err == nil && !slices.ContainsFunc(messages, isAssistant) {
			err = errors.New("no message of the assistant; want at least one to learn from")
		}
		all = append(all, Conversation{messages, n})
		return err
	})
	return all, err
}

// ReadPrompts reads conversations up to their last question, for example the prompts of
// reinforcement learning: {"prompt": …}, or {"messages": […]} without the last answer. Other
// fields, such as "completion", are ignored.
func ReadPrompts(r io.Reader, name string) ([]Conversation, error) {
	var all []Conversation
	err := eachLine(r, name, func(o object, n int) error {
		messages, err := o.question()
		all = append(all, Conversation{messages, n})
		return err
	})
	return all, err
}

func isAssistant(m Message) bool { return m.Role == Assistant }

// conversation returns the messages of a line.
func (o object) conversation() ([]Message, error) {
	switch {
	case o.has("messages"):
		return ParseMessages("messages", o["messages"])
	case o.has("prompt") && o.has("completion"):
		before, err := turns("prompt", o["prompt"], User)
		if err != nil {
			return nil, err
		}
		return follow(before, "completion", o["completion"])
	case o.has("chosen"):
		return nil, errors.New("chosen: this line is a preference; want \"messages\", or " +
			"\"prompt\" and \"completion\"")
	}
	return nil, fmt.Errorf("no \"messages\" and no \"prompt\" with \"completion\"; the line has %s",
		o.fields())
}

// question returns the messages of a line up to the last user message.
func (o object) question() (messages []Message, err error) {
	field := "prompt"
	switch {
	case o.has("prompt"):
		messages, err = turns(field, o[field], User)
	case o.has("messages"):
		field = "messages"
		messages, err = ParseMessages(field, o[field])
	default:
		return nil, fmt.Errorf("no \"prompt\" and no \"messages\"; the line has %s", o.fields())
	}
	if err != nil {
		return nil, err
	}
	for n := len(messages); n > 0; n-- {
		if messages[n-1].Role == User {
			return messages[:n], nil
		}
	}
	return nil, fmt.Errorf("%s: no message of the user; want a question to answer", field)
}

// turns decodes a list of messages, or a string as one message with the given role.
func turns(field string, raw json.RawMessage, role Role) ([]Message, error) {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		if s == "" {
			return nil, fmt.Errorf("%s: empty; want a text", field)
		}
		return []Message{{Role: role, Content: s}}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s: %w; want a string or a list of messages", field,
			unwrapJSON(err))
	}
	if role == Assistant { // an answer alone is not a conversation; follow checks it
		return answerTurns(field, raw)
	}
	return ParseMessages(field, raw)
}

// answerTurns returns the messages of an answer, which may begin with the role assistant.
func answerTurns(field string, raw json.RawMessage) ([]Message, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 {
		return nil, fmt.Errorf("%s: the list is empty; want at least one message", field)
	}
	messages, _, err := parseList(field, list)
	return messages, err
}

// follow appends the messages of an answer to a prompt. The answer may repeat the prompt.
func follow(before []Message, field string, raw json.RawMessage) ([]Message, error) {
	after, err := turns(field, raw, Assistant)
	if err != nil {
		return nil, err
	}
	if len(after) > len(before) && equal(after[:len(before)], before) {
		after = after[len(before):]
	}
	all := slices.Concat(before, after)
	if err := Check(all); err != nil {
		return nil, fmt.Errorf("%s: after the prompt: %w", field, err)
	}
	return all, nil
}

func equal(a, b []Message) bool {
	return slices.EqualFunc(a, b, func(x, y Message) bool {
		if x.Call != nil && y.Call != nil && *x.Call != *y.Call {
			return false
		}
		return x.Role == y.Role && x.Content == y.Content && (x.Call == nil) == (y.Call == nil)
	})
}
