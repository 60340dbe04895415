package prompt

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// flush yields the pending tokens as text if they form whole characters, or in any case if all is
// true.
func (t *turn) flush(all bool) bool {
	if len(t.pending) == 0 {
		return true
	}
	text := t.layout.decode(tokensOf(t.pending))
	if r, size := utf8.DecodeLastRuneInString(text); !all && len(t.pending) < utf8.UTFMax*2 &&
		(text == "" || r == utf8.RuneError && size == 1) {
		return true // more bytes of the character may follow
	}
	first := !t.begun
	t.begun = true
	if first {
		text = strings.TrimPrefix(text, " ") // Layout.Encode puts a space before every text
	} else {
		text = corpus.TraitsOf(t.layout.tok).Separator + text
	}
	t.content.WriteString(text)
	piece := Piece{Kind: PieceText, Text: text, Tokens: t.pending, First: first}
	t.pending = nil
	return t.yield(piece)
}

func tokensOf(written []PToken) []lm.Token {
	tokens := make([]lm.Token, len(written))
	for i, w := range written {
		tokens[i] = w.Token
	}
	return tokens
}

func (l *Layout) decode(tokens []lm.Token) string { return l.tok.Decode(tokens) }

// run runs the call that the assistant has written and appends its result and [DONE]. It reports
// whether the turn continues.
func (t *turn) run(ctx context.Context) (bool, error) {
	t.flush(true)
	call := ParseCall(t.layout.decode(t.call))
	t.call, t.calling = nil, false
	t.calls++
	if !t.yield(Piece{Kind: PieceCall, Call: &call}) {
		return false, nil
	}
	if slices.Contains(t.o.Client, call.Tool) {
		t.message(&call)
		t.reply.End = EndCall
		t.yield(Piece{Kind: PieceEnd, Text: EndCall, Call: &call})
		return false, nil
	}
	if t.calls > 2*t.o.Calls { // the assistant ignores the errors
		t.end(EndLength)
		return false, nil
	}
	result, err := t.result(ctx, call)
	if err != nil {
		return false, err
	}
	t.message(&call)
	tokens, text := t.layout.cut(result, t.o.ResultSize)
	if t.o.Window > 0 && len(tokens)+2 > t.room {
		tokens, text = t.layout.cut("error : no room", t.room-2)
	}
	for _, token := range append(tokens, t.layout.Done) {
		t.push(token)
	}
	t.reply.Messages = append(t.reply.Messages, Message{Role: Tool, Content: text})
	return t.yield(Piece{Kind: PieceResult, Text: text, Call: &call}), nil
}

// result returns the text that the assistant reads after a call.
func (t *turn) result(ctx context.Context, call Call) (string, error) {
	if t.calls > t.o.Calls {
		return tooManyCalls(t.o.Calls), nil
	}
	return t.o.Tools.Run(ctx, call)
}

// tooManyCalls returns the result of a call beyond the maximum number of calls.
func tooManyCalls(most int) string { return fmt.Sprintf("error : more than %d calls", most) }

// cut returns at most the first n tokens of a result, and their text.
func (l *Layout) cut(text string, n int) ([]lm.Token, string) {
	var e Encoded
	e.text(false, l.tok, text)
	if len(e.Tokens) <= n {
		return e.Tokens, text
	}
	tokens := e.Tokens[:max(n, 0)]
	return tokens, strings.ToValidUTF8(strings.TrimSpace(l.decode(tokens)), "")
}
