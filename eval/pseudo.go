package eval

import (
	"context"
	"fmt"
	"math"
	"sync"

	"lmzoo/corpus"
	"lmzoo/lm"
)

// Pseudo is the pseudo-log-likelihood of documents under a model that reads both sides of every
// token: Σ ln P(token | all others) (Salazar et al. 2020, "Masked language model scoring", eq. 1).
// It is not the probability of a text, because the terms are not a factorization of that
// probability. It is therefore never compared with the Result of a causal model.
type Pseudo struct {
	Nats      float64 `json:"nats"` // −Σ ln P(token | all others)
	Tokens    int     `json:"tokens"`
	Documents int     `json:"documents"`
}

// Perplexity is the pseudo-perplexity exp(nats per token) (eq. 4).
func (p Pseudo) Perplexity() float64 { return math.Exp(p.Nats / float64(p.Tokens)) }

// pseudoPart is the number of tokens that are scored between two checks of the context.
const pseudoPart = 256

// PseudoRun scores the tokens of every document, without the BOS that ends it, because no model
// reads past the end. The options in use are Threads and Progress, which here counts tokens. The
// number of threads changes no bit.
func PseudoRun(ctx context.Context, f lm.Filler, tok corpus.Tokenizer, docs []corpus.Document,
	opt Options) (Pseudo, error) {
	if f.Vocab() != tok.Vocab() {
		return Pseudo{}, fmt.Errorf("the model has %d tokens, but the tokenizer %q has %d; use "+
			"the tokenizer that the model was trained with", f.Vocab(), tok.Name(), tok.Vocab())
	}
	var parts []pseudoJob
	total := 0
	for i, d := range docs {
		tokens := tok.Encode(nil, d.Text)
		total += len(tokens)
		for from := 0; from < len(tokens); from += pseudoPart {
			parts = append(parts, pseudoJob{i, tokens, from, min(from+pseudoPart, len(tokens))})
		}
	}
	if total == 0 {
		return Pseudo{}, fmt.Errorf("the text has no tokens (%d documents); choose a larger text "+
			"or another split", len(docs))
	}
	scores := make([][]float64, len(parts))
	var mu sync.Mutex // guards done and the order of Progress
	done := 0
	err := each(ctx, len(parts), opt.Threads, func(i int) {
		p := parts[i]
		scores[i] = lm.FillScore(f, p.tokens, p.from, p.to)
		if opt.Progress != nil && ctx.Err() == nil {
			mu.Lock()
			done += p.to - p.from
			opt.Progress(done, total)
			mu.Unlock()
		}
	})
	if err != nil {
		return Pseudo{}, err
	}
	p := Pseudo{Documents: len(docs), Tokens: total}
	for i, part := range scores {
		for k, logProb := range part {
			if math.IsNaN(logProb) || logProb > 1e-3 {
				return Pseudo{}, fmt.Errorf("document %d: %w: token %d has ln P = %v; want a "+
					"number of at most 0", parts[i].doc+1, lm.ErrNoProbability,
					parts[i].from+k+1, logProb)
			}
			p.Nats -= min(logProb, 0)
		}
	}
	return p, nil
}

// pseudoJob is the part tokens[from:to] of a document.
type pseudoJob struct {
	doc      int
	tokens   []lm.Token
	from, to int
}
