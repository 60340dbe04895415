package play

import (
	"strings"

	"lmzoo/corpus"
	"lmzoo/lm"
	"lmzoo/play/models"
	"lmzoo/play/web"
	"lmzoo/task"
	"lmzoo/transformer"
)

// gap is a text with one hidden token, for models that read both sides of it.
type gap struct {
	tokens []lm.Token
	at     int
	// hidden is the token behind the gap; nil if the prompt itself has a gap.
	hidden *seen
}

// gapOf returns the prompt with its gap: at [MASK], at the requested token, or at the last token.
func gapOf(e *models.Model, q insideRequest) (gap, error) {
	tok := e.Tokenizer()
	if strings.Contains(q.Prompt, task.Gap) {
		cloze, err := task.ParseCloze(q.Prompt)
		if err != nil {
			return gap{}, web.Invalid("prompt", "has %s more than once; want one gap", task.Gap)
		}
		mask, ok := corpus.Special(tok, transformer.MaskName)
		if !ok {
			mask = lm.BOS
		}
		left := tok.Encode(nil, strings.TrimRight(cloze.Left, " "))
		return gap{tokens: append(append(left, mask), tok.Encode(nil, cloze.Right)...),
			at: len(left)}, nil
	}
	g := gap{tokens: tok.Encode(nil, q.Prompt)}
	g.at = len(g.tokens) - 1
	if g.at < 0 {
		return g, web.Invalid("prompt", "is empty; want a text with %s, or with a token to mask",
			task.Gap)
	}
	if q.Gap != nil {
		if g.at = *q.Gap; g.at < 0 || g.at >= len(g.tokens) {
			return g, web.Invalid("gap", "is %d; want a token from 0 to %d", g.at, len(g.tokens)-1)
		}
	}
	t := g.tokens[g.at]
	g.hidden = &seen{t, e.Show(t)}
	return g, nil
}

// fill holds the probabilities of a text under a model that reads both sides: of each token given
// all others, and of the likeliest tokens in the gap.
type fill struct {
	From   int         `json:"from"`        // index of the first visible token
	Gap    int         `json:"gap"`         // index of the gap
	P      []float64   `json:"p,omitempty"` // probability of each visible token given all others
	Hidden *seen       `json:"hidden,omitempty"`
	Next   []candidate `json:"next"` // the likeliest tokens in the gap
}

func fillView(e *models.Model, m lm.Filler, q insideRequest, a *insideAnswer) error {
	g, err := gapOf(e, q)
	if err != nil {
		return err
	}
	probs := m.FillLogProbs(nil, g.tokens, g.at)
	if err := lm.CheckLogProbs(probs); err != nil {
		return err
	}
	from, to := around(g.at, len(g.tokens), maxSeen)
	a.Tokens = seenTokens(e, g.tokens[from:to])
	f := &fill{From: from, Gap: g.at, Hidden: g.hidden, Next: candidates(e, probs, defaultTop)}
	if g.hidden != nil {
		f.P = exps(lm.FillScore(m, g.tokens, from, to))
	}
	a.Fill = f
	return nil
}

// around returns the range of at most n positions of [0, length) with at in its middle, if
// possible.
func around(at, length, n int) (from, to int) {
	from = max(0, min(at-n/2, length-n))
	return from, min(length, from+n)
}
