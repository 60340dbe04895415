package play

import (
	"context"
	"fmt"
	"math"
	"time"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// nextRequest asks for the distribution of the next token.
type nextRequest struct {
	Prompt string   `json:"prompt"`
	Models []string `json:"models"` // empty: all
	Top    int      `json:"top"`    // number of tokens; 0: 10
	Heal   *bool    `json:"heal"`   // whether to complete an unfinished word; null: true
	drawing
}

// nextAnswer is the distribution of the next token under one model.
type nextAnswer struct {
	Model      string      `json:"model"`
	Tokens     int         `json:"tokens"`               // number of tokens in the prompt
	Unfinished string      `json:"unfinished,omitempty"` // beginning of a word to complete
	Entropy    float64     `json:"entropy_bits"`
	Next       []candidate `json:"next"`
	Micros     int64       `json:"micros"`          // microseconds of computing
	Error      string      `json:"error,omitempty"` // the reason why there are no probabilities
	Right      *string     `json:"right,omitempty"` // for the limit: the only possible continuation
	Drawn      *drawn      `json:"drawn,omitempty"` // the sampled token; null without sampling
}

// candidate is a possible next token.
type candidate struct {
	ID     lm.Token `json:"id"`
	Text   string   `json:"text"` // printable form
	P      float64  `json:"p"`
	Q      *float64 `json:"q,omitempty"` // probability after temperature and cuts, with sampling
	Append *string  `json:"append"`      // the text that it adds to the prompt; null: not text
}

const (
	defaultTop = 10
	maxTop     = 100
)

func (s *Server) next(ctx context.Context, q nextRequest) (any, error) {
	if err := web.CheckText("prompt", q.Prompt, s.opt.Limits.PromptBytes); err != nil {
		return nil, err
	}
	if q.Top == 0 {
		q.Top = defaultTop
	}
	if q.Top < 1 || q.Top > maxTop {
		return nil, web.Invalid("top", "is %d; want 1 to %d", q.Top, maxTop)
	}
	if _, err := q.options(); err != nil {
		return nil, err
	}
	some, err := s.models.Some(q.Models)
	if err != nil {
		return nil, err
	}
	answers, failures := []nextAnswer{}, []error{}
	for _, m := range some {
		if ctx.Err() != nil {
			return nil, web.Cancelled(ctx)
		}
		a, err := next(m, q)
		if err != nil {
			a.Error = err.Error()
			failures = append(failures, err)
		}
		answers = append(answers, a)
	}
	if len(failures) > 0 && len(failures) == len(answers) {
		return nil, failures[0]
	}
	answer := map[string]any{"models": answers}
	if l := limit(some, q); l != nil {
		answer["limit"] = l
	}
	return answer, nil
}

// limitName names the limit in an answer, in place of a model.
const limitName = "limit"

// limit returns the exact distribution of the next token, under the source of the models' corpus
// and over the tokens of the first model that has a source. It returns nil if no source is known.
func limit(some []*models.Model, q nextRequest) *nextAnswer {
	for _, m := range some {
		begin := time.Now()
		at := m.Read(q.Prompt, q.Heal == nil || *q.Heal)
		logProbs, known, err := m.Limit(at)
		if !known {
			continue
		}
		a := nextAnswer{Model: limitName, Tokens: len(at.Tokens), Unfinished: at.Unfinished,
			Next: []candidate{}}
		if err != nil {
			a.Error = err.Error()
			return &a
		}
		a.fill(m, at, q, logProbs)
		if len(a.Next) > 0 && a.Next[0].P > certain {
			a.Right = a.Next[0].Append
		}
		a.Micros = time.Since(begin).Microseconds()
		return &a
	}
	return nil
}

// certain is the probability above which the limit names the right answer.
const certain = 0.99

// next returns a model's likeliest next tokens. If there is an error, the answer contains no
// tokens.
func next(m *models.Model, q nextRequest) (nextAnswer, error) {
	begin := time.Now()
	at := m.Read(q.Prompt, q.Heal == nil || *q.Heal)
	a := nextAnswer{Model: m.ID, Tokens: len(at.Tokens), Unfinished: at.Unfinished,
		Next: []candidate{}}
	logProbs, err := m.LogProbs(at)
	if err != nil {
		return a, fmt.Errorf("%s: %w", m.ID, err)
	}
	a.fill(m, at, q, logProbs)
	if q.wanted() {
		if err := a.draw(m, at, q, logProbs); err != nil {
			return a, fmt.Errorf("%s: %w", m.ID, err)
		}
	}
	a.Micros = time.Since(begin).Microseconds()
	return a, nil
}

// fill adds the likeliest tokens of a distribution over the tokens of m.
func (a *nextAnswer) fill(m *models.Model, at models.Prompt, q nextRequest, logProbs []float64) {
	a.Entropy = models.Entropy(logProbs)
	for _, t := range m.Likeliest(logProbs, q.Top) {
		c := candidate{ID: t, Text: m.Show(t), P: math.Exp(logProbs[t])}
		if text, ok := m.Appended(at, q.Prompt, t); ok {
			c.Append = &text
		}
		a.Next = append(a.Next, c)
	}
}
