// Package openai serves models through the part of OpenAI's API that applies to them: the list of
// models, the legacy completions and the chat completions.
package openai

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"lmzoo/play/models"
	"lmzoo/play/web"
)

// API answers the requests below /v1/.
type API struct {
	Desk   *web.Desk
	Models *models.Set
	Limits Limits
	Began  time.Time // start of the service
	Now    func() time.Time

	// Requests admits short requests, Brief admits completions of few tokens, and Streams admits
	// all others.
	Requests, Brief, Streams *web.Gate
}

// Limits bounds the size of a request.
type Limits struct {
	PromptBytes int
	Tokens      int           // maximum number of tokens per choice
	Entries     int           // tokens × (1 + logprobs) of an unstreamed answer
	Time        time.Duration // time limit for computing an answer
}

// briefTokens is the maximum number of tokens, read and generated, of a brief completion.
const briefTokens = 1024

// Routes returns the handlers by pattern.
func (a *API) Routes() map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"GET /v1/models": func(w http.ResponseWriter, r *http.Request) {
			a.Desk.Answer(w, r, a.Requests, a.list)
		},
		"GET /v1/models/{model}": func(w http.ResponseWriter, r *http.Request) {
			a.Desk.Answer(w, r, a.Requests, func(context.Context) (any, error) {
				m, err := a.Models.GetCausal("model", r.PathValue("model"))
				if err != nil {
					return nil, err
				}
				return a.describe(m), nil
			})
		},
		"POST /v1/completions":      a.completions,
		"POST /v1/chat/completions": a.chat,
		"/v1/": func(w http.ResponseWriter, r *http.Request) {
			a.Desk.Answer(w, r, a.Requests,
				func(context.Context) (any, error) { return nil, unknownPath(r) })
		},
	}
}

// model describes a model in the form of OpenAI's API.
type model struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func (a *API) describe(m *models.Model) model {
	return model{m.ID, "model",
		a.Began.Unix(), "lmzoo"}
}

func (a *API) list(context.Context) (any, error) {
	data := []model{}
	for _, m := range a.Models.Causal() {
		data = append(data, a.describe(m))
	}
	return map[string]any{"object": "list", "data": data}, nil
}

// completions answers like OpenAI's /v1/completions.
func (a *API) completions(w http.ResponseWriter, r *http.Request) {
	var q request
	body := web.BodyOf(a.Limits.PromptBytes)
	body.Loose = true
	if err := a.Desk.Read(w, r, &q, body); err != nil {
		a.Desk.Fail(w, err)
		return
	}
	c, err := a.plan(&q)
	if err != nil {
		a.Desk.Fail(w, err)
		return
	}
	gate := a.Streams
	if c.tokens() <= briefTokens {
		gate = a.Brief
	}
	a.serve(w, r, c, q.Stream, gate)
}

// writer is a request that is being answered, as a stream of events or as a whole.
type writer interface {
	stream(ctx context.Context, out *web.Stream) error
	whole(ctx context.Context) (any, error)
}

// serve answers a request within the time that the API allows. A stream always waits at the gate of
// streams; a whole answer waits at gate.
func (a *API) serve(
	w http.ResponseWriter, r *http.Request, c writer, stream bool, gate *web.Gate,
) {
	if stream {
		a.Desk.Stream(w, r, a.Streams, func(ctx context.Context, out *web.Stream) {
			ctx, cancel := context.WithTimeout(ctx, a.Limits.Time)
			defer cancel()
			if err := c.stream(ctx, out); err != nil {
				_ = out.Error(err) // fails if the client has left
			}
		})
		return
	}
	a.Desk.Answer(w, r, gate, func(ctx context.Context) (any, error) {
		ctx, cancel := context.WithTimeout(ctx, a.Limits.Time)
		defer cancel()
		return c.whole(ctx)
	})
}

// unknownPath refuses a path that the API does not have.
func unknownPath(r *http.Request) error {
	if r.URL.Path == "/v1/responses" {
		return web.Refuse(http.StatusNotFound, "",
			"there is no /v1/responses; use /v1/chat/completions or /v1/completions")
	}
	return web.Refuse(http.StatusNotFound, "",
		"there is nothing at %s %.80q; docs/api.md lists the paths", r.Method, r.URL.Path)
}

// plan checks a request and prepares its completion.
func (a *API) plan(q *request) (*completing, error) {
	m, err := a.Models.GetCausal("model", q.Model)
	if err != nil {
		return nil, err
	}
	s, err := a.check(q, m)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	c := &completing{Speech: s, q: q, m: m, head: completion{
		ID: fmt.Sprintf("cmpl-%d", now.UnixNano()), Object: "text_completion",
		Created: now.Unix(), Model: m.ID,
	}}
	if n := c.entries(); !q.Stream && n > a.Limits.Entries {
		return nil, web.Invalid("max_tokens",
			"makes an answer of %d entries (tokens × (1 + logprobs), over all "+
				"prompts and choices); "+
				"want at most %d; ask for less, or set stream", n, a.Limits.Entries)
	}
	return c, nil
}
