package prompt

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"

	"lmzoo/lm"
	"lmzoo/lm/sample"
)

// Options are the settings of Answer. The zero value of a field declared here selects its default.
type Options struct {
	sample.Options            // Max limits the assistant's tokens; 0: only the window limits them
	Rand           *rand.Rand // nil: a generator with seed 1
	Tools          *Registry  // nil: every call returns an error to the assistant
	// Client lists the tools that the caller runs. The answer ends at a call of one of them.
	Client     []string
	Calls      int // maximum number of calls in an answer; default 4
	ResultSize int // maximum number of tokens in a result; default 64
	Window     int // maximum number of tokens read, including BOS; default: the model's window
	Reserve    int // tokens of the window reserved for the answer; default: a quarter of it
}

// The defaults of Options.
const (
	defaultCalls      = 4
	defaultResultSize = 64
	defaultMax        = 1024 // default of Max for a model without a window
)

// PieceKind is the kind of a Piece.
type PieceKind string

// The kinds of pieces. The last piece of an answer is its only PieceEnd.
const (
	PieceText   PieceKind = "text"
	PieceCall   PieceKind = "call"
	PieceResult PieceKind = "result"
	PieceNote   PieceKind = "note" // a note to the user, for example that old turns were dropped
	PieceEnd    PieceKind = "end"
)

// Piece is a part of an answer.
type Piece struct {
	Kind   PieceKind
	Text   string   // content of a text, a result or a note; reason for an end
	Call   *Call    // the call, of PieceCall, PieceResult and an end with EndCall
	First  bool     // whether a text begins a message
	Tokens []PToken // the assistant's tokens for a text
}

// PToken is a token that the assistant wrote, with its ln P before warping, in nats.
type PToken struct {
	Token   lm.Token
	LogProb float64
}

// The reasons why an answer ends.
const (
	EndStop   = "stop"   // the assistant ended its turn
	EndLength = "length" // the answer reached the maximum number of tokens or the end of the window
	EndCall   = "call"   // the assistant called a tool that the caller runs
)

// Reply is a finished answer.
type Reply struct {
	Messages []Message // messages of the assistant and its tools, to append to the conversation
	End      string    // EndStop, EndLength or EndCall
	Prompt   int       // tokens read before the answer
	Written  int       // tokens that the assistant wrote, including its calls
	Dropped  int       // messages that did not fit into the window
}

// ErrTooLong reports a question that does not fit into the window of a model.
var ErrTooLong = errors.New("the question is too long")

// Answer lets a model write the assistant's next turn and yields it piece by piece, until yield
// returns false. The assistant writes a call between [CALL] and [RESULT]; Answer runs it and
// appends its result. If the conversation is longer than the window, Answer drops the oldest turns
// but not the system message.
func Answer(ctx context.Context, m lm.Model, l *Layout, messages []Message, o Options,
	yield func(Piece) bool) (*Reply, error) {
	if err := Check(messages); err != nil {
		return nil, err
	}
	if last := messages[len(messages)-1]; last.Role != User && last.Role != Tool {
		return nil, fmt.Errorf("the last message has the role %s; want user or tool", last.Role)
	}
	warps, err := o.Warps()
	if err != nil {
		return nil, err
	}
	o = o.withDefaults(m)
	kept, dropped, err := l.fit(messages, o.Window, o.Reserve)
	if err != nil {
		return nil, err
	}
	t := &turn{
		layout: l, o: o, yield: yield, draw: sample.New(o.Rand, warps...),
		reply: &Reply{Dropped: dropped}, state: lm.Start(m), room: o.Window - 1,
	}
	if dropped > 0 && !yield(Piece{Kind: PieceNote, Text: droppedNote(dropped, o.Window)}) {
		return t.reply, nil
	}
	before := l.Prompt(kept)
	t.reply.Prompt = len(before)
	for _, token := range before {
		t.push(token)
	}
	return t.reply, t.write(ctx)
}

func droppedNote(n, window int) string {
	messages := "messages do"
	if n == 1 {
		messages = "message does"
	}
	return fmt.Sprintf("the oldest %d %s not fit into the model's window of %d tokens and cannot "+
		"be seen", n, messages, window)
}

