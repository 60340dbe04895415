package play

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/ngram"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/rnn"
	"lmzoo/transformer"
)

// insideRequest asks what a model computes while it reads a prompt.
type insideRequest struct {
	Model  string    `json:"model"`
	Prompt string    `json:"prompt"`
	Token  *lm.Token `json:"token"` // backoff: the token to explain; null: the likeliest
	Layer  int       `json:"layer"` // signals: from 0
}

// seen is a token as a view shows it.
type seen struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
}

// insideAnswer holds the fields of one view; the others are absent.
type insideAnswer struct {
	Model string `json:"model"`
	View  string `json:"view"`
	// Tokens are the tokens on view, the newest last; <bos> is the beginning of the document.
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
	Low    float64       `json:"low"` // bounds of the values; for the cell, the observed ones
	High   float64       `json:"high"`
	Values [][]web.Float `json:"values"` // [token][unit]
}

// maxSeen is how many tokens a view shows: the last ones of a prompt.
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

// inside returns the view of a model's era.
func inside(e *models.Model, q insideRequest) (*insideAnswer, error) {
	at := e.Read(q.Prompt, true)
	if _, err := e.LogProbs(at); err != nil {
		return nil, fmt.Errorf("%s: %w", e.ID, err) // its states are NaN, too
	}
	a := &insideAnswer{Model: e.ID}
	switch m := e.Run.Model.(type) {
	case *ngram.Model:
		return a, backoffView(e, a, m, at, q.Token)
	case *mlp.Model:
		window, loud := m.Contributions(at.Tokens)
		a.View, a.Tokens, a.Loud = "voices", seenTokens(e, window), loud
		return a, nil
	case *rnn.Model:
		return a, signalsView(e, a, m, at, q.Layer)
	case *transformer.Model:
		attentionView(e, a, m, at)
		return a, nil
	}
	return nil, web.Refuse(http.StatusNotFound, "model", "%s has no view of its inside", e.ID)
}

// seenTokens returns tokens as a view shows them.
func seenTokens(e *models.Model, tokens []lm.Token) []seen {
	out := []seen{}
	for _, t := range tokens {
		out = append(out, seen{t, e.Show(t)})
	}
	return out
}

func signalsView(e *models.Model, a *insideAnswer, m *rnn.Model, at models.Prompt,
	layer int) error {
	if layer < 0 || layer >= m.Config.Layers {
		return web.Invalid("layer", "is %d; want 0 to %d", layer, m.Config.Layers-1)
	}
	tokens, signals := m.Trace(at.Tokens, layer, maxSeen)
	a.View, a.Tokens, a.Layer, a.Layers = "signals", seenTokens(e, tokens), layer, m.Config.Layers
	for _, s := range signals {
		out := signal{Name: s.Name, Low: -1, High: 1}
		switch s.Name {
		case "i", "f", "o", "r", "z":
			out.Low = 0
		case "c":
			out.High = 1
			for _, row := range s.Values {
				for _, v := range row {
					out.High = max(out.High, math.Abs(float64(v)))
				}
			}
			out.Low = -out.High
		}
		for _, row := range s.Values {
			out.Values = append(out.Values, nums(row))
		}
		a.Signals = append(a.Signals, out)
	}
	return nil
}

func attentionView(e *models.Model, a *insideAnswer, m *transformer.Model, at models.Prompt) {
	window, att := m.Attention(at.Tokens)
	from := max(0, len(window)-maxSeen)
	a.View, a.Tokens, a.Layers, a.Heads = "attention", seenTokens(e,
		window[from:]), m.Config.NLayer, m.Config.NHead
	for _, layer := range att {
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
