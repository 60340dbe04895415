package play

import (
	"math"

	"lmzoo/lm/sample"
	"lmzoo/play/models"
)

// drawing holds the sampling fields of a request for the next token. Without any of these fields,
// no token is sampled.
type drawing struct {
	Temperature *float64 `json:"temperature"` // null: 1
	TopK        int      `json:"top_k"`
	TopP        *float64 `json:"top_p"` // null: 1; 0 is greedy
	MinP        float64  `json:"min_p"`
	Seed        *uint64  `json:"seed"` // null: 1
}

// drawn is the outcome of sampling from a distribution.
type drawn struct {
	Kept  int       `json:"kept"`  // number of tokens that are still possible
	Token candidate `json:"token"` // the token that the seed draws
}

// wanted reports whether the request has a sampling field.
func (d drawing) wanted() bool {
	return d.Temperature != nil || d.TopK != 0 || d.TopP != nil || d.MinP != 0 || d.Seed != nil
}

// options returns the fields as sampling options, or an error for an invalid field.
func (d drawing) options() (sample.Options, error) {
	return models.Sampling(or(d.Temperature, 1), d.TopK, or(d.TopP, 1), d.MinP, 0)
}

func or[T any](p *T, usual T) T {
	if p == nil {
		return usual
	}
	return *p
}

// draw adds the probabilities after temperature and cuts, and draws a token.
func (a *nextAnswer) draw(m *models.Model, at models.Prompt, q nextRequest,
	logProbs []float64) error {
	opt, err := q.options()
	if err != nil {
		return err
	}
	warps, err := opt.Warps()
	if err != nil {
		return err
	}
	warped := append([]float64(nil), logProbs...)
	t, err := sample.New(sample.Rand(or(q.Seed, 1)), warps...).Draw(warped)
	if err != nil {
		return err
	}
	for i := range a.Next {
		a.Next[i].Q = new(math.Exp(warped[a.Next[i].ID]))
	}
	a.Drawn = &drawn{Token: candidate{ID: t, Text: m.Show(t), P: math.Exp(logProbs[t]),
		Q: new(math.Exp(warped[t]))}}
	if text, ok := m.Appended(at, q.Prompt, t); ok {
		a.Drawn.Token.Append = &text
	}
	for _, p := range warped {
		if !math.IsInf(p, -1) {
			a.Drawn.Kept++
		}
	}
	return nil
}
