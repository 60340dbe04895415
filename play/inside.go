package play

import (
	"context"
	"fmt"
	"net/http"

	"lmzoo/lm"
	"lmzoo/ngram"
	"lmzoo/nn"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// insideRequest asks for the inner values of a model while it reads a prompt.
type insideRequest struct {
	Model  string    `json:"model"`
	Prompt string    `json:"prompt"`
	Token  *lm.Token `json:"token"` // backoff: the token to explain; null: the likeliest
	Layer  int       `json:"layer"` // signals: from 0
}

// seen is a token in the form that a view shows.
type seen struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
}

// insideAnswer holds the fields of one view; the others are absent.
type insideAnswer struct {
	Model string `json:"model"`
	View  string `json:"view"`
	// Tokens lists the visible tokens, the newest last; <bos> is the beginning of the document.
	Tokens []seen `json:"tokens"`

	Backoff *backoff          `json:"backoff,omitempty"`
	Loud    []float32         `json:"loudness,omitempty"` // voices: of each token
	Layer   int               `json:"layer"`              // signals
	Layers  int               `json:"layers,omitempty"`   // signals, attention
	Signals []signal          `json:"signals,omitempty"`
	Heads   int               `json:"heads,omitempty"`
	Att     [][][][]web.Float `json:"attention,omitempty"` // [layer][head][to][from]
}

// signal is a gate or a state over time.
type signal struct {
	Name   string        `json:"name"`
	Low    float64       `json:"low"` // bounds of the values; for the cell, the observed bounds
	High   float64       `json:"high"`
	Values [][]web.Float `json:"values"` // [token][unit]
}

// maxSeen is the number of tokens that a view shows, the last ones of a prompt.
const maxSeen = 48

func (s *Server) inside(_ context.Context, q insideRequest) (any, error) {
	if err := web.CheckText("prompt", q.Prompt, s.opt.Limits.PromptBytes); err != nil {
		return nil, err
	}
	e, err := s.models.Get("model", q.Model)
	if err != nil {
		return nil, err
	}
	return inside(e, q)
}

// The views of a model follow from its methods, independently of its species and module.
type (
	// explainer derives a probability from counts, one history at a time.
	explainer interface {
		Vocab() int
		Explain(context []lm.Token, next lm.Token) (*ngram.Explanation, error)
	}
	// contributor returns the contribution of each token of its window.
	contributor interface {
		Contributions(context []lm.Token) (window []lm.Token, weights []float32)
	}
	// tracer returns the gates and states of a layer over the last n tokens.
	tracer interface {
		Depth() int
		Trace(context []lm.Token, layer, n int) ([]lm.Token, []nn.Signal)
	}
	// attender returns attention weights, [layer][head][to][from].
	attender interface {
		Attention(context []lm.Token) ([]lm.Token, [][][][]float32)
	}
)

// insideView returns the name of a model's view, or "" if it has none.
func insideView(model any) string {
	switch model.(type) {
	case explainer:
		return "backoff"
	case contributor:
		return "voices"
	case tracer:
		return "signals"
	case attender:
		return "attention"
	}
	return ""
}

// inside returns the view of a model.
func inside(e *models.Model, q insideRequest) (*insideAnswer, error) {
	at := e.Read(q.Prompt, true)
	if _, err := e.LogProbs(at); err != nil {
		return nil, fmt.Errorf("%s: %w", e.ID, err) // the states of the model are NaN, too
	}
	a := &insideAnswer{Model: e.ID}
	a.View = insideView(e.Run.Model)
	switch m := e.Run.Model.(type) {
	case explainer:
		return a, backoffView(e, a, m, at, q.Token)
	case contributor:
		window, loud := m.Contributions(at.Tokens)
		a.Tokens, a.Loud = seenTokens(e, window), loud
		return a, nil
	case tracer:
		return a, signalsView(e, a, m, at, q.Layer)
	case attender:
		attentionView(e, a, m, at)
		return a, nil
	}
	return nil, web.Refuse(http.StatusNotFound, "model", "%s has no view of its internals", e.ID)
}

// seenTokens returns tokens in the form that a view shows.
func seenTokens(e *models.Model, tokens []lm.Token) []seen {
	out := []seen{}
	for _, t := range tokens {
		out = append(out, seen{t, e.Show(t)})
	}
	return out
}

func signalsView(e *models.Model, a *insideAnswer, m tracer, at models.Prompt, layer int) error {
	if layer < 0 || layer >= m.Depth() {
		return web.Invalid("layer", "is %d; want 0 to %d", layer, m.Depth()-1)
	}
	tokens, signals := m.Trace(at.Tokens, layer, maxSeen)
	a.Tokens, a.Layer, a.Layers = seenTokens(e, tokens), layer, m.Depth()
	for _, s := range signals {
		low, high := s.Range()
		out := signal{Name: s.Name, Low: low, High: high}
		for _, row := range s.Values {
			out.Values = append(out.Values, nums(row))
		}
		a.Signals = append(a.Signals, out)
	}
	return nil
}

func attentionView(e *models.Model, a *insideAnswer, m attender, at models.Prompt) {
	window, att := m.Attention(at.Tokens)
	from := max(0, len(window)-maxSeen)
	a.Tokens, a.Layers = seenTokens(e, window[from:]), len(att)
	for _, layer := range att {
		a.Heads = len(layer)
		var heads [][][]web.Float
		for _, head := range layer {
			var rows [][]web.Float
			for _, row := range head[from:] {
				rows = append(rows, nums(row[from:]))
			}
			heads = append(heads, rows)
		}
		a.Att = append(a.Att, heads)
	}
}

func nums(values []float32) []web.Float {
	out := make([]web.Float, len(values))
	for i, v := range values {
		out[i] = web.Float(v)
	}
	return out
}
