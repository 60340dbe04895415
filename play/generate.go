package play

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"lmzoo/lm/sample"
)

// generateRequest asks models to go on from a prompt.
type generateRequest struct {
	Prompt       string   `json:"prompt"`
	Models       []string `json:"models"`      // none: all
	Temperature  *float64 `json:"temperature"` // null: 1
	TopK         int      `json:"top_k"`
	TopP         *float64 `json:"top_p"` // null: 1; 0 is greedy
	MinP         float64  `json:"min_p"`
	MaxTokens    int      `json:"max_tokens"`   // 0: 200
	Seed         *uint64  `json:"seed"`         // null: 1
	Pace         float64  `json:"pace"`         // tokens per second; 0: as fast as it goes
	Alternatives int      `json:"alternatives"` // likelier tokens to tell with each
	Heal         *bool    `json:"heal"`         // null: true
}

const (
	usualTokens     = 200
	maxAlternatives = 10
)

// saying is an event of one model: something it said, or the end.
type saying struct {
	Model   string   `json:"model"`
	Text    string   `json:"text,omitempty"`
	Tokens  []spoken `json:"tokens,omitempty"` // none: it is the end
	Reason  string   `json:"reason,omitempty"` // stop, length, time or error
	Error   string   `json:"error,omitempty"`
	Count   int      `json:"count,omitempty"`
	Seconds float64  `json:"seconds,omitempty"`
}

// generate streams what the models say, each at its own speed: events token and end of each model, and done at last.
func (s *Server) generate(w http.ResponseWriter, r *http.Request) error {
	var q generateRequest
	if err := read(w, r, &q, bodyOf(s.opt.Limits.PromptBytes), false); err != nil {
		return err
	}
	some, err := s.exhibits.some(q.Models)
	if err != nil {
		return err
	}
	sp, err := s.checkGenerate(&q)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.opt.Limits.StreamTime)
	defer cancel()
	events := make(chan saying)
	out := newStream(w, s.opt.Limits.WriteTime)
	for _, e := range some {
		go func() {
			sp := sp
			sp.reading = e.readPrompt(q.Prompt, q.Heal == nil || *q.Heal)
			say(ctx, e, sp, events)
		}()
	}
	failed := false // the client has gone; the models that are left notice and end
	for left := len(some); left > 0; {
		ev := <-events
		name := "token"
		if len(ev.Tokens) == 0 {
			name = "end"
			left--
		}
		if !failed && out.send(name, ev) != nil {
			failed = true
			cancel()
		}
	}
	if !failed {
		_ = out.raw("done", []byte("{}")) // or it has gone now
	}
	return nil
}

// say sends what a model says, and exactly one end.
func say(ctx context.Context, e *exhibit, sp speech, events chan<- saying) {
	defer func() { // here, as the goroutine is none of net/http's
		if p := recover(); p != nil {
			events <- saying{Model: e.id, Reason: "error", Error: fmt.Sprintf("something is wrong in this program: %v", p)}
		}
	}()
	begin, count := time.Now(), 0
	reason, err := e.speak(ctx, sp, func(u utterance) bool {
		count += len(u.Tokens)
		events <- saying{Model: e.id, Text: u.Text, Tokens: u.Tokens}
		return true // speak looks at ctx
	})
	end := saying{Model: e.id, Reason: reason, Count: count, Seconds: time.Since(begin).Seconds()}
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.DeadlineExceeded):
		end.Reason = endTime
	case ctx.Err() != nil: // nobody else is there to read it
		end.Reason, end.Error = "error", "the playground was closed"
	case err != nil:
		end.Reason, end.Error = "error", err.Error()
	}
	events <- end
}

// checkGenerate makes a speech of a request.
func (s *Server) checkGenerate(q *generateRequest) (speech, error) {
	if err := checkText("prompt", q.Prompt, s.opt.Limits.PromptBytes); err != nil {
		return speech{}, err
	}
	if q.MaxTokens == 0 {
		q.MaxTokens = usualTokens
	}
	if q.Temperature == nil {
		q.Temperature = new(1.0)
	}
	if q.Seed == nil {
		q.Seed = new(uint64(1))
	}
	switch {
	case q.MaxTokens < 1 || q.MaxTokens > s.opt.Limits.Tokens:
		return speech{}, wrong("max_tokens", "is %d; expected 1 to %d", q.MaxTokens, s.opt.Limits.Tokens)
	case !(q.Pace >= 0 && q.Pace <= 1e6):
		return speech{}, wrong("pace", "is %g; expected 0 (as fast as it goes) to 1000000 tokens per second", q.Pace)
	case q.Alternatives < 0 || q.Alternatives > maxAlternatives:
		return speech{}, wrong("alternatives", "is %d; expected 0 to %d", q.Alternatives, maxAlternatives)
	}
	opt, err := options(*q.Temperature, q.TopK, orUsual(q.TopP, 1), q.MinP, q.MaxTokens)
	return speech{Options: opt, seed: *q.Seed, pace: q.Pace, alternatives: q.Alternatives}, err
}

// maxTemperature is where every distribution is flat.
const maxTemperature = 100

// options checks how to draw.
func options(temperature float64, topK int, topP, minP float64, maxTokens int) (sample.Options, error) {
	switch {
	case !(temperature >= 0 && temperature <= maxTemperature):
		return sample.Options{}, wrong("temperature", "is %g; expected 0 (always the likeliest) to %d", temperature, maxTemperature)
	case topK < 0 || topK > math.MaxInt32:
		return sample.Options{}, wrong("top_k", "is %d; expected 0 (all) or more", topK)
	case !(topP >= 0 && topP <= 1):
		return sample.Options{}, wrong("top_p", "is %g; expected 0 to 1", topP)
	case !(minP >= 0 && minP <= 1):
		return sample.Options{}, wrong("min_p", "is %g; expected 0 to 1", minP)
	}
	if topP == 0 { // the likeliest token alone, while the zero value of Options means all tokens
		topP, topK = 1, 1
	}
	return sample.Options{Temperature: temperature, TopK: topK, TopP: topP, MinP: minP, Max: maxTokens}, nil
}
