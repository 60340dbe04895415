package play

import (
	"lmzoo/lm"
	"lmzoo/ngram"
	"lmzoo/play/models"
	"lmzoo/play/web"
)

// backoff holds the derivation of a probability of an n-gram model: the histories that it uses and
// their counts.
type backoff struct {
	Token     seen    `json:"token"`
	P         float64 `json:"p"`
	Smoothing string  `json:"smoothing"`
	Order     int     `json:"order"`
	// Steps lists the histories from the longest to the shortest.
	Steps []backoffStep `json:"steps"`
	// Answered is the index of the step with the longest history that the token follows, or −1 if
	// there is none.
	Answered   int         `json:"answered"`
	Candidates []candidate `json:"candidates"` // further tokens to explain
}

// backoffStep is the contribution of one history.
type backoffStep struct {
	History []seen `json:"history"`
	ngram.Step
}

const maxCandidates = 20

// explainer derives a probability from counts, one history at a time.
type explainer interface {
	Vocab() int
	Explain(context []lm.Token, next lm.Token) (*ngram.Explanation, error)
}

func backoffView(e *models.Model, m explainer, q insideRequest, a *insideAnswer) error {
	at, token := e.Read(q.Prompt, true), q.Token
	logProbs, err := e.LogProbs(at)
	if err != nil {
		return err
	}
	b := &backoff{Answered: -1, Candidates: candidates(e, logProbs, maxCandidates)}
	if token == nil && len(b.Candidates) > 0 {
		token = &b.Candidates[0].ID
	}
	if token == nil || *token < 0 || int(*token) >= m.Vocab() {
		return web.Invalid("token", "is not in the vocabulary; want 0 to %d", m.Vocab()-1)
	}
	x, err := m.Explain(at.Tokens, *token)
	if err != nil {
		return err
	}
	b.Token, b.P, b.Smoothing, b.Order = seen{x.Token,
		e.Show(x.Token)}, x.Prob, x.Smoothing, x.Order
	for i := len(x.Steps) - 1; i >= 0; i-- {
		s := x.Steps[i]
		if s.Seen && b.Answered < 0 {
			b.Answered = len(b.Steps)
		}
		b.Steps = append(b.Steps, backoffStep{seenTokens(e, s.History), s})
	}
	a.Tokens, a.Backoff = seenTokens(e, x.History), b
	return nil
}
