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

// nextRequest asks what comes next.
type nextRequest struct {
	Prompt string   `json:"prompt"`
	Models []string `json:"models"` // none: all
	Top    int      `json:"top"`    // 0: 10
	Heal   *bool    `json:"heal"`   // null: true
}

// nextAnswer is what one model says comes next.
type nextAnswer struct {
	Model      string      `json:"model"`
	Tokens     int         `json:"tokens"`               // of the prompt
	Unfinished string      `json:"unfinished,omitempty"` // the beginning of a word that is being completed
	Entropy    float64     `json:"entropy_bits"`
	Next       []candidate `json:"next"`
	Micros     int64       `json:"micros"`          // it took the model
	Error      string      `json:"error,omitempty"` // why the model gives no probabilities
}

// candidate is a token that may come next.
type candidate struct {
	ID     lm.Token `json:"id"`
	Text   string   `json:"text"` // as a reader should see it
	P      float64  `json:"p"`
	Append *string  `json:"append"` // what it adds to the prompt; null: it is no text
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
	return map[string]any{"models": answers}, nil
}

// next returns a model's likeliest next tokens. With an error, the answer holds none.
func next(m *models.Model, q nextRequest) (nextAnswer, error) {
	begin := time.Now()
	at := m.Read(q.Prompt, q.Heal == nil || *q.Heal)
	a := nextAnswer{Model: m.ID, Tokens: len(at.Tokens), Unfinished: at.Unfinished, Next: []candidate{}}
	logProbs, err := m.LogProbs(at)
	if err != nil {
		return a, fmt.Errorf("%s: %w", m.ID, err)
	}
	a.Entropy = models.Entropy(logProbs)
	for _, t := range models.Likeliest(logProbs, q.Top) {
		c := candidate{ID: t, Text: m.Show(t), P: math.Exp(logProbs[t])}
		if text, ok := m.Appended(at, q.Prompt, t); ok {
			c.Append = &text
		}
		a.Next = append(a.Next, c)
	}
	a.Micros = time.Since(begin).Microseconds()
	return a, nil
}
