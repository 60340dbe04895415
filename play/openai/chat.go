package openai

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"lmzoo/lm/sample"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/prompt"
)

// chatCompletion is an answer of chat completions, or a piece of a streamed answer.
type chatCompletion struct {
	ID      string       `json:"id"`
	Object  string       `json:"object"`
	Created int64        `json:"created"`
	Model   string       `json:"model"`
	Choices []chatChoice `json:"choices"`
	Usage   *usage       `json:"usage,omitempty"`
}

type chatChoice struct {
	Index        int          `json:"index"`
	Message      *chatMessage `json:"message,omitempty"`
	Delta        *chatDelta   `json:"delta,omitempty"` // the new part, in a stream
	Logprobs     *struct{}    `json:"logprobs"`
	FinishReason *string      `json:"finish_reason"`
}

type chatMessage struct {
	Role      string     `json:"role"`
	Content   *string    `json:"content"` // null if there are only calls
	Refusal   *string    `json:"refusal"`
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

type chatDelta struct {
	Role      string     `json:"role,omitempty"`
	Content   *string    `json:"content,omitempty"`
	ToolCalls []toolCall `json:"tool_calls,omitempty"`
}

type toolCall struct {
	Index    *int   `json:"index,omitempty"` // only in a stream
	ID       string `json:"id"`
	Type     string `json:"type"`
	Function struct {
		Name      string `json:"name"`
		Arguments string `json:"arguments"`
	} `json:"function"`
}

// chatting is a chat request being answered.
type chatting struct {
	q        *chatRequest
	m        *models.Model
	layout   *prompt.Layout
	messages []prompt.Message
	options  prompt.Options
	head     chatCompletion
	used     usage
}

// chat answers like OpenAI's /v1/chat/completions.
func (a *API) chat(w http.ResponseWriter, r *http.Request) {
	var q chatRequest
	body := web.BodyOf(a.Limits.PromptBytes)
	body.Loose = true
	if err := a.Desk.Read(w, r, &q, body); err != nil {
		a.Desk.Fail(w, err)
		return
	}
	c, err := a.planChat(&q)
	if err != nil {
		a.Desk.Fail(w, err)
		return
	}
	a.serve(w, r, c, q.Stream, a.Streams)
}

// planChat checks a request and prepares its answer.
func (a *API) planChat(q *chatRequest) (*chatting, error) {
	m, err := a.Models.Get("model", q.Model)
	if err != nil {
		return nil, err
	}
	layout, err := m.Run.Layout()
	if err != nil {
		return nil, web.Invalid("model", "continues a text and has not learned to answer; use "+
			"/v1/completions, or teach it with lmzoo sft")
	}
	messages, options, err := a.checkChat(q, m)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	return &chatting{q: q, m: m, layout: layout, messages: messages, options: options,
		head: chatCompletion{ID: fmt.Sprintf("chatcmpl-%d", now.UnixNano()),
			Object: "chat.completion", Created: now.Unix(), Model: m.ID}}, nil
}

// whole returns the whole answer at once.
func (c *chatting) whole(ctx context.Context) (any, error) {
	all := c.head
	all.Choices = []chatChoice{}
	for i := range or(c.q.N, 1) {
		message := chatMessage{Role: "assistant"}
		var text strings.Builder
		reason, err := c.one(ctx, i, func(d chatDelta) bool {
			if d.Content != nil {
				text.WriteString(*d.Content)
			}
			for _, call := range d.ToolCalls {
				call.Index = nil
				message.ToolCalls = append(message.ToolCalls, call)
			}
			return true
		})
		if err != nil {
			return nil, err
		}
		if content := text.String(); content != "" || len(message.ToolCalls) == 0 {
			message.Content = &content
		}
		all.Choices = append(all.Choices, chatChoice{Index: i, Message: &message,
			FinishReason: &reason})
	}
	all.Usage = c.usage()
	return all, nil
}

// stream sends the answer piece by piece, one choice after another.
func (c *chatting) stream(ctx context.Context, out *web.Stream) error {
	send := func(choices []chatChoice, u *usage) error {
		piece := c.head
		piece.Object, piece.Choices, piece.Usage = "chat.completion.chunk", choices, u
		return out.Send("", piece)
	}
	for i := range or(c.q.N, 1) {
		empty := ""
		failed := send([]chatChoice{{Index: i,
			Delta: &chatDelta{Role: "assistant", Content: &empty}}}, nil)
		reason, err := c.one(ctx, i, func(d chatDelta) bool {
			if failed == nil {
				failed = send([]chatChoice{{Index: i, Delta: &d}}, nil)
			}
			return failed == nil
		})
		if err = errors.Join(failed, err); err != nil {
			return err
		}
		if err := send([]chatChoice{{Index: i, Delta: &chatDelta{},
			FinishReason: &reason}}, nil); err != nil {
			return err
		}
	}
	if c.q.StreamOptions != nil && c.q.StreamOptions.IncludeUsage {
		if err := send([]chatChoice{}, c.usage()); err != nil {
			return err
		}
	}
	return out.Raw("", []byte("[DONE]"))
}

func (c *chatting) usage() *usage {
	c.used.TotalTokens = c.used.PromptTokens + c.used.CompletionTokens
	return &c.used
}

// one yields choice i and returns the reason for its end. A choice that runs out of time ends like
// a choice that reaches its maximum length.
func (c *chatting) one(ctx context.Context, i int, yield func(chatDelta) bool) (string, error) {
	o := c.options
	if i > 0 {
		o.Rand = sample.Rand(uint64(or(c.q.Seed, 1)) + uint64(i))
	}
	hold := holder{stops: c.q.Stop}
	pass := func(all []models.Utterance) bool {
		for _, u := range all {
			if u.Text != "" && !yield(chatDelta{Content: &u.Text}) {
				return false
			}
		}
		return !hold.stopped
	}
	written, words := 0, 0
	reply, err := prompt.Answer(ctx, c.m.LM, c.layout, c.messages, o, func(p prompt.Piece) bool {
		switch p.Kind {
		case prompt.PieceText:
			written += len(p.Tokens)
			text := p.Text
			if words++; words > 1 && p.First {
				text = " " + text // after a call that the server ran
			}
			return pass(hold.add(models.Utterance{Text: text}))
		case prompt.PieceEnd:
			if !pass(hold.rest()) {
				return false
			}
			if p.Text == prompt.EndCall {
				return yield(chatDelta{ToolCalls: []toolCall{c.toolCall(i, *p.Call)}})
			}
		}
		return true
	})
	if i == 0 && reply != nil {
		c.used.PromptTokens = reply.Prompt
	}
	if reply != nil {
		c.used.CompletionTokens += max(reply.Written, written)
	}
	switch {
	case hold.stopped:
		return models.EndStop, nil
	case errors.Is(err, context.DeadlineExceeded):
		return models.EndLength, nil
	case errors.Is(err, prompt.ErrTooLong):
		return "", web.WithCode("context_length_exceeded", web.Refuse(http.StatusBadRequest,
			"messages", "%v", err))
	case err != nil && ctx.Err() != nil:
		return "", web.Cancelled(ctx)
	case err != nil:
		return "", err
	case reply.End == prompt.EndCall:
		return "tool_calls", nil
	case reply.End == prompt.EndLength:
		return models.EndLength, nil
	}
	return models.EndStop, nil
}

// toolCall returns a call that the client runs.
func (c *chatting) toolCall(choice int, call prompt.Call) toolCall {
	index := 0
	t := toolCall{Index: &index, Type: "function",
		ID: fmt.Sprintf("call_%s_%d_%d", strings.TrimPrefix(c.head.ID, "chatcmpl-"), choice,
			len(c.messages))}
	t.Function.Name, t.Function.Arguments = call.Tool, call.Arguments()
	return t
}