// withDefaults returns o with the defaults for its zero fields.
func (o Options) withDefaults(m lm.Model) Options {
	if o.Rand == nil {
		o.Rand = sample.Rand(1)
	}
	if o.Calls == 0 {
		o.Calls = defaultCalls
	}
	if o.ResultSize == 0 {
		o.ResultSize = defaultResultSize
	}
	if w := lm.Window(m); w > 0 && (o.Window == 0 || o.Window > w) {
		o.Window = w
	}
	if o.Reserve == 0 {
		o.Reserve = o.Window / 4
	}
	if o.Max == 0 && o.Window == 0 {
		o.Max = defaultMax
	}
	return o
}

// fit drops the oldest turns until the prompt leaves room for an answer. A turn is a user message
// with the messages that follow it. fit returns the number of messages dropped. A window of 0 is
// unlimited.
func (l *Layout) fit(messages []Message, window, reserve int) ([]Message, int, error) {
	if window == 0 {
		return messages, 0, nil
	}
	var system []Message
	rest := messages
	if rest[0].Role == System {
		system, rest = rest[:1:1], rest[1:]
	}
	size := 1 + len(l.Encode(system).Tokens) // BOS
	for first := 0; ; {
		n := size + len(l.Prompt(rest[first:]))
		if n+reserve <= window {
			return append(system, rest[first:]...), first, nil
		}
		next := first + 1
		for next < len(rest) && rest[next].Role != User {
			next++
		}
		if next == len(rest) { // the last turn alone: at least one token must fit after it
			if n < window {
				return append(system, rest[first:]...), first, nil
			}
			return nil, 0, fmt.Errorf("%w: it takes %d tokens with the system message and the "+
				"model reads %d; shorten it", ErrTooLong, n, window)
		}
		first = next
	}
}

// turn is the state of an assistant's turn in progress.
type turn struct {
	layout *Layout
	o      Options
	yield  func(Piece) bool
	draw   *sample.Sampler
	reply  *Reply
	state  lm.State
	room   int // tokens that still fit into the window

	own, warped []float64
	calls       int
	content     strings.Builder // text of the message being written
	begun       bool            // the message has a token
	pending     []PToken        // tokens that do not yet form whole characters
	call        []lm.Token      // tokens of the call being written
	calling     bool
}

func (t *turn) push(token lm.Token) {
	t.state.Push(token)
	t.room--
}

// write draws tokens until the turn ends.
func (t *turn) write(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if t.o.Max > 0 && t.reply.Written == t.o.Max || t.o.Window > 0 && t.room <= 0 {
			t.end(EndLength)
			return nil
		}
		token, logProb, err := t.next()
		if err != nil {
			return err
		}
		t.reply.Written++
		more, err := t.take(ctx, token, logProb)
		if err != nil || !more {
			return err
		}
	}
}

// next draws a token and returns its ln P before warping.
func (t *turn) next() (lm.Token, float64, error) {
	t.own = t.state.NextLogProbs(t.own)
	t.warped = append(t.warped[:0], t.own...)
	token, err := t.draw.Draw(t.warped)
	if err != nil {
		return 0, 0, err
	}
	return token, t.own[token], nil
}

// take appends a token to the turn and reports whether the turn continues.
func (t *turn) take(ctx context.Context, token lm.Token, logProb float64) (bool, error) {
	l := t.layout
	switch {
	case token == l.Call && !t.calling:
		t.calling = true
	case token == l.Result && t.calling:
		t.push(token)
		return t.run(ctx)
	case token == lm.BOS || l.isMark(token): // [END], or a role that is not the assistant's
		t.end(EndStop)
		return false, nil
	case t.calling:
		t.call = append(t.call, token)
	default:
		t.pending = append(t.pending, PToken{token, logProb})
		if !t.flush(false) {
			return false, nil
		}
	}
	t.push(token)
	return true, nil
}

// isMark reports whether a token is a special token of the template.
func (l *Layout) isMark(token lm.Token) bool {
	switch token {
	case l.System, l.User, l.Assistant, l.End, l.Call, l.Result, l.Done:
		return true
	}
	return false
}

// end ends the turn and drops an unfinished call.
func (t *turn) end(reason string) {
	t.flush(true)
	t.message(nil)
	t.reply.End = reason
	t.yield(Piece{Kind: PieceEnd, Text: reason})
}

// message appends the current message to the reply.
func (t *turn) message(call *Call) {
	text := strings.TrimSpace(t.content.String())
	t.reply.Messages = append(t.reply.Messages, Message{Role: Assistant, Content: text, Call: call})
	t.content.Reset()
	t.begun = false
}
