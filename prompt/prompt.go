// Package prompt lays out conversations as the tokens of a language model. A Template names the
// special tokens around each turn; it is data, stored with a run. Only this package inserts special
// tokens: the tokenizer never encodes one, so neither a user's message nor the output of a tool can
// forge a role.
package prompt

import (
	"fmt"
	"strings"
)

// Role is the author of a message.
type Role string

// The roles.
const (
	System    Role = "system"
	User      Role = "user"
	Assistant Role = "assistant"
	Tool      Role = "tool" // the result of the call in the preceding message
)

// Message is one turn of a conversation. A message of the assistant may end with a call; a message
// of the role Tool with the result follows, and then the rest of the assistant's answer.
type Message struct {
	Role    Role   `json:"role"`
	Content string `json:"content"`
	Call    *Call  `json:"call,omitempty"`
}

// Call is the use of a tool, written as the name of the tool and its input, such as
// "calculator 4 7 times 3 6".
type Call struct {
	Tool  string `json:"tool"`
	Input string `json:"input"`
}

// text returns the text with which the assistant makes the call.
func (c Call) text() string { return strings.TrimSpace(c.Tool + " " + c.Input) }

// ParseCall parses the text of a call, whose first word is the name of the tool.
func ParseCall(text string) Call {
	tool, input, _ := strings.Cut(strings.TrimSpace(text), " ")
	return Call{Tool: tool, Input: strings.TrimSpace(input)}
}

// Check returns an error unless the messages form a conversation: an optional system message, then
// turns of user and assistant. A call is followed by its result, and a result by the rest of the
// answer. The error names the message, counted from 1.
func Check(messages []Message) error {
	if i, err := check(messages); err != nil {
		return fmt.Errorf("message %d: %w", i+1, err)
	}
	return nil
}

// check does the work of Check and also returns the index of the first invalid message.
func check(messages []Message) (int, error) {
	if len(messages) == 0 {
		return 0, fmt.Errorf("the conversation is empty; want at least one message")
	}
	before := Role("")
	for i, m := range messages {
		var err error
		switch called := i > 0 && messages[i-1].Call != nil; m.Role {
		case System:
			if i > 0 {
				err = fmt.Errorf("a system message must be the first message")
			}
		case User:
			if before == User || before == Tool || called {
				err = fmt.Errorf("a user message follows the role %s; want assistant", before)
			}
		case Assistant:
			if before != User && before != Tool {
				err = fmt.Errorf("an assistant message follows %s; want user or tool",
					named(before))
			}
		case Tool:
			if !called {
				err = fmt.Errorf("a tool message does not follow a call of the assistant")
			}
		default:
			err = fmt.Errorf("unknown role %q; want system, user, assistant or tool", m.Role)
		}
		if err == nil && m.Call != nil && m.Role != Assistant {
			err = fmt.Errorf("a call needs the role assistant")
		}
		if err != nil {
			return i, err
		}
		before = m.Role
	}
	return 0, nil
}

func named(r Role) string {
	if r == "" {
		return "nothing"
	}
	return "the role " + string(r)
}
