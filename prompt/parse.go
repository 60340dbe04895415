package prompt

import (
	"context"
	"strings"

	"lmzoo/lm"
)

// Parse reads the tokens after a prompt that ends with [ASSISTANT], as a model and the tools wrote
// them: the answer with its calls and their results. It returns false unless the tokens are one
// complete turn that ends with [END].
func (l *Layout) Parse(tokens []lm.Token) (messages []Message, ok bool) {
	const text, call, result = 0, 1, 2
	begin, state := 0, text
	var content string
	for i, t := range tokens {
		if !l.isMark(t) && t != lm.BOS {
			continue
		}
		part := strings.TrimSpace(l.decode(tokens[begin:i]))
		begin = i + 1
		switch {
		case t == l.Call && state == text:
			content, state = part, call
		case t == l.Result && state == call:
			c := ParseCall(part)
			messages = append(messages, Message{Role: Assistant, Content: content, Call: &c})
			state = result
		case t == l.Done && state == result:
			messages = append(messages, Message{Role: Tool, Content: part})
			state = text
		case t == l.End && state == text:
			messages = append(messages, Message{Role: Assistant, Content: part})
			return messages, i == len(tokens)-1
		default:
			return messages, false
		}
	}
	return messages, false
}

// RunCall runs the call at the end of tokens, which end with [RESULT], and returns the tokens that
// follow: the first size tokens of the tool's output, and [DONE].
func (l *Layout) RunCall(ctx context.Context, tools *Registry, tokens []lm.Token, size int) (
	[]lm.Token, error) {
	end := len(tokens) - 1
	begin := end
	for begin > 0 && tokens[begin-1] != l.Call {
		begin--
	}
	output, err := tools.Run(ctx, ParseCall(l.decode(tokens[begin:end])))
	if err != nil {
		return nil, err
	}
	inserted, _ := l.cut(output, size)
	return append(inserted, l.Done), nil
}
