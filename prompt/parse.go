package prompt

import (
	"context"
	"strings"

	"lmzoo/lm"
)

// Parse decodes the tokens that a model and its tools wrote after a prompt that ends with
// [ASSISTANT]: the answer with its calls and their results. It returns false unless the tokens are
// one complete turn that ends with [END].
func (l *Layout) Parse(tokens []lm.Token) (messages []Message, ok bool) {
	messages, _, ok = l.parse(tokens)
	return messages, ok
}

// Transcript is like Parse, but if the turn is not complete, a last message holds the text after
// the complete messages, without special tokens.
func (l *Layout) Transcript(tokens []lm.Token) (messages []Message, ok bool) {
	messages, read, ok := l.parse(tokens)
	if ok {
		return messages, true
	}
	rest := Message{Role: Assistant, Content: strings.TrimSpace(l.decode(tokens[read:]))}
	if n := len(messages); n > 0 && messages[n-1].Call != nil {
		rest.Role = Tool
	}
	return append(messages, rest), false
}

// parse does the work of Parse and also returns the number of tokens of the complete messages.
func (l *Layout) parse(tokens []lm.Token) (messages []Message, read int, ok bool) {
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
			state, read = result, begin
		case t == l.Done && state == result:
			messages = append(messages, Message{Role: Tool, Content: part})
			state, read = text, begin
		case t == l.End && state == text:
			messages = append(messages, Message{Role: Assistant, Content: part})
			return messages, begin, begin == len(tokens)
		default:
			return messages, read, false
		}
	}
	return messages, read, false
}

// RunCall runs the call at the end of tokens, which end with [RESULT], and returns the tokens that
// follow: the first size tokens of the tool's output, and [DONE].
func (l *Layout) RunCall(ctx context.Context, tools *Registry, tokens []lm.Token, size int) (
	[]lm.Token, error) {
	output, err := tools.Run(ctx, l.lastCall(tokens))
	if err != nil {
		return nil, err
	}
	inserted, _ := l.cut(output, size)
	return append(inserted, l.Done), nil
}

// RunCallLikeAnswer is like RunCall, but applies the default limits of Answer. It returns no tokens
// if [RESULT] does not end a call.
func (l *Layout) RunCallLikeAnswer(ctx context.Context, tools *Registry, tokens []lm.Token) (
	[]lm.Token, error) {
	calls, open := 0, false
	for _, t := range tokens {
		switch t {
		case l.Result:
			calls++
		case l.Call, l.Done:
			open = t == l.Call
		}
	}
	switch {
	case !open:
		return nil, nil
	case calls > defaultCalls:
		inserted, _ := l.cut(tooManyCalls(defaultCalls), defaultResultSize)
		return append(inserted, l.Done), nil
	}
	return l.RunCall(ctx, tools, tokens, defaultResultSize)
}

// lastCall returns the call at the end of tokens, which end with [RESULT].
func (l *Layout) lastCall(tokens []lm.Token) Call {
	end := len(tokens) - 1
	begin := end
	for begin > 0 && tokens[begin-1] != l.Call {
		begin--
	}
	return ParseCall(l.decode(tokens[begin:end]))
}
