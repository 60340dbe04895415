package play

import (
	"fmt"
	"math"
	"net/http"

	"lmzoo/lm"
	"lmzoo/mlp"
	"lmzoo/ngram"
	"lmzoo/rnn"
	"lmzoo/transformer"
)

// insideRequest asks to look into a model while it reads a prompt.
type insideRequest struct {
	Model  string    `json:"model"`
	Prompt string    `json:"prompt"`
	Token  *lm.Token `json:"token"` // of the backoff view: whose probability to explain; null: the likeliest
	Layer  int       `json:"layer"` // of the signals view, from 0
}

// seen is a token in the window of a model.
type seen struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
}

// Views inside. Only the fields of the view are there.
type insideAnswer struct {
	Model string `json:"model"`
	View  string `json:"view"`
	// Tokens are what the view shows, the newest last; <bos> is the beginning of the document.
	Tokens []seen `json:"tokens"`

	Backoff *backoff    `json:"backoff,omitempty"`
	Loud    []float32   `json:"loudness,omitempty"` // voices: of each token
	Layer   int         `json:"layer"`              // signals
	Layers  int         `json:"layers,omitempty"`   // signals, attention
	Signals []signal    `json:"signals,omitempty"`
	Heads   int         `json:"heads,omitempty"`
	Att     [][][][]num `json:"attention,omitempty"` // [layer][head][to][from]
}

// signal is a gate or a state over time.
type signal struct {
	Name   string  `json:"name"`
	Low    float64 `json:"low"` // of what it can be; of the cell, of what it is
	High   float64 `json:"high"`
	Values [][]num `json:"values"` // [token][unit]
}

// num is a number for the eye: three digits after the point.
type num float32

// MarshalJSON implements json.Marshaler.
func (n num) MarshalJSON() ([]byte, error) {
	return appendThousandths(nil, float64(n)), nil
}

// maxSeen bounds what a view shows; longer prompts are shown from the end.
const maxSeen = 48

func (s *Server) inside(w http.ResponseWriter, r *http.Request) error {
	var q insideRequest
	if err := read(w, r, &q, bodyOf(s.opt.Limits.PromptBytes), false); err != nil {
		return err
	}
	if err := checkText("prompt", q.Prompt, s.opt.Limits.PromptBytes); err != nil {
		return err
	}
	e, err := s.exhibits.get("model", q.Model)
	if err != nil {
		return err
	}
	a, err := e.inside(q)
	if err != nil {
		return err
	}
	reply(w, http.StatusOK, a)
	return nil
}

// inside opens the view of an era.
func (e *exhibit) inside(q insideRequest) (*insideAnswer, error) {
	at := e.readPrompt(q.Prompt, true)
	if _, err := e.memory.next(at.tokens); err != nil {
		return nil, fmt.Errorf("%s: %w", e.id, err) // NaN in its states, too
	}
	a := &insideAnswer{Model: e.id}
	switch m := e.run.Model.(type) {
	case *ngram.Model:
		return a, e.backoff(a, m, at, q.Token)
	case *mlp.Model:
		window, loud := m.Voices(at.tokens)
		a.View, a.Tokens, a.Loud = "voices", e.seen(window), loud
		return a, nil
	case *rnn.Model:
		return a, e.signals(a, m, at, q.Layer)
	case *transformer.Model:
		e.attention(a, m, at)
		return a, nil
	}
	return nil, refuse(http.StatusNotFound, "model", "there is nothing to see inside %s", e.id)
}

func (e *exhibit) seen(tokens []lm.Token) []seen {
	out := []seen{}
	for _, t := range tokens {
		out = append(out, seen{t, e.show(t)})
	}
	return out
}

func (e *exhibit) signals(a *insideAnswer, m *rnn.Model, at reading, layer int) error {
	if layer < 0 || layer >= m.Config.Layers {
		return wrong("layer", "is %d; expected 0 to %d", layer, m.Config.Layers-1)
	}
	tokens, signals := m.Trace(at.tokens, layer, maxSeen)
	a.View, a.Tokens, a.Layer, a.Layers = "signals", e.seen(tokens), layer, m.Config.Layers
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

func (e *exhibit) attention(a *insideAnswer, m *transformer.Model, at reading) {
	window, att := m.Attention(at.tokens)
	from := max(0, len(window)-maxSeen)
	a.View, a.Tokens, a.Layers, a.Heads = "attention", e.seen(window[from:]), m.Config.NLayer, m.Config.NHead
	for _, layer := range att {
		var heads [][][]num
		for _, head := range layer {
			var rows [][]num
			for _, row := range head[from:] {
				rows = append(rows, nums(row[from:]))
			}
			heads = append(heads, rows)
		}
		a.Att = append(a.Att, heads)
	}
}

func nums(values []float32) []num {
	out := make([]num, len(values))
	for i, v := range values {
		out[i] = num(v)
	}
	return out
}
