package play

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lmzoo/play/models"
	"lmzoo/play/web"
)

// generateRequest asks models to continue a prompt.
type generateRequest struct {
	Prompt       string   `json:"prompt"`
	Models       []string `json:"models"`      // none: all
	Temperature  *float64 `json:"temperature"` // null: 1
	TopK         int      `json:"top_k"`
	TopP         *float64 `json:"top_p"` // null: 1; 0 is greedy
	MinP         float64  `json:"min_p"`
	MaxTokens    int      `json:"max_tokens"`   // 0: 200
	Seed         *uint64  `json:"seed"`         // null: 1
	Pace         float64  `json:"pace"`         // maximum tokens per second (0: no limit)
	Alternatives int      `json:"alternatives"` // likeliest tokens to report with each token
	Heal         *bool    `json:"heal"`         // null: true
}

const (
	defaultTokens   = 200
	maxAlternatives = 10
)

// endTime is the reason why a text ends when its time is over.
const endTime = "time"

// saying is an event of one model: generated text, or the end of its text.
type saying struct {
	Model   string         `json:"model"`
	Text    string         `json:"text,omitempty"`
	Tokens  []models.Token `json:"tokens,omitempty"` // none: the end of the text
	Reason  string         `json:"reason,omitempty"` // stop, length, time or error
	Error   string         `json:"error,omitempty"`
	Count   int            `json:"count,omitempty"`
	Seconds float64        `json:"seconds,omitempty"`
}

// generate streams the texts of several models, each at its own speed: events token and end for
// each model, and finally done.
func (s *Server) generate(w http.ResponseWriter, r *http.Request) {
	var q generateRequest
	err := s.desk.Read(w, r, &q, web.BodyOf(s.opt.Limits.PromptBytes))
	var some []*models.Model
	if err == nil {
		some, err = s.models.Some(q.Models)
	}
	var speech models.Speech
	if err == nil {
		speech, err = s.checkGenerate(&q)
	}
	if err != nil {
		s.desk.Fail(w, err)
		return
	}
	s.desk.Stream(w, r, &s.streams, func(ctx context.Context, out *web.Stream) {
		ctx, cancel := context.WithTimeout(ctx, s.opt.Limits.StreamTime)
		defer cancel()
		events := make(chan saying)
		for _, m := range some {
			go func() {
				own := speech
				own.Prompt = m.Read(q.Prompt, q.Heal == nil || *q.Heal)
				say(ctx, m, own, events)
			}()
		}
		relay(out, events, len(some), cancel)
	})
}

// relay sends the events of n models. If the client leaves, it cancels the models and waits for
// them to end.
func relay(out *web.Stream, events <-chan saying, n int, cancel context.CancelFunc) {
	left := false
	for n > 0 {
		ev := <-events
		name := "token"
		if len(ev.Tokens) == 0 {
			name = "end"
			n--
		}
		if !left && out.Send(name, ev) != nil {
			left = true
			cancel()
		}
	}
	if !left {
		_ = out.Raw("done", []byte("{}")) // fails if the client has left
	}
}

// say sends the text that a model generates, and exactly one end event.
func say(ctx context.Context, m *models.Model, speech models.Speech, events chan<- saying) {
	defer func() { // net/http does not recover panics in this goroutine
		if p := recover(); p != nil {
			events <- saying{Model: m.ID, Reason: "error",
				Error: fmt.Sprintf("internal error: %v", p)}
		}
	}()
	begin, count := time.Now(), 0
	reason, err := m.Speak(ctx, speech, func(u models.Utterance) bool {
		count += len(u.Tokens)
		events <- saying{Model: m.ID, Text: u.Text, Tokens: u.Tokens}
		return true // Speak checks ctx
	})
	end := saying{Model: m.ID, Reason: reason, Count: count, Seconds: time.Since(begin).Seconds()}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		end.Reason = endTime
	case ctx.Err() != nil: // the client has left
		end.Reason, end.Error = "error", "the playground was closed"
	case err != nil:
		end.Reason, end.Error = "error", err.Error()
	}
	events <- end
}

// checkGenerate checks a request and returns the Speech to generate.
func (s *Server) checkGenerate(q *generateRequest) (models.Speech, error) {
	if err := web.CheckText("prompt", q.Prompt, s.opt.Limits.PromptBytes); err != nil {
		return models.Speech{}, err
	}
	if q.MaxTokens == 0 {
		q.MaxTokens = defaultTokens
	}
	for field, def := range map[**float64]float64{&q.Temperature: 1, &q.TopP: 1} {
		if *field == nil {
			*field = &def
		}
	}
	if q.Seed == nil {
		q.Seed = new(uint64(1))
	}
	switch {
	case q.MaxTokens < 1 || q.MaxTokens > s.opt.Limits.Tokens:
		return models.Speech{}, web.Invalid("max_tokens", "is %d; want 1 to %d", q.MaxTokens,
			s.opt.Limits.Tokens)
	case !(q.Pace >= 0 && q.Pace <= 1e6):
		return models.Speech{}, web.Invalid("pace",
			"is %g; want 0 (no limit) to 1000000 tokens per second", q.Pace)
	case q.Alternatives < 0 || q.Alternatives > maxAlternatives:
		return models.Speech{}, web.Invalid("alternatives", "is %d; want 0 to %d", q.Alternatives,
			maxAlternatives)
	}
	opt, err := models.Sampling(*q.Temperature, q.TopK, *q.TopP, q.MinP, q.MaxTokens)
	return models.Speech{Options: opt, Seed: *q.Seed, Pace: q.Pace,
		Alternatives: q.Alternatives}, err
}
