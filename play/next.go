package play

import (
	"fmt"
	"math"
	"net/http"
	"time"

	"lmzoo/lm"
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
	usualTop = 10
	maxTop   = 100
)

func (s *Server) next(w http.ResponseWriter, r *http.Request) error {
	var q nextRequest
	if err := read(w, r, &q, bodyOf(s.opt.Limits.PromptBytes), false); err != nil {
		return err
	}
	if err := checkText("prompt", q.Prompt, s.opt.Limits.PromptBytes); err != nil {
		return err
	}
	if q.Top == 0 {
		q.Top = usualTop
	}
	if q.Top < 1 || q.Top > maxTop {
		return wrong("top", "is %d; expected 1 to %d", q.Top, maxTop)
	}
	some, err := s.exhibits.some(q.Models)
	if err != nil {
		return err
	}
	answers, failures := []nextAnswer{}, []error{}
	for _, e := range some {
		if r.Context().Err() != nil {
			return gone(r.Context())
		}
		a, err := e.next(q)
		if err != nil {
			a.Error = err.Error()
			failures = append(failures, err)
		}
		answers = append(answers, a)
	}
	if len(failures) > 0 && len(failures) == len(answers) {
		return failures[0]
	}
	reply(w, http.StatusOK, map[string]any{"models": answers})
	return nil
}

// next answers with the model's likeliest next tokens. With an error, the answer holds none.
func (e *exhibit) next(q nextRequest) (nextAnswer, error) {
	begin := time.Now()
	at := e.readPrompt(q.Prompt, q.Heal == nil || *q.Heal)
	a := nextAnswer{Model: e.id, Tokens: len(at.tokens), Unfinished: at.unfinished, Next: []candidate{}}
	next, err := e.memory.next(at.tokens)
	if err != nil {
		return a, fmt.Errorf("%s: %w", e.id, err)
	}
	logProbs := e.restrict(at, next)
	a.Entropy = entropyBits(logProbs)
	for _, t := range likeliest(logProbs, q.Top) {
		c := candidate{ID: t, Text: e.show(t), P: math.Exp(logProbs[t])}
		if text, ok := e.appended(at, q.Prompt, t); ok {
			c.Append = &text
		}
		a.Next = append(a.Next, c)
	}
	a.Micros = time.Since(begin).Microseconds()
	return a, nil
}

// entropyBits is −Σ P log2 P.
func entropyBits(logProbs []float64) float64 {
	h := 0.0
	for _, p := range logProbs {
		if !math.IsInf(p, -1) {
			h -= math.Exp(p) * p
		}
	}
	return h / math.Ln2
}

// likeliest returns the n most probable tokens, the most probable first, of equal ones the first; never an impossible one.
func likeliest(logProbs []float64, n int) []lm.Token {
	if n < 1 {
		return nil
	}
	best := make([]lm.Token, 0, n+1)
	for t, p := range logProbs {
		if math.IsInf(p, -1) || math.IsNaN(p) || len(best) == n && p <= logProbs[best[n-1]] {
			continue
		}
		i := len(best)
		best = append(best, lm.Token(t))
		for ; i > 0 && logProbs[best[i-1]] < p; i-- {
			best[i] = best[i-1]
		}
		best[i] = lm.Token(t)
		best = best[:min(len(best), n)]
	}
	return best
}
