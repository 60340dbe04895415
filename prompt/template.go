package prompt

import (
	"fmt"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// Template names the special tokens of a conversation:
//
//	[SYSTEM] … [USER] … [ASSISTANT] … [END]
//	[USER] … [ASSISTANT] [CALL] tool input [RESULT] output [DONE] … [END]
//
// The assistant writes everything after [ASSISTANT] except the output of a tool and [DONE], which
// the program inserts after the assistant has written [RESULT].
type Template struct {
	System    string `json:"system"`
	User      string `json:"user"`
	Assistant string `json:"assistant"`
	End       string `json:"end"` // ends the assistant's turn
	Call      string `json:"call"`
	Result    string `json:"result"` // ends a call and asks for its result
	Done      string `json:"done"`   // ends the result
}

// Default is the template of new runs.
var Default = Template{
	System: "[SYSTEM]", User: "[USER]", Assistant: "[ASSISTANT]", End: "[END]",
	Call: "[CALL]", Result: "[RESULT]", Done: "[DONE]",
}

// Names returns the special tokens of the template.
func (t Template) Names() []string {
	return []string{t.System, t.User, t.Assistant, t.End, t.Call, t.Result, t.Done}
}

// Layout is a Template with the IDs of its special tokens in a tokenizer.
type Layout struct {
	tok corpus.Tokenizer

	System, User, Assistant, End, Call, Result, Done lm.Token
}

// Layout looks up the special tokens of the template in a tokenizer, which must have all of them.
func (t Template) Layout(tok corpus.Tokenizer) (*Layout, error) {
	l := &Layout{tok: tok}
	marks := []*lm.Token{&l.System, &l.User, &l.Assistant, &l.End, &l.Call, &l.Result, &l.Done}
	for i, name := range t.Names() {
		id, ok := corpus.Special(tok, name)
		if !ok {
			return nil, fmt.Errorf("the tokenizer has no special token %s; want a run made by "+
				"lmzoo sft", name)
		}
		*marks[i] = id
	}
	return l, nil
}

// Encoded is a conversation as tokens. Loss reports for each token whether it is a target. The
// targets are the tokens that the assistant writes, including its last [END].
type Encoded struct {
	Tokens []lm.Token // the tokens after BOS
	Loss   []bool
}

// Encode returns the tokens of a conversation.
func (l *Layout) Encode(messages []Message) Encoded {
	var e Encoded
	for i, m := range messages {
		switch m.Role {
		case System:
			e.add(false, l.System)
			e.text(false, l.tok, m.Content)
		case User:
			e.add(false, l.User)
			e.text(false, l.tok, m.Content)
		case Tool:
			e.text(false, l.tok, m.Content)
			e.add(false, l.Done)
		case Assistant:
			if i == 0 || messages[i-1].Role != Tool {
				e.add(false, l.Assistant)
			}
			e.text(true, l.tok, m.Content)
			if m.Call == nil {
				e.add(true, l.End)
				continue
			}
			e.add(true, l.Call)
			e.text(true, l.tok, m.Call.text())
			e.add(true, l.Result)
		}
	}
	return e
}

// Prompt returns the tokens of a conversation in which the assistant speaks next.
func (l *Layout) Prompt(messages []Message) []lm.Token {
	tokens := l.Encode(messages).Tokens
	if n := len(messages); n > 0 && messages[n-1].Role == Tool {
		return tokens
	}
	return append(tokens, l.Assistant)
}

func (e *Encoded) add(loss bool, tokens ...lm.Token) {
	for _, t := range tokens {
		e.Tokens, e.Loss = append(e.Tokens, t), append(e.Loss, loss)
	}
}

// text appends a text. Every text begins with a space, like a word inside a sentence, so that a
// word has the same token everywhere.
func (e *Encoded) text(loss bool, tok corpus.Tokenizer, text string) {
	if text != "" {
		e.add(loss, tok.Encode(nil, " "+text)...)
	}
}
