package lab

import (
	"context"
	"fmt"
	"math/rand/v2"

	"lmzoo/corpus"
	"lmzoo/eval"
	"lmzoo/lm"
	"lmzoo/train"
	"lmzoo/transformer"
)

// material is what one model is trained on: docs in random order, or the batches of source.
type material struct {
	name   string
	docs   []corpus.Document
	source train.Source[corpus.Batch] // nil: the documents in random order
}

// trial trains a small GPT on each of several materials, for the same number of steps, and measures
// all of them on the same texts.
type trial struct {
	tok   corpus.Tokenizer
	steps int
	seed  uint64
}

const (
	trialBatch   = 16
	trialContext = 128 // every document of the world fits
)

// encode returns the tokens of documents.
func (k *trial) encode(docs []corpus.Document) [][]lm.Token {
	out := make([][]lm.Token, len(docs))
	for i, d := range docs {
		out[i] = corpus.EncodeDocument(nil, k.tok, d)
	}
	return out
}

// shuffled returns documents as batches in random order.
func (k *trial) shuffled(docs []corpus.Document) (train.Source[corpus.Batch], error) {
	return corpus.NewWindows(k.encode(docs), trialBatch, trialContext, k.seed)
}

// learn trains a model on a material.
func (k *trial) learn(ctx context.Context, d material) (*transformer.Model, error) {
	m, err := transformer.New(transformer.Config{
		VocabSize: k.tok.Vocab(), NPositions: trialContext, NEmbd: 64, NLayer: 2, NHead: 4,
		InitializerRange: 0.08,
	}, rand.New(rand.NewPCG(k.seed, 4)))
	if err != nil {
		return nil, err
	}
	if d.source == nil {
		if d.source, err = k.shuffled(d.docs); err != nil {
			return nil, err
		}
	}
	c := train.Default()
	c.Batch, c.Context, c.Steps, c.LR, c.MinLR = trialBatch, trialContext, k.steps, 6e-3, 2e-4
	c.Warmup, c.Beta2, c.WeightDecay = 50, 0.98, 0.01
	c.Seed, c.Threads, c.Pieces = k.seed, 1, 1
	c.EvalEvery, c.SaveEvery = train.Every{}, train.Every{}
	if _, err = train.Run(ctx, m, d.source, c); err != nil {
		return nil, fmt.Errorf("%s: %w", d.name, err)
	}
	return m, nil
}

// costs holds the cost of every document of a text under one model.
type costs struct {
	nats, truth []float64 // by document, in nats
	tokens      []int
}

// measure measures a model on documents of the world.
func (k *trial) measure(m lm.Model, docs []corpus.Document) costs {
	w := costs{}
	for i, tokens := range k.encode(docs) {
		nats, truth := 0.0, 0.0
		for _, p := range lm.Score(m, tokens) {
			nats -= p
		}
		for _, e := range docs[i].Truth {
			truth += e.Nats
		}
		w.nats, w.truth = append(w.nats, nats), append(w.truth, truth)
		w.tokens = append(w.tokens, len(tokens))
	}
	return w
}

// gap returns the distance to the limit in nats per token.
func (w costs) gap() float64 {
	nats, tokens := 0.0, 0
	for i := range w.nats {
		nats, tokens = nats+w.nats[i]-w.truth[i], tokens+w.tokens[i]
	}
	return nats / float64(tokens)
}

// less returns how much more w costs than v in nats per token, and its 95 % interval by the
// bootstrap over documents, paired.
func (w costs) less(v costs) (delta, low, high float64) {
	of := func(draw func(i int) int) float64 {
		nats, tokens := 0.0, 0
		for i := range w.nats {
			j := draw(i)
			nats, tokens = nats+w.nats[j]-v.nats[j], tokens+w.tokens[j]
		}
		return nats / float64(tokens)
	}
	delta = of(func(i int) int { return i })
	low, high = eval.Bootstrap(len(w.nats), 1, func(draw func() int) float64 {
		return of(func(int) int { return draw() })
	})
	return delta, low, high
}

// trainAll trains a model on each material, on one thread, and measures it on every text.
func (k *trial) trainAll(
	ctx context.Context, env *Env, what string, materials []material, texts ...[]corpus.Document,
) ([][]costs, error) {
	out := make([][]costs, len(materials))
	err := each(ctx, env, len(materials), func(ctx context.Context, i int) error {
		env.say("%s, seed %d: training on %s", what, k.seed, materials[i].name)
		m, err := k.learn(ctx, materials[i])
		if err != nil {
			return err
		}
		for _, docs := range texts {
			out[i] = append(out[i], k.measure(m, docs))
		}
		return nil
	})
	return out, err
}
