package play

import (
	"context"
	"fmt"
	"net/http"

	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/transformer"
)

// insideRequest asks for the inner values of a model while it reads a prompt.
type insideRequest struct {
	Model  string             `json:"model"`
	Prompt string             `json:"prompt"`
	View   string             `json:"view"`   // "": the model's first view
	Token  *lm.Token          `json:"token"`  // backoff: the token to explain; null: the likeliest
	Layer  *int               `json:"layer"`  // from 0; flow: null means the layer of the sharpest head
	Head   *int               `json:"head"`   // flow: from 0
	Gap    *int               `json:"gap"`    // flow of BERT, fill: the token to mask; null: the last
	Ablate []transformer.Head `json:"ablate"` // flow: heads to replace by their means
}

// seen is a token in the form that a view shows.
type seen struct {
	ID   lm.Token `json:"id"`
	Text string   `json:"text"`
}

// insideAnswer holds the fields of one view; the fields of other views are absent.
type insideAnswer struct {
	Model string `json:"model"`
	View  string `json:"view"`
	// Tokens lists the visible tokens, the newest last; <bos> is the beginning of the document.
	Tokens []seen `json:"tokens"`

	Backoff *backoff          `json:"backoff,omitempty"`
	Loud    []float32         `json:"loudness,omitempty"` // voices: contribution of each token
	Layer   int               `json:"layer"`              // signals, units
	Layers  int               `json:"layers,omitempty"`   // signals, units, attention, flow
	Signals []signal          `json:"signals,omitempty"`
	Heads   int               `json:"heads,omitempty"`     // attention, flow
	Att     [][][][]web.Float `json:"attention,omitempty"` // [layer][head][to][from]
	Flow    *flow             `json:"flow,omitempty"`
	Fill    *fill             `json:"fill,omitempty"`
}

// maxSeen is the maximum number of tokens that a view shows, from the end of the prompt.
const maxSeen = 48

// view shows inner values of a model.
type view struct {
	name string
	// offered reports whether a model has the view.
	offered func(model any) bool
	draw    func(e *models.Model, q insideRequest, a *insideAnswer) error
}

// viewOf returns the view of all models that have the methods of M, whatever their species or
// module.
func viewOf[M any](name string,
	draw func(e *models.Model, m M, q insideRequest, a *insideAnswer) error) view {
	return view{
		name:    name,
		offered: func(model any) bool { _, ok := model.(M); return ok },
		draw: func(e *models.Model, q insideRequest, a *insideAnswer) error {
			return draw(e, e.Run.Model.(M), q, a)
		},
	}
}

// insideViews lists the views in the order in which a model shows them.
var insideViews = []view{
	viewOf("backoff", backoffView),
	viewOf("voices", voicesView),
	viewOf("signals", signalsView),
	viewOf("units", unitsView),
	viewOf("fill", fillView),
	viewOf("flow", flowView),
	viewOf("attention", attentionView).unless(isInspector), // flow shows the same, and more
}

// unless returns the view without the models for which not is true.
func (v view) unless(not func(model any) bool) view {
	offered := v.offered
	v.offered = func(model any) bool { return offered(model) && !not(model) }
	return v
}

func isInspector(model any) bool { _, ok := model.(transformer.Inspector); return ok }

// viewsOf returns the views that a model has.
func viewsOf(model any) (has []view) {
	for _, v := range insideViews {
		if v.offered(model) {
			has = append(has, v)
		}
	}
	return has
}

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

// inside returns the requested view of a model.
func inside(e *models.Model, q insideRequest) (*insideAnswer, error) {
	if e.LM != nil {
		if _, err := e.LogProbs(e.Read(q.Prompt, true)); err != nil {
			return nil, fmt.Errorf("%s: %w", e.ID, err) // the states of the model are NaN, too
		}
	}
	has := viewsOf(e.Run.Model)
	if len(has) == 0 {
		return nil, web.Refuse(http.StatusNotFound, "model", "%s has no view of its internals",
			e.ID)
	}
	for _, v := range has {
		if q.View == "" || q.View == v.name {
			a := &insideAnswer{Model: e.ID, View: v.name}
			return a, v.draw(e, q, a)
		}
	}
	return nil, web.Invalid("view", "is %.40q; want a view of %s, which GET /api/models lists",
		q.View, e.ID)
}

// seenTokens returns tokens in the form that a view shows.
func seenTokens(e *models.Model, tokens []lm.Token) []seen {
	out := []seen{}
	for _, t := range tokens {
		out = append(out, seen{t, e.Show(t)})
	}
	return out
}

// contributor returns the contribution of each token of its window.
type contributor interface {
	Contributions(context []lm.Token) (window []lm.Token, weights []float32)
}

func voicesView(e *models.Model, m contributor, q insideRequest, a *insideAnswer) error {
	window, loud := m.Contributions(e.Read(q.Prompt, true).Tokens)
	a.Tokens, a.Loud = seenTokens(e, window), loud
	return nil
}

// attender returns attention weights, [layer][head][to][from].
type attender interface {
	Attention(context []lm.Token) ([]lm.Token, [][][][]float32)
}

func attentionView(e *models.Model, m attender, q insideRequest, a *insideAnswer) error {
	window, att := m.Attention(e.Read(q.Prompt, true).Tokens)
	from := max(0, len(window)-maxSeen)
	a.Tokens, a.Layers = seenTokens(e, window[from:]), len(att)
	a.Heads, a.Att = len(att[0]), cropped(att, from, len(window))
	return nil
}

// cropped returns the weights between the positions from ≤ i < to, [layer][head][to][from].
func cropped(att [][][][]float32, from, to int) (out [][][][]web.Float) {
	for _, layer := range att {
		var heads [][][]web.Float
		for _, head := range layer {
			var rows [][]web.Float
			for _, row := range head[from:to] {
				rows = append(rows, nums(row[from:min(to, len(row))]))
			}
			heads = append(heads, rows)
		}
		out = append(out, heads)
	}
	return out
}

func nums(values []float32) []web.Float {
	out := make([]web.Float, len(values))
	for i, v := range values {
		out[i] = web.Float(v)
	}
	return out
}
