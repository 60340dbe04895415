package report

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"lmzoo/eval"
	"lmzoo/lm"
)

// Context is what tokens cost a model that is given only the last so many tokens before each, as though the document
// began there.
type Context struct {
	Given  int         `json:"given"` // 0: all of the document so far
	Tokens int         `json:"tokens"`
	Nats   eval.Number `json:"nats_per_token"`
}

const (
	maxGiven      = 64     // the longest context that is cut
	contextTokens = 48_000 // about what a model reads for all lengths together
	contextBatch  = 2048   // what it reads at once
	fewPositions  = 50     // fewer say nothing
)

// place is a token: its document and its number there.
type place struct{ doc, token int }

// places draws the tokens that every length of context is tried on: such as have the longest before them, the
// same for all models with one tokenizer.
func (t tokenized) places(seed uint64) (all []place, longest int) {
	for longest = maxGiven; longest > 0; longest /= 2 {
		all = all[:0]
		for doc, ids := range t.ids {
			for i := longest; i < len(ids); i++ {
				all = append(all, place{doc, i})
			}
		}
		if len(all) >= fewPositions {
			break
		}
	}
	if longest == 0 {
		return nil, 0
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:min(len(all), contextTokens/(2*longest))], longest
}

// byContext measures what m gains by every doubling of its context.
func (t tokenized) byContext(ctx context.Context, m lm.Model, seed uint64, threads int) ([]Context, error) {
	sample, longest := t.places(seed)
	if longest == 0 {
		return nil, nil
	}
	var given []Context
	for n := 1; n <= longest; n *= 2 {
		nats, err := t.given(ctx, m, sample, n, threads)
		if err != nil {
			return nil, err
		}
		given = append(given, mean(nats, n))
	}
	whole := make([]float64, len(sample))
	for i, p := range sample {
		whole[i] = t.nats[p.doc][p.token]
	}
	return append(given, mean(whole, 0)), nil
}

func mean(nats []float64, given int) Context {
	sum := 0.0
	for _, x := range nats {
		sum += x
	}
	return Context{Given: given, Tokens: len(nats), Nats: eval.Number(round(sum / float64(len(nats))))}
}

// given is what every token of a sample costs after only n tokens. The pieces of text are scored as documents, many at once.
func (t tokenized) given(ctx context.Context, m lm.Model, sample []place, n, threads int) ([]float64, error) {
	nats := make([]float64, len(sample))
	batch := max(1, contextBatch/(n+2))
	batches := (len(sample) + batch - 1) / batch
	var next atomic.Int64
	var wg sync.WaitGroup
	for range min(max(threads, 1), batches) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= batches {
					return
				}
				from, to := i*batch, min((i+1)*batch, len(sample))
				t.scoreGiven(nats[from:to], m, sample[from:to], n)
			}
		})
	}
	wg.Wait()
	return nats, ctx.Err()
}

func (t tokenized) scoreGiven(nats []float64, m lm.Model, sample []place, n int) {
	var tokens []lm.Token
	for _, p := range sample {
		tokens = append(tokens, t.ids[p.doc][p.token-n:p.token+1]...)
		if tokens[len(tokens)-1] != lm.BOS {
			tokens = append(tokens, lm.BOS)
		}
	}
	logProbs := lm.Score(m, tokens)
	at := 0
	for i, p := range sample {
		nats[i] = -min(logProbs[at+n], 0)
		at += n + 1
		if t.ids[p.doc][p.token] != lm.BOS {
			at++
		}
	}
}
