package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"lmzoo/lm/sample"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/prompt"
)

// question is a request to ask several models the same question.
type question struct {
	Models      []string `json:"models"` // empty: all
	Question    string   `json:"question"`
	Tools       []string `json:"tools"`       // the tools to offer: calculator, lookup
	Temperature float64  `json:"temperature"` // 0: always the likeliest token
	MaxTokens   int      `json:"max_tokens"`  // maximum number of tokens; 0: 60
	Samples     int      `json:"samples"`     // answers of each model; 0: 1
	Seed        *uint64  `json:"seed"`        // random seed of the first answer; null: 1
	Pace        float64  `json:"pace"`        // maximum tokens per second of an answer (0: no limit)

	sampling sample.Options
}

const (
	defaultTokens = 60
	maxSamples    = 4
	maxAnswers    = 32 // answers of all models to a question
	maxPace       = 1e6
)

// event is a part of an answer.
type event struct {
	name string // text, call, result, note or end

	Model   string             `json:"model"`
	Sample  int                `json:"sample"`
	Text    string             `json:"text,omitempty"`
	Call    *prompt.Call       `json:"call,omitempty"`
	Reason  string             `json:"reason,omitempty"` // stop, length, time or error
	Error   string             `json:"error,omitempty"`
	Count   int                `json:"count,omitempty"` // tokens that the model wrote
	Answer  []prompt.Message   `json:"answer,omitempty"`
	Gold    *gold              `json:"gold,omitempty"`
	Rewards map[string]float64 `json:"rewards,omitempty"` // scores by reward models
}

// ask streams the answers of several models, each at its own speed.
func (a *API) ask(w http.ResponseWriter, r *http.Request) {
	var q question
	err := a.Desk.Read(w, r, &q, web.BodyOf(a.Limits.PromptBytes))
	var some []participant
	if err == nil {
		some, err = a.some(q.Models)
	}
	if err == nil {
		err = a.check(&q, some)
	}
	if err != nil {
		a.Desk.Fail(w, err)
		return
	}
	a.Desk.Stream(w, r, a.Streams, func(ctx context.Context, out *web.Stream) {
		ctx, cancel := context.WithTimeout(ctx, a.Limits.Time)
		defer cancel()
		events := make(chan event)
		for _, p := range some {
			for i := range q.Samples {
				go func() { events <- a.answer(ctx, p, &q, i, events) }()
			}
		}
		relay(out, events, len(some)*q.Samples, cancel)
	})
}

// check checks a question and fills in its defaults.
func (a *API) check(q *question, some []participant) error {
	if err := web.CheckText("question", q.Question, a.Limits.PromptBytes); err != nil {
		return err
	}
	q.MaxTokens, q.Samples = orElse(q.MaxTokens, defaultTokens), orElse(q.Samples, 1)
	if q.Seed == nil {
		q.Seed = new(uint64(1))
	}
	switch {
	case q.Question == "":
		return web.Invalid("question", "is empty; want a text")
	case q.MaxTokens < 1 || q.MaxTokens > a.Limits.Tokens:
		return web.Invalid("max_tokens", "is %d; want 1 to %d", q.MaxTokens, a.Limits.Tokens)
	case q.Samples < 1 || q.Samples > maxSamples:
		return web.Invalid("samples", "is %d; want 1 to %d", q.Samples, maxSamples)
	case q.Samples*len(some) > maxAnswers:
		return web.Invalid("samples", "makes %d answers of %d models; want at most %d in all",
			q.Samples*len(some), len(some), maxAnswers)
	case !(q.Pace >= 0 && q.Pace <= maxPace):
		return web.Invalid("pace", "is %g; want 0 (no limit) to %g tokens per second", q.Pace,
			maxPace)
	}
	for i, name := range q.Tools {
		known := false
		for _, tool := range tools {
			known = known || tool == name
		}
		if !known || i >= len(tools) {
			return web.Invalid("tools", "has %.40q; want calculator, lookup or both", name)
		}
	}
	var err error
	q.sampling, err = models.Sampling(q.Temperature, 0, 1, 0, q.MaxTokens)
	return err
}

func orElse(n, usual int) int {
	if n == 0 {
		return usual
	}
	return n
}

// relay sends the events of n answers. If the client leaves, it cancels the answers and waits for
// them to end.
func relay(out *web.Stream, events <-chan event, n int, cancel context.CancelFunc) {
	left := false
	for n > 0 {
		ev := <-events
		if ev.name == "end" {
			n--
		}
		if !left && out.Send(ev.name, ev) != nil {
			left = true
			cancel()
		}
	}
	if !left {
		_ = out.Raw("done", []byte("{}")) // fails if the client has left
	}
}

// answer sends the parts of an answer and returns its end.
func (a *API) answer(ctx context.Context, p participant, q *question, i int,
	events chan<- event) (end event) {
	end = event{name: "end", Model: p.Model, Sample: i}
	defer func() { // net/http does not recover panics in this goroutine
		if fault := recover(); fault != nil {
			end.Reason, end.Error = "error", fmt.Sprintf("internal error: %v", fault)
		}
	}()
	send := func(name, text string, call *prompt.Call) bool {
		events <- event{name: name, Model: p.Model, Sample: i, Text: text, Call: call}
		return ctx.Err() == nil
	}
	var err error
	if p.Answers {
		err = a.converse(ctx, p, q, &end, send)
	} else {
		err = proceed(ctx, p.model, q, &end, send)
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		end.Reason = "time"
	case ctx.Err() != nil: // the client has left
		end.Reason, end.Error = "error", "the playground was closed"
	case err != nil:
		end.Reason, end.Error = "error", err.Error()
	}
	return end
}

// converse lets a model answer, with its tools, and judges the answer.
func (a *API) converse(ctx context.Context, p participant, q *question, end *event,
	send func(name, text string, call *prompt.Call) bool) error {
	o := prompt.Options{Options: q.sampling, Rand: sample.Rand(*q.Seed + uint64(end.Sample))}
	var err error
	if o.Tools, err = a.tools(p.model, q.Tools); err != nil {
		return err
	}
	asked := []prompt.Message{{Role: prompt.User, Content: q.Question}}
	if len(q.Tools) > 0 {
		offer := prompt.Message{Role: prompt.System, Content: prompt.Offer(q.Tools)}
		asked = []prompt.Message{offer, asked[0]}
	}
	begin := time.Now()
	reply, err := prompt.Answer(ctx, p.model.LM, p.layout, asked, o, func(x prompt.Piece) bool {
		if x.Kind == prompt.PieceEnd {
			return true
		}
		end.Count += len(x.Tokens)
		return send(string(x.Kind), x.Text, x.Call) &&
			models.KeepPace(ctx, begin, end.Count, q.Pace) == nil
	})
	if err != nil || ctx.Err() != nil {
		return err
	}
	end.Reason, end.Count, end.Answer = reply.End, reply.Written, reply.Messages
	end.Gold, end.Rewards = a.gold(p.model, q, reply), a.rewards(p.model, asked, reply)
	return nil
}

// proceed lets a model that does not answer continue the text of the question.
func proceed(ctx context.Context, m *models.Model, q *question, end *event,
	send func(name, text string, call *prompt.Call) bool) error {
	speech := models.Speech{Prompt: m.Read(q.Question, false), Options: q.sampling,
		Seed: *q.Seed + uint64(end.Sample), Pace: q.Pace}
	var err error
	end.Reason, err = m.Speak(ctx, speech, func(u models.Utterance) bool {
		end.Count += len(u.Tokens)
		return send("text", u.Text, nil)
	})
	return err
}
