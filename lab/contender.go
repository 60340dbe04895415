package lab

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"lmzoo/lm"
	"lmzoo/nn"
	"lmzoo/task"
	"lmzoo/train"
	"lmzoo/zoo"
)

// contender is a way to learn a task: a body, the origin of its weights, and its training.
type contender struct {
	name   string
	run    *zoo.Run // provides the shape and, unless random, the weights
	random bool     // start from random weights
	frozen bool     // train only the head
	mixed  bool     // mix all layers
	pool   task.Pool
	lambda float64 // of the auxiliary language-model loss
	recipe func(labels int) recipe
}

// recipe holds the number of steps and the learning rates of a contender.
type recipe struct {
	steps      int
	head, body float64 // learning rates
}

// fineTuning is the recipe for a pre-trained body, which learns slowly, with a new head, which
// learns fast.
func fineTuning(labels int) recipe {
	r := recipe{steps: steps(labels), head: 1e-2, body: 1e-3}
	if labels <= 50 {
		r.body = 3e-4
	}
	return r
}

// fromScratch returns the recipe for a species with random weights: the one with the highest lower
// end of the 95 % interval of its accuracy on the development pool (TestSearchScratch).
func fromScratch(species string) func(labels int) recipe {
	type choice struct {
		longer     int // multiple of the usual number of steps
		head, body float64
	}
	few := map[string]choice{
		"elmo": {1, 3e-3, 3e-3}, "gpt": {1, 3e-3, 3e-3}, "bert": {3, 3e-3, 3e-4},
	}[species]
	many := map[string]choice{
		"elmo": {4, 3e-3, 3e-3}, "gpt": {4, 1e-2, 1e-3}, "bert": {2, 1e-3, 1e-3},
	}[species]
	return func(labels int) recipe {
		c := few
		if labels > 200 {
			c = many
		}
		return recipe{steps: c.longer * steps(labels), head: c.head, body: c.body}
	}
}

// linear is the recipe for a head over a frozen body, whose training is cheap.
func linear(int) recipe { return recipe{steps: 500, head: 1e-2} }

func steps(labels int) int {
	switch {
	case labels <= 50:
		return 100
	case labels <= 200:
		return 150
	}
	return 300
}

const taskBatch = 32

// fit trains the contender on labelled texts.
func (c contender) fit(
	ctx context.Context, texts []task.Labelled, classes int, seed uint64,
) (*task.Network, error) {
	body, err := c.body(seed)
	if err != nil {
		return nil, err
	}
	n, err := task.New(body, classes, c.pool, c.mixed, rand.New(rand.NewPCG(seed, 2)))
	if err != nil {
		return nil, err
	}
	r := c.recipe(len(texts))
	n.Lambda, n.HeadRate, n.BodyRate = c.lambda, 1, r.body/r.head
	t := train.Default()
	t.Batch, t.Context, t.Steps, t.LR, t.MinLR = taskBatch, 1, r.steps, r.head, 0.05*r.head
	t.Warmup, t.Beta2, t.WeightDecay = r.steps/10, 0.98, 0.01
	t.Seed, t.Threads, t.Pieces = seed, 1, 1
	t.EvalEvery, t.SaveEvery = train.Every{}, train.Every{}
	if c.frozen {
		_, err = task.FitFrozen(ctx, n, texts, t)
	} else {
		_, err = train.Run(ctx, n, task.NewTexts(texts, t.Batch, seed), t)
	}
	if err != nil {
		return nil, fmt.Errorf("%s on %d labels: %w", c.name, len(texts), err)
	}
	return n, nil
}

// body returns a separate body, with a copy of the pre-trained weights or with random weights.
func (c contender) body(seed uint64) (nn.Encoder, error) {
	if c.frozen && !c.random {
		return c.run.Encoder() // it is only read
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	m, err := c.run.Species.Learning.New(c.run.Settings.Model, c.run.Tokenizer, rng)
	if err != nil {
		return nil, err
	}
	if !c.random {
		from := nn.Params(c.run.Model)
		for i, p := range nn.Params(m) {
			copy(p.Data, from[i].Data)
		}
	}
	body, ok := m.(nn.Encoder)
	if !ok {
		return nil, fmt.Errorf("%s has no hidden vectors", c.name)
	}
	return body, nil
}

// inputs returns the examples of a set in the form that the model reads.
func (c contender) inputs(s *task.Set) []task.Labelled {
	out := make([]task.Labelled, len(s.Examples))
	for i, e := range s.Examples {
		tokens, _ := task.Input(c.run.Tokenizer, e, 0)
		out[i] = task.Labelled{Tokens: tokens, Label: int32(s.Index(e.Label))}
	}
	return out
}

// accuracy returns the fraction of texts that a network classifies correctly.
func accuracy(n *task.Network, texts []task.Labelled) float64 {
	tokens := make([][]lm.Token, len(texts))
	for i, x := range texts {
		tokens[i] = x.Tokens
	}
	right := 0
	for i, p := range n.LogProbs(tokens) {
		if slices.Index(p, slices.Max(p)) == int(texts[i].Label) {
			right++
		}
	}
	return float64(right) / float64(len(texts))
}
