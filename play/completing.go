package play

import (
	"context"
	"math"
	"net/http"
	"unicode/utf8"

	"lmzoo/lm"
)

// completing is a request being answered.
type completing struct {
	speech
	q    *completionRequest
	e    *exhibit
	head completion
	used usage
}

// whole answers all at once.
func (c *completing) whole(ctx context.Context, w http.ResponseWriter) error {
	all := c.head
	all.Choices = []completionChoice{}
	for i := range c.count() {
		one := completionChoice{Index: i}
		reason, err := c.one(ctx, i, func(text string, l *logprobs) bool {
			one.Text += text
			one.Logprobs = one.Logprobs.and(l)
			return true
		})
		if err != nil && ctx.Err() == nil {
			return err
		}
		if ctx.Err() == context.Canceled {
			return gone(ctx)
		}
		one.FinishReason = &reason
		if c.q.Logprobs != nil && one.Logprobs == nil {
			one.Logprobs = (&logprobs{}).and(&logprobs{})
		}
		all.Choices = append(all.Choices, one)
	}
	all.Usage = c.usage()
	reply(w, http.StatusOK, all)
	return nil
}

// stream answers piece by piece, one choice after the other.
func (c *completing) stream(ctx context.Context, out *stream) error {
	send := func(choices []completionChoice, u *usage) error {
		piece := c.head
		piece.Choices, piece.Usage = choices, u
		return out.send("", piece)
	}
	for i := range c.count() {
		var failed error
		reason, err := c.one(ctx, i, func(text string, l *logprobs) bool {
			failed = send([]completionChoice{{Text: text, Index: i, Logprobs: l}}, nil)
			return failed == nil
		})
		switch {
		case failed != nil:
			return failed
		case err != nil && ctx.Err() != context.DeadlineExceeded:
			return err
		}
		if err := send([]completionChoice{{Index: i, FinishReason: &reason}}, nil); err != nil {
			return err
		}
	}
	if c.q.StreamOptions != nil && c.q.StreamOptions.IncludeUsage {
		if err := send([]completionChoice{}, c.usage()); err != nil {
			return err
		}
	}
	return out.raw("", []byte("[DONE]"))
}

// count is how many choices there are: n for each prompt.
func (c *completing) count() int { return len(c.q.Prompt) * orUsual(c.q.N, 1) }

func (c *completing) usage() *usage {
	c.used.TotalTokens = c.used.PromptTokens + c.used.CompletionTokens
	return &c.used
}

// one yields the choice i, the prompt first if it is to be echoed.
func (c *completing) one(ctx context.Context, i int, yield func(text string, l *logprobs) bool) (reason string, err error) {
	n := orUsual(c.q.N, 1)
	p := c.q.Prompt[i/n]
	if i%n == 0 {
		c.used.PromptTokens += len(p.tokens)
	}
	if c.q.Echo {
		if err := c.echo(ctx, p, yield); err != nil {
			return endLength, err
		}
	}
	sp := c.speech
	sp.seed += uint64(i % n)
	sp.reading = reading{tokens: p.tokens}
	if sp.Max == 0 {
		return endLength, nil
	}
	offset := utf8.RuneCountInString(p.text) // of the next utterance, in characters
	hold := holder{stops: c.q.Stop}
	reason, err = c.e.speak(ctx, sp, func(u utterance) bool {
		c.used.CompletionTokens += len(u.Tokens)
		more := true
		for _, h := range hold.add(u) {
			more = more && yield(h.Text, c.logprobs(h, offset))
			offset += utf8.RuneCountInString(h.Text)
		}
		return more && !hold.stopped
	})
	if err == nil && !hold.stopped {
		for _, h := range hold.rest() {
			if !yield(h.Text, c.logprobs(h, offset)) {
				break
			}
			offset += utf8.RuneCountInString(h.Text)
		}
	}
	if reason == "" {
		reason = endLength // out of time
	}
	return reason, err
}

// echo yields the prompt, with the probabilities of its tokens if they are asked for.
func (c *completing) echo(ctx context.Context, p prompt, yield func(text string, l *logprobs) bool) error {
	u := utterance{Text: p.text}
	if c.q.Logprobs != nil {
		state := lm.Start(c.e.model)
		var next []float64
		for _, t := range p.tokens {
			if ctx.Err() != nil {
				return gone(ctx)
			}
			next = state.NextLogProbs(next)
			if err := lm.CheckLogProbs(next); err != nil {
				return err
			}
			u.Tokens = append(u.Tokens, c.e.spoken(t, next, c.alternatives))
			state.Push(t)
		}
	}
	yield(u.Text, c.logprobs(u, 0))
	return nil
}

// logprobs returns the log-probabilities of an utterance that begins after offset characters.
func (c *completing) logprobs(u utterance, offset int) *logprobs {
	if c.q.Logprobs == nil {
		return nil
	}
	l := (&logprobs{}).and(&logprobs{})
	within := cursor{text: u.Text}
	for _, t := range u.Tokens {
		text := c.e.raw(t.ID)
		l.Tokens = append(l.Tokens, text)
		l.TokenLogprobs = append(l.TokenLogprobs, finite(t.logProb))
		top := map[string]float64{}
		for _, a := range t.Top {
			top[c.e.raw(a.ID)] = finite(math.Log(a.P))
		}
		l.TopLogprobs = append(l.TopLogprobs, top)
		l.TextOffset = append(l.TextOffset, offset+within.next(c.e.texts[t.ID]))
	}
	return l
}

// and returns both, one after the other.
func (l *logprobs) and(more *logprobs) *logprobs {
	switch {
	case more == nil:
		return l
	case l == nil:
		return more
	}
	return &logprobs{
		Tokens:        append(append([]string{}, l.Tokens...), more.Tokens...),
		TokenLogprobs: append(append([]float64{}, l.TokenLogprobs...), more.TokenLogprobs...),
		TopLogprobs:   append(append([]map[string]float64{}, l.TopLogprobs...), more.TopLogprobs...),
		TextOffset:    append(append([]int{}, l.TextOffset...), more.TextOffset...),
	}
}

// finite is what JSON can say: ln 0 becomes a number below all others.
func finite(logProb float64) float64 { return max(logProb, -9999) }
