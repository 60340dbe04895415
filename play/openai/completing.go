package openai

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// completing is a request being answered.
type completing struct {
	models.Speech
	q    *request
	m    *models.Model
	head completion
	used usage
}

// count returns the number of choices: n for each prompt.
func (c *completing) count() int { return len(c.q.Prompt) * or(c.q.N, 1) }

// tokens returns the maximum number of tokens read and generated.
func (c *completing) tokens() int { return c.read() + c.count()*c.Max }

// read returns the number of tokens in all prompts.
func (c *completing) read() int {
	n := 0
	for _, p := range c.q.Prompt {
		n += len(p.tokens)
	}
	return n
}

// entries returns the maximum number of entries of the answer, which bounds its memory.
func (c *completing) entries() int {
	n := c.count() * c.Max
	if c.q.Echo {
		n += c.read() * or(c.q.N, 1)
	}
	return n * (1 + or(c.q.Logprobs, 0))
}

// whole returns the whole answer at once.
func (c *completing) whole(ctx context.Context) (any, error) {
	all := c.head
	all.Choices = []choice{}
	for i := range c.count() {
		one := choice{Index: i}
		if c.q.Logprobs != nil {
			one.Logprobs = newLogprobs()
		}
		var text strings.Builder
		reason, err := c.one(ctx, i, func(more string, l *logprobs) bool {
			text.WriteString(more)
			if l != nil {
				one.Logprobs.add(l)
			}
			return true
		})
		if err != nil && ctx.Err() == nil {
			return nil, err
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, web.Cancelled(ctx)
		}
		one.Text, one.FinishReason = text.String(), &reason
		all.Choices = append(all.Choices, one)
	}
	all.Usage = c.usage()
	return all, nil
}

// stream sends the answer piece by piece, one choice after another.
func (c *completing) stream(ctx context.Context, out *web.Stream) error {
	send := func(choices []choice, u *usage) error {
		piece := c.head
		piece.Choices, piece.Usage = choices, u
		return out.Send("", piece)
	}
	for i := range c.count() {
		var failed error
		reason, err := c.one(ctx, i, func(text string, l *logprobs) bool {
			failed = send([]choice{{Text: text, Index: i, Logprobs: l}}, nil)
			return failed == nil
		})
		switch {
		case failed != nil:
			return failed
		case err != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
			return err
		}
		if err := send([]choice{{Index: i, FinishReason: &reason}}, nil); err != nil {
			return err
		}
	}
	if c.q.StreamOptions != nil && c.q.StreamOptions.IncludeUsage {
		if err := send([]choice{}, c.usage()); err != nil {
			return err
		}
	}
	return out.Raw("", []byte("[DONE]"))
}

func (c *completing) usage() *usage {
	c.used.TotalTokens = c.used.PromptTokens + c.used.CompletionTokens
	return &c.used
}

// one yields choice i, preceded by the prompt if it is echoed. A choice that runs out of time ends
// like a choice that reaches its maximum length.
func (c *completing) one(ctx context.Context, i int,
	yield func(text string, l *logprobs) bool) (reason string, err error) {
	n := or(c.q.N, 1)
	p := c.q.Prompt[i/n]
	if i%n == 0 {
		c.used.PromptTokens += len(p.tokens)
	}
	if c.q.Echo {
		if err := c.echo(ctx, p, yield); err != nil {
			return models.EndLength, err
		}
	}
	s := c.Speech
	s.Seed += uint64(i % n)
	s.Prompt = models.Prompt{Tokens: p.tokens}
	if s.Max == 0 {
		return models.EndLength, nil
	}
	offset := utf8.RuneCountInString(p.text) // offset of the next utterance, in characters
	pass := func(u models.Utterance) bool {
		l := c.logprobs(u, offset)
		offset += utf8.RuneCountInString(u.Text)
		return yield(u.Text, l)
	}
	hold := holder{stops: c.q.Stop}
	reason, err = c.m.Speak(ctx, s, func(u models.Utterance) bool {
		c.used.CompletionTokens += len(u.Tokens)
		more := true
		for _, h := range hold.add(u) {
			more = more && pass(h)
		}
		return more && !hold.stopped
	})
	if err == nil && !hold.stopped {
		for _, h := range hold.rest() {
			if !pass(h) {
				break
			}
		}
	}
	if reason == "" {
		reason = models.EndLength
	}
	return reason, err
}

// echo yields the prompt, with the log-probabilities of its tokens if requested.
func (c *completing) echo(ctx context.Context, p given,
	yield func(text string, l *logprobs) bool) error {
	u := models.Utterance{Text: p.text}
	if c.q.Logprobs != nil {
		state := lm.Start(c.m.LM)
		var next []float64
		for _, t := range p.tokens {
			if ctx.Err() != nil {
				return web.Cancelled(ctx)
			}
			next = state.NextLogProbs(next)
			if err := lm.CheckLogProbs(next); err != nil {
				return err
			}
			u.Tokens = append(u.Tokens, c.m.Token(t, next, c.Alternatives))
			state.Push(t)
		}
	}
	yield(u.Text, c.logprobs(u, 0))
	return nil
}

// logprobs returns the entries of an utterance that begins after offset characters, or nil if they
// are not requested.
func (c *completing) logprobs(u models.Utterance, offset int) *logprobs {
	if c.q.Logprobs == nil {
		return nil
	}
	l := newLogprobs()
	within := cursor{text: u.Text}
	for _, t := range u.Tokens {
		l.Tokens = append(l.Tokens, c.m.Text(t.ID))
		l.TokenLogprobs = append(l.TokenLogprobs, finite(t.LogProb))
		best := make(map[string]float64, len(t.Top))
		for _, a := range t.Top {
			best[c.m.Text(a.ID)] = top(a.P)
		}
		l.TopLogprobs = append(l.TopLogprobs, best)
		l.TextOffset = append(l.TextOffset, offset+within.next(c.m.Texts[t.ID]))
	}
	return l
}
