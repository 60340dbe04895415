package play

import (
	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// tracer returns the gates and states of a layer over the last n tokens.
type tracer interface {
	Depth() int
	Trace(context []lm.Token, layer, n int) ([]lm.Token, []nn.Signal)
}

// signal is a gate or a state over time.
type signal struct {
	Name   string        `json:"name"`
	Low    float64       `json:"low"` // bounds of the values; for the cell, the observed bounds
	High   float64       `json:"high"`
	Values [][]web.Float `json:"values"` // [token][unit]
}

func signalsView(e *models.Model, m tracer, q insideRequest, a *insideAnswer) error {
	signals, err := traced(e, m, q, a, maxSeen)
	for _, s := range signals {
		a.Signals = append(a.Signals, picture(s))
	}
	return err
}

// maxRead is the number of tokens that the view of one unit shows.
const maxRead = 240

// memories names the signals that carry the memory of a layer, the best signal first.
var memories = []string{"c", "h"}

// unitsView shows the memory of a layer, for colouring the text by one unit (Karpathy, Johnson and
// Li 2015, "Visualizing and Understanding Recurrent Networks").
func unitsView(e *models.Model, m tracer, q insideRequest, a *insideAnswer) error {
	signals, err := traced(e, m, q, a, maxRead)
	for _, name := range memories {
		for _, s := range signals {
			if s.Name == name && len(a.Signals) == 0 {
				a.Signals = append(a.Signals, picture(s))
			}
		}
	}
	return err
}

// traced returns the signals of the requested layer over at most n tokens.
func traced(e *models.Model, m tracer, q insideRequest, a *insideAnswer,
	n int) ([]nn.Signal, error) {
	layer := 0
	if q.Layer != nil {
		layer = *q.Layer
	}
	if layer < 0 || layer >= m.Depth() {
		return nil, web.Invalid("layer", "is %d; want 0 to %d", layer, m.Depth()-1)
	}
	tokens, signals := m.Trace(e.Read(q.Prompt, true).Tokens, layer, n)
	a.Tokens, a.Layer, a.Layers = seenTokens(e, tokens), layer, m.Depth()
	return signals, nil
}

// picture converts a signal to the form that a view shows.
func picture(s nn.Signal) signal {
	low, high := s.Range()
	out := signal{Name: s.Name, Low: low, High: high}
	for _, row := range s.Values {
		out.Values = append(out.Values, nums(row))
	}
	return out
}
