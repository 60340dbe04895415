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
// It is not the probability of a text, because the terms are not a factorization of one, so it is
// never compared with the Result of a causal model.
type Pseudo struct {
	Nats      float64 `json:"nats"` // −Σ ln P(token | all others)
	Tokens    int     `json:"tokens"`
	Documents int     `json:"documents"`
}

// Perplexity is the pseudo-perplexity exp(nats per token) (eq. 4).
func (p Pseudo) Perplexity() float64 { return math.Exp(p.Nats / float64(p.Tokens)) }

// PseudoRun scores the tokens of every document, without the BOS that ends it: nobody reads past
// the end. The number of threads changes no bit.
func PseudoRun(ctx context.Context, f lm.Filler, tok corpus.Tokenizer, docs []corpus.Document,
	threads int) (Pseudo, error) {
	if f.Vocab() != tok.Vocab() {
		return Pseudo{}, fmt.Errorf("the model has %d tokens, the tokenizer %q %d; use the "+
			"tokenizer that the model was trained with", f.Vocab(), tok.Name(), tok.Vocab())
	}
	scores := make([][]float64, len(docs))
	var next sync.Mutex
	at := 0
	var wg sync.WaitGroup
	for range min(max(threads, 1), len(docs)) {
		wg.Go(func() {
			for ctx.Err() == nil {
				next.Lock()
				i := at
				at++
				next.Unlock()
				if i >= len(docs) {
					return
				}
				scores[i] = lm.FillScore(f, tok.Encode(nil, docs[i].Text))
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return Pseudo{}, err
	}
	p := Pseudo{Documents: len(docs)}
	for i, doc := range scores {
		for k, logProb := range doc {
			if math.IsNaN(logProb) || logProb > 1e-3 {
				return Pseudo{}, fmt.Errorf("document %d: %w: token %d has ln P = %v; want a "+
					"number of at most 0", i+1, lm.ErrNoProbability, k+1, logProb)
			}
			p.Nats -= min(logProb, 0)
			p.Tokens++
		}
	}
	if p.Tokens == 0 {
		return Pseudo{}, fmt.Errorf("the text has no tokens (%d documents); choose a larger text "+
			"or another split", len(docs))
	}
	return p, nil
}
